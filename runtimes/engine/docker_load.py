"""An image made by handing the daemon further layers: no container is made, each file is written once.

`docker commit` reads what a container has on top of its image and writes it all a second time; for some
thousand small files that, and removing the container, take several times as long as this.

Format: "Docker Image Specification v1.2", combined image JSON and file system changeset. Layers that the
daemon has are known to it by their sums, so an archive need not bring them.
"""

import hashlib
import json
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from io import BufferedRandom
from typing import IO, Any, cast

from runtimes.engine.base import EngineError, gettext_noop
from runtimes.engine.docker_client import DockerClient, translated
from runtimes.engine.docker_layer import BLOCK, END, layers
from runtimes.engine.streams import PIECE

LOADED = "Loaded image ID: "
OWNER = 1000


def takes_layers(client: DockerClient) -> bool:
    """Whether the daemon completes an archive with the layers it has; containerd's image store does not."""
    with translated():
        status = client.quick.info().get("DriverStatus") or []
    return not any(key == "driver-type" for key, _ in status)


def load(
    client: DockerClient, base: Mapping[str, Any], tar: Iterable[bytes], below: str, labels: Mapping[str, str]
) -> str:
    """Make an image of `base`, as Docker describes it, with `tar` below a directory; return its id.

    `tar` is read to its end before the daemon hears of it; an exception of it comes out as it is.
    """
    with tempfile.TemporaryFile(buffering=PIECE) as installed, tempfile.TemporaryFile(buffering=PIECE) as rest:
        both = {True: _Layer(installed), False: _Layer(rest)}
        for is_installed, piece in layers(tar, below, OWNER):
            both[is_installed].write(piece)
        api: Any = client.patient  # the stubs know this call, but not its types
        with translated():
            made = [one for one in both.values() if one.size]
            return _loaded(api.load_image(_archive(base, made, labels), quiet=True))


class _Layer:
    """A layer's tar in a file, with its sum."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.size = file, 0

    def write(self, piece: bytes) -> None:
        self.size += self.file.write(piece)

    def sum(self) -> str:
        """Read once more when all is written: to sum up each small piece takes as long as to make it."""
        self.file.seek(0)
        return f"sha256:{hashlib.file_digest(cast(BufferedRandom, self.file), 'sha256').hexdigest()}"


def _archive(base: Mapping[str, Any], made: Sequence[_Layer], labels: Mapping[str, str]) -> Iterator[bytes]:
    """What `docker load` reads. The paths of layers that are there already are not looked at."""
    names = [f"layer-{number}.tar" for number in range(len(made))]
    known = ["known"] * len(base["RootFS"]["Layers"])
    manifest = [{"Config": "config.json", "RepoTags": None, "Layers": known + names}]
    config = _config(base, [one.sum() for one in made], labels)
    for name, content in (("manifest.json", manifest), ("config.json", config)):
        data = json.dumps(content).encode()
        yield _header(name, len(data)) + data + bytes(-len(data) % BLOCK)
    for name, one in zip(names, made, strict=True):
        yield _header(name, one.size)
        one.file.seek(0)
        while piece := one.file.read(PIECE):
            yield piece
        yield bytes(-one.size % BLOCK)
    yield END


def _config(base: Mapping[str, Any], sums: Sequence[str], labels: Mapping[str, str]) -> dict[str, Any]:
    return {
        "architecture": base["Architecture"],
        "os": base["Os"],
        "created": datetime.now(UTC).isoformat(),
        "config": {**base["Config"], "Labels": {**(base["Config"]["Labels"] or {}), **labels}},
        "rootfs": {"type": "layers", "diff_ids": [*base["RootFS"]["Layers"], *sums]},
    }


def _header(name: str, size: int) -> bytes:
    member = tarfile.TarInfo(name)
    member.size = size
    return member.tobuf(tarfile.GNU_FORMAT)


def _loaded(answers: Iterable[Mapping[str, Any]]) -> str:
    """The id of the image, from what the daemon says while it loads."""
    said = list(answers)
    for answer in said:
        if answer.get("stream", "").startswith(LOADED):
            return str(answer["stream"]).removeprefix(LOADED).strip()
    reasons = [str(answer["error"]) for answer in said if "error" in answer]
    raise EngineError(gettext_noop("Docker did not load the image. %(why)s"), why="; ".join(reasons))
