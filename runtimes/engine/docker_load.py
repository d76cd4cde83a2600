"""An image made by handing the daemon one layer more: no container is made, each file is written once.

`docker commit` reads what a container has on top of its image and writes it all a second time; for some
thousand small files that, and removing the container, take several times as long as this.

Format: "Docker Image Specification v1.2", combined image JSON and file system changeset. Layers that the
daemon has are known to it by their sums, so an archive need not bring them.
"""

import hashlib
import json
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import IO, Any

from runtimes.engine.base import EngineError, gettext_noop
from runtimes.engine.docker_client import DockerClient, translated
from runtimes.engine.docker_layer import BLOCK, END, layer
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
    with tempfile.TemporaryFile() as file:
        digest = hashlib.sha256()
        for piece in layer(tar, below, OWNER):
            digest.update(piece)
            file.write(piece)
        api: Any = client.patient  # the stubs know this call, but not its types
        with translated():
            return _loaded(api.load_image(_archive(base, digest.hexdigest(), labels, file), quiet=True))


def _archive(base: Mapping[str, Any], digest: str, labels: Mapping[str, str], file: IO[bytes]) -> Iterator[bytes]:
    """What `docker load` reads. The paths of layers that are there already are not looked at."""
    known = base["RootFS"]["Layers"]
    manifest = [{"Config": "config.json", "RepoTags": None, "Layers": ["known"] * len(known) + ["layer.tar"]}]
    for name, content in (("manifest.json", manifest), ("config.json", _config(base, f"sha256:{digest}", labels))):
        data = json.dumps(content).encode()
        yield _header(name, len(data)) + data + bytes(-len(data) % BLOCK)
    size = file.tell()
    yield _header("layer.tar", size)
    file.seek(0)
    while piece := file.read(PIECE):
        yield piece
    yield bytes(-size % BLOCK) + END


def _config(base: Mapping[str, Any], layer_sum: str, labels: Mapping[str, str]) -> dict[str, Any]:
    return {
        "architecture": base["Architecture"],
        "os": base["Os"],
        "created": datetime.now(UTC).isoformat(),
        "config": {**base["Config"], "Labels": {**(base["Config"]["Labels"] or {}), **labels}},
        "rootfs": {"type": "layers", "diff_ids": [*base["RootFS"]["Layers"], layer_sum]},
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
