"""Runs the real driver in the real builder image and reads back what it said: log, events, exit status, slug.

The one place here that speaks Docker. The driver's files of this checkout are laid over the image's own, so that
a changed driver is tested without a new image.
"""

from __future__ import annotations

import io
import json
import os
import re
import secrets
import tarfile
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import docker
import zstandard
from docker.models.containers import Container
from docker.types import LogConfig, Mount

IMAGE = os.environ.get("SLIPWAY_TEST_BUILD_IMAGE", "slipway/debian-12:build")
DRIVER = Path(__file__).parents[2] / "builds" / "image"
PACKS = Path(__file__).parent / "packs"
LABEL = "slipway.conformance"
LIMITED = ("detect_seconds", "release_seconds", "report_seconds", "export_seconds")
SECONDS = 100  # a driver that hangs ends as a failed test, not as a suite that never ends

Event = dict[str, Any]
Source = Mapping[str, "str | bytes | Link | Mode"]


@dataclass(frozen=True)
class Link:
    """A symbolic link in a source tree, or with `hard` another name of a file in it."""

    target: str
    hard: bool = False


@dataclass(frozen=True)
class Mode:
    """A file with permission bits of its own; a directory where there is no content."""

    bits: int
    content: str | None = None


@dataclass(frozen=True)
class Pack:
    """A buildpack of `packs/`, with what an administrator and a registry would say about it."""

    name: str
    env: Mapping[str, str] = field(default_factory=dict)
    version: str = "1"
    url: str = ""


@dataclass(frozen=True)
class Outcome:
    """What one build said and left. `raw` is the log without its events, byte for byte."""

    raw: bytes
    events: list[Event]
    exit_code: int
    slug: bytes
    tmp: list[str]
    build_dir: str

    @property
    def log(self) -> str:
        return self.raw.decode(errors="replace")

    def all(self, kind: str) -> list[Event]:
        return [event for event in self.events if event["event"] == kind]

    def one(self, kind: str) -> Event:
        (event,) = self.all(kind)
        return event

    def recorded(self, name: str) -> dict[str, str]:
        """The environment that a recording buildpack or hook left in the slug as `recorded/<name>`."""
        return dict(pair.split("=", 1) for pair in self.read(f"recorded/{name}").split("\0") if pair)

    def members(self) -> dict[str, tarfile.TarInfo]:
        with self._open() as archive:
            return {member.name: member for member in archive}

    def read(self, path: str) -> str:
        with self._open() as archive:
            content = archive.extractfile(f"./{path}")
            assert content is not None, f"{path} is no file"
            return content.read().decode()

    def _open(self) -> tarfile.TarFile:
        return tarfile.open(fileobj=io.BytesIO(zstandard.ZstdDecompressor().decompressobj().decompress(self.slug)))


class Builder:
    """Builds sources with packs; every container and volume it makes is gone when `close` returns."""

    def __init__(self, client: docker.DockerClient) -> None:
        self.client = client
        self._volumes: list[str] = []

    def volume(self) -> str:
        """The name of a new cache volume, for builds that follow each other."""
        name = f"conformance-{uuid.uuid4().hex[:12]}"
        self.client.volumes.create(name, labels={LABEL: "1"})
        self._volumes.append(name)
        return name

    def close(self) -> None:
        for name in self._volumes:
            self.client.volumes.get(name).remove(force=True)

    def build(  # every argument is a part of the builder's contract
        self,
        source: Source,
        *packs: Pack | str,
        config: Mapping[str, str | bytes] | None = None,
        automatic: bool = False,
        only: str | None = None,
        environment: Mapping[str, str] | None = None,
        slug_bytes: int = 524288000,
        seconds: int | None = None,
        volume: str | None = None,
        stray: Source | None = None,
        kill_after: str | None = None,
        signal: str = "SIGKILL",
        memory: str = "512m",
        pids: int = 256,
    ) -> Outcome:
        """One build of `source` with `packs` in order.

        `config` becomes ENV_DIR, `seconds` is what each script but compile may take, `stray` files are put below /
        over everything else, the container gets `signal` as soon as its log holds `kill_after`, as at a worker's
        time limit.
        """
        number, channel = uuid.uuid4().hex[:8], secrets.token_hex(16)
        listed = [pack if isinstance(pack, Pack) else Pack(pack) for pack in packs]
        container = self.client.containers.create(
            IMAGE,
            ["/usr/local/lib/slipway/build"],
            user="1000:1000",
            init=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            network_mode="none",
            mem_limit=memory,
            memswap_limit=memory,
            pids_limit=pids,
            mounts=[Mount("/tmp", volume, type="volume")],
            log_config=LogConfig(type="none"),
            environment={"DJANGO_SECRET_KEY": "platform-secret", "GIT_DIR": "/nowhere"},
            labels={LABEL: "1"},
        )
        try:
            described = {
                "id": number,
                "channel": channel,
                "stack": "heroku-22",
                "source_version": "0123abcd",
                "request_id": f"request-{number}",
                "automatic": automatic,
                "only": only,
                "limits": {"slug_bytes": slug_bytes, **(dict.fromkeys(LIMITED, seconds) if seconds else {})},
                "environment": dict(environment or {}),
                "buildpacks": [
                    {
                        "name": pack.name,
                        "version": pack.version,
                        "url": pack.url,
                        "dir": f"/slipway/buildpacks/{index}-{pack.name}",
                        "env": dict(pack.env),
                    }
                    for index, pack in enumerate(listed)
                ],
            }
            container.put_archive("/", _pack(described, source, config or {}, listed, stray or {}))
            raw = _run(container, kill_after, signal)
            return Outcome(
                *_split(raw, channel),
                exit_code=container.wait()["StatusCode"],
                slug=_slug(container),
                tmp=_names(container, "/tmp"),
                build_dir=f"/tmp/build_{number}",
            )
        finally:
            container.remove(force=True, v=True)


