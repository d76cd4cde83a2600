"""A buildpack's files as a tar stream, for a fresh copy in every build."""

import io
import tarfile
from collections.abc import Iterator

from buildpacks.models import Buildpack
from buildpacks.registry import BUNDLED_DIR, files

OWNER = 1000


def tar(buildpack: Buildpack) -> Iterator[bytes]:
    """The files of a bundled buildpack as a plain tar, owned by the build user."""
    root = BUNDLED_DIR / buildpack.name
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path in files(root):
            archive.add(path, arcname=str(path.relative_to(root)), filter=_owned)
    yield buffer.getvalue()


def _owned(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = OWNER
    member.uname = member.gname = ""
    return member
