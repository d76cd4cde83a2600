"""Files that are whole or not there, on the local disk; and the one way in which all of them are stored."""

import os
import tempfile
from pathlib import Path
from typing import IO, Any

from django.core.files import File
from django.core.files.storage import FileSystemStorage, storages
from django.utils.translation import gettext as _

from runtimes.faults import PlatformFailed

CHUNK_BYTES = 1024 * 1024


def store(storage: str, name: str, file: "File[bytes]", what: str) -> str:
    """Store a file and return its key; raise `PlatformFailed`, which says that `what` cannot be stored and why."""
    try:
        return storages[storage].save(name, file)
    except OSError as error:
        raise PlatformFailed(
            _("%(what)s cannot be stored: %(why)s.") % {"what": what, "why": error.strerror or error}
        ) from error


class WholeFileStorage(FileSystemStorage):
    """A file appears under its name when all of it is written; what breaks off leaves nothing."""

    def _save(self, name: str, content: Any) -> str:
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".partial-", delete=False) as file:
            try:
                self._write(file, content)
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink()
                raise
        return name

    def _write(self, file: IO[bytes], content: Any) -> None:
        for chunk in content.chunks(CHUNK_BYTES):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
