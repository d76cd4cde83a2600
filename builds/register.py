"""The registry's changes: what buildpacks there are."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.storage import storages
from django.db import IntegrityError
from django.db.models import Max

from buildpacks.models import Buildpack
from builds.create import GIT_URL
from builds.models import AppBuildpack
from runtimes.orders import order

TARBALL_URL = re.compile(r"https://[A-Za-z0-9][A-Za-z0-9.-]*(:\d+)?/[^\s@]+")
COMMIT = re.compile(r"[0-9a-f]{40}")
SHA256 = re.compile(r"[0-9a-f]{64}")
Kind = Buildpack.Kind


def register(
    name: str, kind: str, *, url: str = "", pin: str = "", archive: "File[bytes] | None" = None, **facts: Any
) -> Buildpack:
    """List a buildpack and have it fetched; it can be used when it `is_ready`, or has a `problem`.

    `pin` is the full commit (Git) or the sha256 (tarball). `facts` are further fields. Raises
    `ValidationError` by field.
    """
    last = Buildpack.objects.aggregate(last=Max("position"))["last"] or 0
    buildpack = Buildpack(name=name, kind=kind, url=url, pin=pin, position=last + 10, **facts)
    _check(buildpack, has_archive=bool(archive))
    buildpack.full_clean()
    try:
        buildpack.save()
    except IntegrityError:
        raise ValidationError({"name": f"There is a buildpack {name} already."}) from None
    upload = storages["buildpacks"].save(f"uploads/{buildpack.pk}", archive) if archive else ""
    order("builds.tasks.obtain_buildpack", buildpack.pk, upload)
    return buildpack


def unregister(buildpack: Buildpack) -> None:
    """Remove it from the registry; raise `ValidationError` while an app uses it, or if it is bundled."""
    if buildpack.kind == Kind.BUNDLED:
        raise ValidationError("A bundled buildpack cannot be removed. Disable it instead.")
    if users := used_by(buildpack):
        raise ValidationError(f"{buildpack.name} is used by {', '.join(users)}. Take it out of their lists first.")
    key = buildpack.archive
    buildpack.delete()
    if key:
        storages["buildpacks"].delete(key)


def used_by(buildpack: Buildpack) -> list[str]:
    """The names of the apps whose own list has it."""
    rows = AppBuildpack.objects.filter(buildpack=buildpack)
    return sorted(set(rows.values_list("app__name", flat=True)))


def _check(buildpack: Buildpack, has_archive: bool) -> None:
    url, pin = buildpack.url, buildpack.pin
    if buildpack.kind == Kind.GIT:
        if not GIT_URL.fullmatch(url):
            raise ValidationError({"url": "Use an address such as https://host/name.git."})
        if not COMMIT.fullmatch(pin):
            raise ValidationError({"pin": "Give the full commit, 40 digits: a branch would change under your builds."})
    elif buildpack.kind == Kind.TARBALL:
        if not TARBALL_URL.fullmatch(url):
            raise ValidationError({"url": "Use an https address of a .tgz, .tar.gz, .tar.zst or .zip file."})
        if not SHA256.fullmatch(pin):
            raise ValidationError({"pin": "Give the sha256 of the file, 64 digits. sha256sum FILE prints it."})
    elif buildpack.kind == Kind.UPLOAD and not has_archive:
        raise ValidationError({"archive": "Choose a .tar.gz, .tar.zst or .zip file."})
