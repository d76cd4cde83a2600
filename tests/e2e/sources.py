"""Small apps for tests, as archives: none of them needs to install anything."""

import io
import tarfile
from collections.abc import Mapping

# Python's own web server: it answers as soon as it listens, and says what stands in index.html.
SERVE = "web: python -m http.server $PORT --bind 0.0.0.0\n"


def pages(text: str, **more: str) -> dict[str, str]:
    """A Python app without requirements that answers with `text`; `more` files may replace its own."""
    return {"requirements.txt": "", "Procfile": SERVE, "index.html": text} | {
        name.replace("__", "/"): content for name, content in more.items()
    }


def archive(files: Mapping[str, str | bytes], executable: tuple[str, ...] = ()) -> bytes:
    """The files as a .tar.gz."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as tar:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o755 if name in executable else 0o644
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()
