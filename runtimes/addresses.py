"""The door to whatever is fetched by address: what may be reached is asked here when it is typed, and again at use.

The rules are those of `runtimes.address_rules`, which a container that fetches is given together with the
installation's policy.
"""

import json
import threading
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from runtimes import address_rules
from runtimes.address_rules import Address, Policy

# A name is looked up for so long while somebody waits for the page.
RESOLVE_SECONDS = 2.0
RULES = Path(address_rules.__file__)
SENTENCES = {
    "itself": gettext_noop("%(host)s is the platform itself. Nothing is fetched from there."),
    "metadata": gettext_noop("%(host)s leads to a metadata address, %(address)s. Nothing is fetched from there."),
    "loopback": gettext_noop("%(host)s leads to a loopback address, %(address)s. Nothing is fetched from there."),
    "unspecified": gettext_noop(
        "%(host)s leads to an unspecified address, %(address)s. Nothing is fetched from there."
    ),
    "link-local": gettext_noop("%(host)s leads to a link-local address, %(address)s. Nothing is fetched from there."),
    "multicast": gettext_noop("%(host)s leads to a multicast address, %(address)s. Nothing is fetched from there."),
    "reserved": gettext_noop("%(host)s leads to a reserved address, %(address)s. Nothing is fetched from there."),
    "private": gettext_noop("%(host)s leads to a private address, %(address)s. Nothing is fetched from there."),
}


def policy() -> Policy:
    """What this installation lets through."""
    return Policy(settings.PRIVATE_ADDRESSES, tuple(settings.ALLOWED_ADDRESSES))


def check_url(url: str) -> None:
    """Raise `ValidationError` for a URL, or a short Git address, that leads where nothing is fetched from."""
    try:
        host = address_rules.target(url).host
    except ValueError:
        raise ValidationError(_("The address names no host.")) from None
    check_host(host)


def check_image(name: str) -> None:
    """The same for an image: `host.example:5000/team/shop:1` names its registry, `team/shop` the daemon's own."""
    first, slash, _rest = name.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        check_url(f"https://{first}/")


def check_host(host: str) -> None:
    """Raise `ValidationError` for a host, as a name or an address in any form, from which nothing is fetched.

    A name that nobody knows here passes: whoever fetches asks again where it is used.
    """
    if why := address_rules.refused(host, _resolved(host), policy()):
        raise ValidationError(_(SENTENCES[why.kind]) % {"host": host, "address": why.address})


def files() -> dict[str, bytes]:
    """What a container needs to ask the same again: the rules and the policy, for `builds.uploads.bundle`."""
    return {"addresses.py": RULES.read_bytes(), "addresses.json": json.dumps(policy()._asdict()).encode()}


def _resolved(host: str) -> list[Address]:
    """What a host means, as far as that is known in time; the C library itself cannot be hurried."""
    found: list[Address] = []
    asking = threading.Thread(target=lambda: found.extend(address_rules.addresses(host)), daemon=True)
    asking.start()
    asking.join(RESOLVE_SECONDS)
    return list(found)
