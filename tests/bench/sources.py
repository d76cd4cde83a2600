"""The projects that are built, as folders for Docker and as archives for Slipway, in any state of their source."""

import os
import shutil
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.e2e.certificates import SYSTEM_BUNDLE
from tests.e2e.installation import ROOT

PROJECTS = Path(__file__).resolve().parent / "projects"
SAMPLE = ROOT / "builds" / "samples" / "django-vue"


class Source:
    """A copy of a project in a folder of its own, to be changed, with its Dockerfile beside it."""

    def __init__(self, folder: Path, dockerfile: Path) -> None:
        self.place = Path(tempfile.mkdtemp(prefix="slipway-bench-"))
        self.folder = self.place / "source"
        ignored = shutil.ignore_patterns("node_modules", "__pycache__")
        shutil.copytree(folder, self.folder, ignore=ignored)
        self._context = self.place / "context"
        self._dockerfile = dockerfile

    def change(self, files: Mapping[str, str]) -> None:
        """Write files of the source."""
        for name, content in files.items():
            (self.folder / name).write_text(content)

    def context(self) -> Path:
        """The folder for `docker build`: source, Dockerfile and the certificates that are trusted here."""
        shutil.rmtree(self._context, ignore_errors=True)
        shutil.copytree(self.folder, self._context)
        shutil.copy(self._dockerfile, self._context / "Dockerfile")
        shutil.copy(Path(os.environ.get("SSL_CERT_FILE") or SYSTEM_BUNDLE), self._context / "ca.crt")
        return self._context

    def archive(self) -> bytes:
        """The source as a .tar.gz."""
        path = self.place / "source.tar.gz"
        with tarfile.open(path, "w:gz", compresslevel=1) as tar:
            tar.add(self.folder, ".")
        return path.read_bytes()

    def close(self) -> None:
        """Remove the copy."""
        shutil.rmtree(self.place)


def django_vue() -> Source:
    """The bundled sample: Django with a front end that `npm run build` makes."""
    return Source(SAMPLE, PROJECTS / "django-vue.Dockerfile")


def nine() -> Source:
    """A Django project with nine packages that people use, 240 MB once installed."""
    return Source(PROJECTS / "nine", PROJECTS / "nine.Dockerfile")
