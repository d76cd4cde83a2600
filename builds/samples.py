"""The bundled samples: apps to deploy at once, without a network."""

import tarfile
from collections.abc import Iterator
from pathlib import Path

from builds.archives import Member

SAMPLES_DIR = Path(__file__).resolve().parent / "samples"


def names() -> list[str]:
    """The samples there are."""
    return sorted(path.name for path in SAMPLES_DIR.iterdir() if path.is_dir())


def members(name: str) -> Iterator[Member]:
    """The files of a sample, as those of an archive."""
    root = SAMPLES_DIR / name
    with tarfile.open("/dev/null", "w") as reader:
        for path in sorted(root.rglob("*")):
            if "node_modules" in path.parts or "__pycache__" in path.parts:
                continue
            info = reader.gettarinfo(str(path), arcname=str(path.relative_to(root)))
            yield Member(info, lambda path=path, info=info: path.open("rb") if info.isreg() else None)  # type: ignore[misc]
