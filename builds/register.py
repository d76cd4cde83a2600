"""The registry's changes: what buildpacks there are."""

import hashlib
import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.storage import storages
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from buildpacks.models import Buildpack
from builds.create import GIT_URL, check_address
from builds.models import AppBuildpack
from runtimes import bell
from runtimes.models import Hold
from runtimes.orders import AWAY, ask
from runtimes.storage import store

TARBALL_URL = re.compile(r"https://[A-Za-z0-9][A-Za-z0-9.-]*(:\d+)?/[^\s@]+")
COMMIT = re.compile(r"[0-9a-f]{40}")
SHA256 = re.compile(r"[0-9a-f]{64}")
KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")

# What the driver says to every buildpack, and what would break its tools.
KEPT = frozenset(
    ["PATH", "HOME", "LANG", "STACK", "SOURCE_VERSION", "REQUEST_ID", "BUILD_DIR", "CACHE_DIR", "ENV_DIR", "LD_PRELOAD"]
)
TOPIC = "buildpacks"
Kind = Buildpack.Kind


class RegistryChanged(ValidationError):
    """Somebody else has changed the registry since it was shown."""


def register(
    name: str, kind: str, *, url: str = "", pin: str = "", archive: "File[bytes] | None" = None, **facts: Any
) -> Buildpack:
    """List a buildpack and have it fetched; it can be used when it `is_ready`, or has a `problem`.

    `pin` is the full commit (Git) or the sha256 (tarball). `facts` are further fields. Raises
    `ValidationError` by field, and `PlatformFailed` if the archive cannot be stored.
    """
    last = Buildpack.objects.aggregate(last=Max("position"))["last"] or 0
    buildpack = Buildpack(name=name, kind=kind, url=url, pin=pin, position=last + 10, **facts)
    _check(buildpack, has_archive=bool(archive))
    buildpack.full_clean()
    upload = store("buildpacks", f"uploads/{uuid.uuid4().hex}", archive, _("The archive")) if archive else ""
    try:
        buildpack.save()
    except IntegrityError:
        if upload:
            storages["buildpacks"].delete(upload)
        raise ValidationError({"name": _("There is a buildpack %(name)s already.") % {"name": name}}) from None
    _have_fetched(buildpack, upload)
    return buildpack


def fetch_again(buildpack: Buildpack) -> None:
    """Try once more to fetch one that has a `problem`; the pin stays. Raise `ValidationError` for any other."""
    if buildpack.is_ready or not buildpack.problem or buildpack.kind == Kind.UPLOAD:
        raise ValidationError(_("There is nothing to fetch for %(name)s.") % {"name": buildpack.name})
    buildpack.problem = ""
    buildpack.save(update_fields=["problem"])
    Hold.objects.filter(name=held_as(buildpack)).delete()  # nobody has begun yet
    _have_fetched(buildpack)


def _have_fetched(buildpack: Buildpack, upload: str = "") -> None:
    if not ask("builds.tasks.obtain_buildpack", buildpack.pk, upload):
        buildpack.problem = _("%(away)s Fetch it again, or upload it again, when they can.") % {"away": AWAY}
        buildpack.save(update_fields=["problem"])
        if upload:
            storages["buildpacks"].delete(upload)
    bell.ring(TOPIC)


def held_as(buildpack: Buildpack) -> str:
    """By which name it is held while it is fetched."""
    return f"buildpack.{buildpack.pk}"


def unregister(buildpack: Buildpack) -> None:
    """Remove it from the registry; raise `ValidationError` while an app uses it, or if it is bundled."""
    if buildpack.kind == Kind.BUNDLED:
        raise ValidationError(_("A bundled buildpack cannot be removed. Disable it instead."))
    if users := used_by(buildpack):
        raise ValidationError(
            _("%(name)s is used by %(names)s. Take it out of their lists first.")
            % {"name": buildpack.name, "names": ", ".join(users)}
        )
    key = buildpack.archive
    buildpack.delete()
    if key:
        storages["buildpacks"].delete(key)
    bell.ring(TOPIC)


def enable(buildpack: Buildpack, *, on: bool) -> None:
    """Let apps use it, or not any more: detection leaves it out, and builds that list it say so."""
    buildpack.enabled = on
    buildpack.save(update_fields=["enabled"])
    bell.ring(TOPIC)


def fingerprint() -> str:
    """What tells one order of the registry from another; a form sends back the one it was drawn with."""
    return hashlib.sha256(" ".join(_names()).encode()).hexdigest()[:16]


def reorder(names: Sequence[str], seen: str = "") -> None:
    """Make this the order in which detection tries them; raise `RegistryChanged` if it is not all of them.

    `seen` is the `fingerprint` that whoever decided saw.
    """
    with transaction.atomic():
        rows = {row.name: row for row in Buildpack.objects.select_for_update()}
        if sorted(names) != sorted(rows) or (seen and seen != fingerprint()):
            raise RegistryChanged(
                _("Somebody has changed the registry in the meantime. Reload the page and try again.")
            )
        for place, name in enumerate(names):
            rows[name].position = place * 10
        Buildpack.objects.bulk_update(rows.values(), ["position"])
    bell.ring(TOPIC)


def set_environment(buildpack: Buildpack, values: Mapping[str, str]) -> None:
    """Make these all that its scripts find in their environment beside what every buildpack finds.

    Raises `ValidationError` for a name or a value that cannot be.
    """
    for name, value in values.items():
        if not KEY.fullmatch(name):
            raise ValidationError(
                _("%(name)s is no name of a variable: use letters, digits and underscores.") % {"name": name}
            )
        if name in KEPT:
            raise ValidationError(_("%(name)s is set by the platform.") % {"name": name})
        if not value.isprintable():
            raise ValidationError(_("The value of %(name)s has a line end or a control character.") % {"name": name})
    buildpack.environment = dict(values)
    buildpack.save(update_fields=["environment"])
    bell.ring(TOPIC)


def _names() -> list[str]:
    return list(Buildpack.objects.values_list("name", flat=True))


def used_by(buildpack: Buildpack) -> list[str]:
    """The names of the apps whose own list has it."""
    rows = AppBuildpack.objects.filter(buildpack=buildpack)
    return sorted(set(rows.values_list("app__name", flat=True)))


def _check(buildpack: Buildpack, has_archive: bool) -> None:
    if buildpack.kind == Kind.UPLOAD:
        if not has_archive:
            raise ValidationError({"archive": _("Choose a .tar.gz, .tar.zst or .zip file.")})
        return
    if buildpack.kind == Kind.GIT:
        _check_git(buildpack.url, buildpack.pin)
    elif buildpack.kind == Kind.TARBALL:
        _check_tarball(buildpack.url, buildpack.pin)
    check_address(buildpack.url, "url")


def _check_git(url: str, pin: str) -> None:
    if not GIT_URL.fullmatch(url):
        raise ValidationError({"url": _("Use an address such as https://host/name.git.")})
    if not COMMIT.fullmatch(pin):
        raise ValidationError({"pin": _("Give the full commit, 40 digits: a branch would change under your builds.")})


def _check_tarball(url: str, pin: str) -> None:
    if not TARBALL_URL.fullmatch(url):
        raise ValidationError({"url": _("Use an https address of a .tgz, .tar.gz, .tar.zst or .zip file.")})
    if not SHA256.fullmatch(pin):
        raise ValidationError({"pin": _("Give the sha256 of the file, 64 digits. sha256sum FILE prints it.")})
