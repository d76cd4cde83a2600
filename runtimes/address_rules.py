"""From which addresses nothing is fetched, whatever name leads there: the one filter for Git, registries, buildpacks.

Standard library only: the same file runs in the containers that fetch (`python3 FILE POLICY URL`), where a
name means what it will mean to Git or curl a moment later. Special addresses: RFC 6890; how a host may be
written: inet_aton(3); addresses inside addresses: RFC 4291, 6052, 3056 and 4380.
"""

from __future__ import annotations

import ipaddress
import json
import re
import socket
import sys
from collections.abc import Iterable
from typing import NamedTuple, Union
from urllib.parse import urlsplit

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]  # noqa: UP007 - Pythons before 3.10 read this, too

# Where clouds tell a machine its secrets; those of 169.254.0.0/16 are link-local anyway.
_METADATA = "169.254.169.254 169.254.170.2 100.100.100.200 168.63.129.16 192.0.0.192 fd00:ec2::254 fd20:ce::254"
METADATA = frozenset(map(ipaddress.ip_address, _METADATA.split()))
THIS_NETWORK = ipaddress.ip_network("0.0.0.0/8")
NAT64 = ipaddress.ip_network("64:ff9b::/96")
COMPATIBLE = ipaddress.ip_network("::/96")
PORTS = {"https": 443, "http": 80, "ssh": 22}
SCP = re.compile(r"(?:[^@/:]+@)?(\[[^\]]+\]|[^:/\[\]]+):(?!//)")

UNREACHABLE, REFUSED = 14, 15  # exit statuses, as `builds/image/fetch` knows them


class Policy(NamedTuple):
    """Whether private ranges pass, and which networks pass in any case, unless they hold a metadata address."""

    private: bool = True
    allowed: tuple[str, ...] = ()


class Refusal(NamedTuple):
    """What a host leads to: an address of a kind from which nothing is fetched; none for the platform's own name."""

    kind: str
    address: Address | None = None


class Target(NamedTuple):
    """Where a URL leads."""

    host: str
    port: int


def target(url: str) -> Target:
    """The host and port of a URL, or of Git's short form `git@host:path`; raises `ValueError`."""
    if match := SCP.match(url) if "://" not in url else None:
        return Target(match[1].strip("[]"), PORTS["ssh"])
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError(f"{url} names no host")
    return Target(parts.hostname, parts.port or PORTS.get(parts.scheme, 443))


def literal(host: str) -> Address | None:
    """The address that stands in place of a name, also as `127.1`, `0x7f000001` or `2130706433`; None for a name."""
    bare = host.strip("[]").rstrip(".").split("%")[0]
    try:
        return ipaddress.ip_address(bare)
    except ValueError:
        pass
    try:
        return ipaddress.ip_address(socket.inet_aton(bare))
    except (OSError, ValueError):
        return None


def kind(address: Address) -> str:
    """What is special about an address: metadata, loopback, private and so on; empty for any other."""
    inner = _inner(address)
    if inner:
        return next(filter(None, map(kind, inner)), "")
    checks = {
        "metadata": address in METADATA,
        "loopback": address.is_loopback,
        "unspecified": address.is_unspecified or (address.version == 4 and address in THIS_NETWORK),
        "link-local": address.is_link_local,
        "multicast": address.is_multicast,
        "reserved": address.is_reserved,
        "private": not address.is_global or getattr(address, "is_site_local", False),
    }
    return next((name for name, holds in checks.items() if holds), "")


def refusal(address: Address, policy: Policy) -> str:
    """Why nothing may be fetched from there, as one word; empty if it may."""
    found = kind(address)
    if found == "metadata":
        return found
    if any(address in network for network in map(ipaddress.ip_network, policy.allowed)):
        return ""
    return "" if found == "private" and policy.private else found


def addresses(host: str, port: int = 0) -> list[Address]:
    """What a host means now, in the order in which it is tried; none if nobody here knows the name."""
    if written := literal(host):
        return [written]
    try:
        found = socket.getaddrinfo(host, port or None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    texts = dict.fromkeys(str(each[4][0]).split("%")[0] for each in found)
    return [ipaddress.ip_address(text) for text in texts]


def refused(host: str, found: Iterable[Address], policy: Policy) -> Refusal | None:
    """Why a host that means these addresses is refused; None if it is not."""
    if host.lower().rstrip(".").split(".")[-1] == "localhost" and refusal(ipaddress.ip_address("127.0.0.1"), policy):
        return Refusal("itself")
    judged = ((refusal(address, policy), address) for address in found)
    return next((Refusal(why, address) for why, address in judged if why), None)


def _inner(address: Address) -> list[Address]:
    """The IPv4 addresses that an IPv6 address stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    last = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in NAT64 or (address in COMPATIBLE and int(address) > 0xFFFF):
        return [last]
    return [each for each in (address.ipv4_mapped, address.sixtofour, *(address.teredo or ())) if each]


def _in_words(host: str, why: Refusal) -> str:
    if why.address is None:
        return f"{host} is the platform itself."
    article = "an" if why.kind[0] in "aeiou" else "a"
    return f"{host} leads to {article} {why.kind} address, {why.address}."


def main(policy: str, url: str) -> int:
    """Print host, port and addresses of a URL that may be fetched; say why another may not be.

    What means nothing now is not fetched either: a moment later it could mean anything.
    """
    told = json.loads(policy)
    host, port = target(url)
    found = addresses(host, port)
    if why := refused(host, found, Policy(told["private"], tuple(told["allowed"]))):
        print(_in_words(host, why), file=sys.stderr)  # noqa: T201 - the log of the fetch
        return REFUSED
    if not found:
        print(f"Could not resolve host: {host}", file=sys.stderr)  # noqa: T201
        return UNREACHABLE
    listed = ",".join(f"[{each}]" if each.version == 6 else str(each) for each in found)
    print(host, port, listed)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
