"""A buildpack's files as a tar stream, for a fresh copy in every build."""

import io
import tarfile
from collections.abc import Iterator

import zstandard
from django.core.files.storage import storages

from buildpacks.models import Buildpack
from buildpacks.registry import BUNDLED_DIR, files

OWNER = 1000
CHUNK_BYTES = 256 * 1024


def tar(buildpack: Buildpack) -> Iterator[bytes]:
    """The files of a buildpack as a plain tar, owned by the build user."""
    return _stored(buildpack) if buildpack.archive else _bundled(buildpack.name)


def _stored(buildpack: Buildpack) -> Iterator[bytes]:
    with (
        storages["buildpacks"].open(buildpack.archive) as file,
        zstandard.ZstdDecompressor().stream_reader(file) as reader,
    ):
        while chunk := reader.read(CHUNK_BYTES):
            yield chunk


def _bundled(name: str) -> Iterator[bytes]:
    root = BUNDLED_DIR / name
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path in files(root):
            archive.add(path, arcname=str(path.relative_to(root)), filter=_owned)
    yield buffer.getvalue()


def _owned(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = OWNER
    member.uname = member.gname = ""
    return member
