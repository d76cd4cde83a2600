"""From where nothing is fetched: whatever is written, and whatever a name leads to."""

import json
import socket
import subprocess
import sys
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from pytest_django import Settings

from runtimes import address_rules, addresses
from runtimes.address_rules import REFUSED, UNREACHABLE


def says(monkeypatch: pytest.MonkeyPatch, *found: str) -> None:
    """Have every name mean these addresses."""
    rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 0)) for each in found]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: rows)


def script(url: str, **policy: Any) -> "subprocess.CompletedProcess[str]":
    """The rules as a container runs them."""
    told = json.dumps({"private": True, "allowed": []} | policy)
    command = [sys.executable, "-I", str(addresses.RULES), told, url]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("127.0.0.1", "loopback"),
        ("127.0.0.1.", "loopback"),
        ("127.1", "loopback"),
        ("2130706433", "loopback"),
        ("0x7f000001", "loopback"),
        ("0177.0.0.1", "loopback"),
        ("017700000001", "loopback"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("::127.0.0.1", "loopback"),
        ("64:ff9b::7f00:1", "loopback"),
        ("2002:7f00:1::", "loopback"),
        ("0.0.0.0", "unspecified"),  # noqa: S104 - refused, not listened at
        ("0", "unspecified"),
        ("::", "unspecified"),
        ("169.254.1.1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("169.254.169.254", "metadata"),
        ("0xa9fea9fe", "metadata"),
        ("::ffff:169.254.169.254", "metadata"),
        ("fd00:ec2::254", "metadata"),
        ("100.100.100.200", "metadata"),
        ("168.63.129.16", "metadata"),
        ("224.0.0.1", "multicast"),
        ("ff02::1", "multicast"),
        ("255.255.255.255", "reserved"),
    ],
)
def test_special_addresses_are_refused_however_they_are_written(host: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        addresses.check_host(host)


@pytest.mark.parametrize("host", ["10.1.2.3", "172.16.0.9", "192.168.1.9", "100.64.0.9", "fd12::9", "::ffff:10.1.2.3"])
def test_private_addresses_pass_unless_the_setting_refuses_them(host: str, settings: Settings) -> None:
    addresses.check_host(host)
    settings.PRIVATE_ADDRESSES = False
    with pytest.raises(ValidationError, match="private"):
        addresses.check_host(host)


@pytest.mark.parametrize("host", ["93.184.215.14", "2606:2800:21f:cb07::1", "64:ff9b::5db8:d70e"])
def test_public_addresses_pass(host: str, settings: Settings) -> None:
    settings.PRIVATE_ADDRESSES = False
    addresses.check_host(host)


def test_a_network_that_is_named_passes_but_no_metadata_address_in_it(settings: Settings) -> None:
    settings.PRIVATE_ADDRESSES = False
    settings.ALLOWED_ADDRESSES = ["10.1.0.0/16", "127.0.0.0/8", "169.254.0.0/16"]
    for host in ("10.1.2.3", "127.0.0.1", "169.254.1.1", "git.localhost"):
        addresses.check_host(host)
    for host in ("10.2.2.3", "169.254.169.254"):
        with pytest.raises(ValidationError):
            addresses.check_host(host)


@pytest.mark.parametrize("host", ["localhost", "git.localhost", "LOCALHOST."])
def test_the_platforms_own_name_is_refused(host: str) -> None:
    with pytest.raises(ValidationError, match="the platform itself"):
        addresses.check_host(host)


def test_a_name_is_judged_by_every_address_it_leads_to(monkeypatch: pytest.MonkeyPatch) -> None:
    says(monkeypatch, "93.184.215.14", "169.254.169.254")
    with pytest.raises(ValidationError, match=r"git\.example leads to a metadata address, 169\.254\.169\.254"):
        addresses.check_host("git.example")
    says(monkeypatch, "93.184.215.14")
    addresses.check_host("git.example")


def test_a_name_that_nobody_knows_here_passes_until_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    says(monkeypatch)
    addresses.check_host("git.example")
    assert script("https://nobody.invalid/x").returncode == UNREACHABLE


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://git.example/a.git", "git.example", 443),
        ("https://git.example:8443/a.git", "git.example", 8443),
        ("ssh://git@git.example:2222/a.git", "git.example", 2222),
        ("git@git.example:a/b.git", "git.example", 22),
        ("git@[::1]:a.git", "::1", 22),
        ("https://[::1]:8443/a", "::1", 8443),
    ],
)
def test_the_server_is_found_in_every_form_of_a_url(url: str, host: str, port: int) -> None:
    assert address_rules.target(url) == (host, port)


def test_images_are_judged_by_their_registry(settings: Settings) -> None:
    settings.PRIVATE_ADDRESSES = False
    for name in ("team/shop:1", "shop", "93.184.215.14:5000/shop"):
        addresses.check_image(name)
    for name in ("localhost/shop", "127.0.0.1:5000/shop", "10.0.0.1/shop", "2130706433:80/shop"):
        with pytest.raises(ValidationError):
            addresses.check_image(name)


@pytest.mark.parametrize(
    "url", ["https://127.1/x", "git@[::1]:x", "https://localhost/x", "ssh://git@169.254.169.254/x"]
)
def test_a_container_that_fetches_is_told_the_same(url: str) -> None:
    done = script(url)
    assert (done.returncode, done.stdout) == (REFUSED, "")
    assert done.stderr


def test_a_container_that_fetches_is_given_the_addresses_to_use() -> None:
    assert script("https://10.1.2.3:8443/x").stdout == "10.1.2.3 8443 10.1.2.3\n"
    assert script("https://[fd12::9]/x").stdout == "fd12::9 443 [fd12::9]\n"
    assert script("https://10.1.2.3/x", private=False).returncode == REFUSED
    assert script("https://127.0.0.1/x", allowed=["127.0.0.0/8"]).stdout == "127.0.0.1 443 127.0.0.1\n"


def test_a_container_is_told_the_policy_of_the_installation(settings: Settings) -> None:
    settings.PRIVATE_ADDRESSES, settings.ALLOWED_ADDRESSES = False, ["10.1.0.0/16"]
    told = json.loads(addresses.files()["addresses.json"])
    assert told == {"private": False, "allowed": ["10.1.0.0/16"]}
