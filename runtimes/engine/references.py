"""Names of images (grammar: github.com/distribution/reference), and the words for one that cannot be had."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from runtimes.engine.base import Login, NotPulled, gettext_noop

HUB = "docker.io"

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})+(?::[0-9]{{1,5}})?|{_LABEL}:[0-9]{{1,5}}|localhost)"
_REFERENCE = re.compile(
    rf"(?P<repository>(?:(?P<host>{_HOST})/)?{_PART}(?:/{_PART})*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?P<digest>sha256:[a-f0-9]{64}))?"
)
HOST = re.compile(_HOST)


class Reference(NamedTuple):
    """An image's name, taken apart. `repository` begins with the host where one was named."""

    host: str
    repository: str
    tag: str
    digest: str


def parse(image: str) -> Reference | None:
    """Take a name apart; None if it can be none."""
    if not (found := _REFERENCE.fullmatch(image)):
        return None
    return Reference(found["host"] or HUB, found["repository"], found["tag"] or "", found["digest"] or "")


def missing(image: str, host: str) -> NotPulled:
    """There is none."""
    words = gettext_noop("There is no image %(image)s at %(host)s. Is its name right, and its tag or digest?")
    return NotPulled("no-such-image", words, image=image, host=host)


def refused(image: str, host: str, login: Login | None) -> NotPulled:
    """It is for others."""
    if login:
        words = gettext_noop("%(host)s refuses the credentials of %(user)s for %(image)s.")
        return NotPulled("registry-login", words, host=host, user=login.user, image=image)
    words = gettext_noop("%(host)s does not give %(image)s without credentials: it is private, or it does not exist.")
    return NotPulled("registry-login", words, host=host, image=image)


def unreachable(host: str, said: str) -> NotPulled:
    """Nobody answers, or not as a registry does."""
    words = gettext_noop("The registry %(host)s cannot be reached. %(said)s")
    return NotPulled("registry-unreachable", words, host=host, said=said)


def foreign(image: str, platforms: Iterable[str], ours: str) -> NotPulled:
    """It would not run here."""
    words = gettext_noop("%(image)s is made for %(platforms)s; apps run on %(ours)s here.")
    return NotPulled("wrong-platform", words, image=image, platforms=", ".join(platforms), ours=ours)
