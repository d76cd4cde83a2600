"""The registry: the bundled buildpacks, in the order in which automatic detection tries them."""

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from buildpacks.models import Buildpack

BUNDLED_DIR = Path(__file__).resolve().parent / "bundled"

# System packages first, since others build on them; then front end, then back end; what fits anything last.
BUNDLED = ("apt", "nodejs", "python", "static", "procfile")


def sync() -> None:
    """Make the registry list the bundled buildpacks that this version brings."""
    for position, name in enumerate(name for name in BUNDLED if (BUNDLED_DIR / name).is_dir()):
        Buildpack.objects.get_or_create(name=name, defaults={"kind": Buildpack.Kind.BUNDLED, "position": position * 10})


def usable() -> list[Buildpack]:
    """What automatic detection tries, in its order."""
    return [buildpack for buildpack in Buildpack.objects.filter(enabled=True) if buildpack.is_ready]


def find(names: Sequence[str]) -> list[Buildpack]:
    """The buildpacks of these names, in this order, without those that cannot be used any more."""
    known = {buildpack.name: buildpack for buildpack in usable()}
    return [known[name] for name in names if name in known]


def version(buildpack: Buildpack) -> str:
    """What tells one state of a buildpack from another: its pin, or the sum of the bundled files."""
    return buildpack.pin or bundled_version(buildpack.name)


@cache
def bundled_version(name: str) -> str:
    """The first 12 digits of the sha256 over a bundled buildpack's files."""
    digest = hashlib.sha256()
    for path in files(BUNDLED_DIR / name):
        digest.update(str(path.relative_to(BUNDLED_DIR)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def files(directory: Path) -> list[Path]:
    """The files below a directory, sorted."""
    return sorted(path for path in directory.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
