"""Files on the local disk that are whole or not there."""

import os
import tempfile
from pathlib import Path
from typing import IO, Any

from django.core.files.storage import FileSystemStorage

CHUNK_BYTES = 1024 * 1024


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
