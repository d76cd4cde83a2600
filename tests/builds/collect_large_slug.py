"""Collects a slug of so many bytes into a directory; prints by how many KB that raised this process's memory."""

import hashlib
import os
import resource
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import django

PIECE = bytes(4 * 1024 * 1024)


class Job:
    """A builder whose slug is `size` zeros."""

    ref = "builder"

    def __init__(self, size: int) -> None:
        self.size = size

    def read(self, _: str) -> Iterator[bytes]:
        info = tarfile.TarInfo("slug.tar.zst")
        info.size = self.size
        yield info.tobuf()
        yield from pieces(self.size)
        yield bytes(1024)


def pieces(size: int) -> Iterator[bytes]:
    """So many zeros."""
    for start in range(0, size, len(PIECE)):
        yield PIECE[: size - start]


def main(directory: str, size: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    sys.path.insert(0, str(Path(__file__).parents[2]))
    django.setup()

    from django.core.management import call_command  # noqa: PLC0415 after the set-up, as Django wants it
    from django.test import override_settings  # noqa: PLC0415

    from builds.slugs import collect  # noqa: PLC0415
    from runtimes.models import Stack  # noqa: PLC0415
    from tests import factories as make  # noqa: PLC0415

    with override_settings(MIGRATION_MODULES=dict.fromkeys(("runtimes", "buildpacks", "builds", "console"))):
        call_command("migrate", verbosity=0, run_syncdb=True)  # the tables alone, that is quicker
    Stack.objects.create(name="debian-12")
    digest = hashlib.sha256()
    for piece in pieces(size):
        digest.update(piece)
    facts = {"path": "", "sha256": digest.hexdigest(), "size": size, "unpacked": size, "process_types": {}}
    facts["platform"] = "linux/amd64"
    disk = {"slugs": {"BACKEND": "runtimes.storage.WholeFileStorage", "OPTIONS": {"location": directory}}}
    with override_settings(STORAGES=disk):
        build = make.build(make.app())
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        slug = collect(build, Job(size), facts)  # type: ignore[arg-type]
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    stored = Path(directory, slug.key)
    if stored.stat().st_size != size:
        sys.exit("It was not stored whole.")
    stored.unlink()
    print(after - before)  # noqa: T201 that is what it is asked for


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
