"""Small files on their way into a container."""

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from builds.archives import OWNER


def bundle(contents: Mapping[str, bytes | str], mode: int = 0o600) -> list[bytes]:
    """A small tar of these files, owned by the build user and by default readable by it alone."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in contents.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.uid, info.gid = len(data), mode, OWNER, OWNER
            tar.addfile(info, io.BytesIO(data))
    return [buffer.getvalue()]


def ca_bundle() -> dict[str, bytes]:
    """The certificates that builders shall trust, as a file for `bundle`; nothing if none are set."""
    return {"ca.crt": Path(settings.CA_BUNDLE).read_bytes()} if settings.CA_BUNDLE else {}