def _pack(
    described: Mapping[str, Any],
    source: Source,
    config: Mapping[str, str | bytes],
    packs: list[Pack],
    stray: Source,
) -> bytes:
    """Everything a builder starts with, as one tar of the root directory."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        build_dir = f"tmp/build_{described['id']}"
        placed: dict[str, str | bytes | Link | Mode] = {build_dir: Mode(0o755)}
        placed |= {f"{build_dir}/{path}": content for path, content in source.items()}
        placed |= {f"slipway/env/{name}": value for name, value in config.items()}
        placed["slipway/build.json"] = json.dumps(described)
        placed |= stray
        made = {"tmp", "slipway", "app"}  # the image has these
        for path, content in placed.items():
            # Docker makes a directory that no member names, but then it belongs to root.
            for parent in reversed(PurePosixPath(path).parents):
                if str(parent) not in {".", *made}:
                    made.add(str(parent))
                    _add(archive, str(parent), placed.get(str(parent), Mode(0o755)))
            if path not in made:
                made.add(path)
                _add(archive, path, content)
        for index, pack in enumerate(packs):
            archive.add(PACKS / pack.name, f"slipway/buildpacks/{index}-{pack.name}", filter=_owned)
        for file in [DRIVER / "build", *sorted((DRIVER / "lib").iterdir())]:
            archive.add(file, f"usr/local/lib/slipway/{file.relative_to(DRIVER)}", filter=_public)
    return stream.getvalue()


def _add(archive: tarfile.TarFile, path: str, content: str | bytes | Link | Mode) -> None:
    member = _owned(tarfile.TarInfo(path))
    data = b""
    if isinstance(content, Link):
        member.type = tarfile.LNKTYPE if content.hard else tarfile.SYMTYPE
        member.linkname = content.target
    elif isinstance(content, Mode) and content.content is None:
        member.type, member.mode = tarfile.DIRTYPE, content.bits
    elif isinstance(content, Mode):
        member.mode, data = content.bits, (content.content or "").encode()
    else:
        data = content.encode() if isinstance(content, str) else content
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))


def _owned(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 1000
    member.uname = member.gname = ""
    return member


def _public(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.mode |= 0o444
    return member


def _run(container: Container, kill_after: str | None, signal: str) -> bytes:
    watchdog = threading.Timer(SECONDS, container.kill)
    received = bytearray()
    stream = container.attach(stream=True, stdout=True, stderr=True, logs=False)
    container.start()
    watchdog.start()
    try:
        for piece in stream:
            received += piece
            if kill_after and kill_after.encode() in received:
                container.kill(signal)
                kill_after = None
    finally:
        watchdog.cancel()
    return bytes(received)


def _split(raw: bytes, channel: str) -> tuple[bytes, list[Event]]:
    """The log and the events of a builder's stream."""
    pattern = re.compile(rb"\x1e" + channel.encode() + rb"\x1e(.*)\n")
    return pattern.sub(b"", raw), [json.loads(found) for found in pattern.findall(raw)]


def _slug(container: Container) -> bytes:
    try:
        chunks, _ = container.get_archive("/slipway/out/slug.tar.zst")
    except docker.errors.NotFound:
        return b""
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
        content = archive.extractfile("slug.tar.zst")
        assert content is not None
        return content.read()


def _names(container: Container, path: str) -> list[str]:
    chunks, _ = container.get_archive(path)
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
        return archive.getnames()
