"""Builds real sources with the bundled buildpacks in the real builder image, and starts what came out.

Only what the builder's contract names goes in, as a worker would do it. Unlike the conformance tests' builders, these
have a network: packages come from the indexes that the machine's own pip and npm use.
"""

from __future__ import annotations

import io
import json
import os
import re
import secrets
import shutil
import subprocess
import tarfile
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from functools import cache
from pathlib import Path
from typing import Any

import docker
import zstandard
from docker.models.containers import Container
from docker.types import LogConfig, Mount

ROOT = Path(__file__).parents[3]
BUNDLED = ROOT / "buildpacks" / "bundled"
DRIVER = ROOT / "builds" / "image"
LABEL = "slipway.bundled-tests"
SECONDS = 240  # a build that hangs ends as a failed test, not as a suite that never ends
PORT = 5000
STORE = "/slipway/store"

Source = Mapping[str, "str | bytes"]


@dataclass(frozen=True)
class Stack:
    """The images that builds and instances run in, and what buildpacks are told about them."""

    build_image: str
    run_image: str
    identifier: str


BOOKWORM = Stack(
    os.environ.get("SLIPWAY_TEST_BUILD_IMAGE", "slipway/debian-12:build"),
    os.environ.get("SLIPWAY_TEST_RUN_IMAGE", "slipway/debian-12:run"),
    "heroku-22",
)
TRIXIE = Stack("slipway/debian-13:build", "slipway/debian-13:run", "heroku-24")


@dataclass(frozen=True)
class Answer:
    """What an app answered over HTTP."""

    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Built:
    """What one build said and left."""

    log: str
    events: list[dict[str, Any]]
    exit_code: int
    slug: bytes

    def one(self, kind: str) -> dict[str, Any]:
        (event,) = [event for event in self.events if event["event"] == kind]
        return event

    def check(self) -> None:
        """What holds for every build: our own bash never trips, and a success leaves no reason of a failure."""
        assert "The buildpack itself stopped" not in self.log, self.log
        reports = [event["report"] for event in self.events if event["event"] == "buildpack"]
        if self.exit_code == 0:
            assert not [report for report in reports if "failure_reason" in report], self.log

    @property
    def reason(self) -> str:
        """The machine-readable reason of a failure, as bin/report gave it."""
        return str(self.one("failed")["detail"])

    def report(self, index: int = 0) -> dict[str, Any]:
        (event,) = [event for event in self.events if event["event"] == "buildpack" and event["index"] == index]
        return dict(event["report"])

    def names(self) -> set[str]:
        with self.tar() as archive:
            return set(archive.getnames())

    def read(self, path: str) -> str:
        with self.tar() as archive:
            content = archive.extractfile(f"./{path}")
            assert content is not None, f"{path} is no file"
            return content.read().decode()

    def tar(self) -> tarfile.TarFile:
        return tarfile.open(fileobj=io.BytesIO(self.plain()))

    def plain(self) -> bytes:
        assert self.slug, self.log
        return zstandard.ZstdDecompressor().decompressobj().decompress(self.slug)


class Workshop:
    """Builds and runs; every container and volume it makes is gone when `close` returns."""

    def __init__(self, client: docker.DockerClient, stack: Stack = BOOKWORM) -> None:
        self.client, self.stack = client, stack
        self._volumes: list[str] = []

    def volume(self) -> str:
        """The name of a new cache volume."""
        name = f"bundled-tests-{uuid.uuid4().hex[:12]}"
        self.client.volumes.create(name, labels={LABEL: "1"})
        self._volumes.append(name)
        return name

    def close(self) -> None:
        for name in self._volumes:
            self.client.volumes.get(name).remove(force=True)

    def build(
        self,
        source: Source | Path,
        *packs: str,
        volume: str,
        config: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
        automatic: bool = False,
        emptied: str = "",
        store: str = "",
    ) -> Built:
        """One build of `source` with bundled buildpacks in order; `config` becomes ENV_DIR.

        `emptied` is a file of the stack that holds nothing this time, `store` a volume that can only be read.
        """
        channel = secrets.token_hex(16)
        mounts = [Mount(STORE, store, type="volume", read_only=True)] if store else []
        container = self._create(self.stack.build_image, ["/usr/local/lib/slipway/build"], volume, mounts=mounts)
        try:
            request = _request(packs, channel, {**installation(), **(environment or {})}, automatic)
            request["stack"] = self.stack.identifier
            container.put_archive("/", _inbox(request, source, config or {}, packs))
            if emptied:
                container.put_archive("/", _empty(emptied))
            raw = _run(container)
            pattern = re.compile(rb"\x1e" + channel.encode() + rb"\x1e(.*)\n")
            built = Built(
                log=pattern.sub(b"", raw).decode(errors="replace"),
                events=[json.loads(found) for found in pattern.findall(raw)],
                exit_code=container.wait()["StatusCode"],
                slug=_file(container, "/slipway/out/slug.tar.zst"),
            )
            built.check()
            return built
        finally:
            container.remove(force=True, v=True)

    def tool(self, source: Source, *command: str, result: str, volume: str) -> str:
        """Run a command of the build image over a source, as a developer makes a lock; the file `result` it wrote."""
        container = self._create(
            self.stack.build_image, list(command), volume, directory="/slipway/work", variables=trust()
        )
        try:
            stream = io.BytesIO()
            with tarfile.open(fileobj=stream, mode="w") as archive:
                _add_source(archive, "slipway/work", source)
                _add(archive, "slipway/ca.crt", certificates())
            container.put_archive("/", stream.getvalue())
            raw = _run(container)
            assert container.wait()["StatusCode"] == 0, raw.decode(errors="replace")
            return _file(container, f"/slipway/work/{result}").decode()
        finally:
            container.remove(force=True, v=True)

    def stock(self, store: str, pack: str, *wanted: str) -> str:
        """Have a buildpack put what a report asked for into a store; what it said."""
        command = ["/slipway/buildpack/bin/stock", f"{STORE}/{pack}", *wanted]
        mounts = [Mount(STORE, store, type="volume")]
        container = self._create(self.stack.build_image, command, None, variables=trust(), mounts=mounts)
        try:
            stream = io.BytesIO()
            with tarfile.open(fileobj=stream, mode="w") as archive:
                _add_folder(archive, f"{STORE.lstrip('/')}/{pack}")
                _add(archive, "slipway/ca.crt", certificates())
                archive.add(BUNDLED / pack, "slipway/buildpack", filter=_owned)
            container.put_archive("/", stream.getvalue())
            said = _run(container).decode(errors="replace")
            assert container.wait()["StatusCode"] == 0, said
            return said
        finally:
            container.remove(force=True, v=True)

    @contextmanager
    def running(self, built: Built, process: str = "web", config: Mapping[str, str] | None = None) -> Iterator[App]:
        """The slug's process in the run image, with a read-only look at it over HTTP."""
        command = built.one("slug")["process_types"][process]
        container = self._create(
            self.stack.run_image,
            ["/usr/local/bin/slipway-run", command],
            None,
            variables={"PORT": str(PORT), "DYNO": f"{process}.1", "MEMORY_AVAILABLE": "512", **(config or {})},
        )
        try:
            container.put_archive("/app", built.plain())
            container.start()
            container.reload()
            app = App(container, container.attrs["NetworkSettings"]["Networks"]["bridge"]["IPAddress"])
            app.wait()
            yield app
        finally:
            container.remove(force=True, v=True)

    def _create(
        self,
        image: str,
        command: list[str],
        volume: str | None,
        directory: str | None = None,
        variables: Mapping[str, str] | None = None,
        mounts: Sequence[Mount] = (),
    ) -> Container:
        return self.client.containers.create(
            image,
            command[1:],
            entrypoint=command[:1],
            user="1000:1000",
            init=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            pids_limit=512,
            working_dir=directory,
            environment=dict(variables or {}),
            mounts=[*mounts, *([Mount("/tmp", volume, type="volume")] if volume else [])],
            log_config=LogConfig(type="json-file"),
            labels={LABEL: "1"},
        )


@dataclass(frozen=True)
class App:
    """A running instance."""

    container: Container
    address: str

    def get(self, path: str = "/", headers: Mapping[str, str] | None = None) -> Answer:
        """One GET; redirects are answers, and so are errors."""
        request = urllib.request.Request(f"http://{self.address}:{PORT}{path}", headers=dict(headers or {}))
        try:
            with _OPENER.open(request, timeout=20) as response:
                return Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, error.read())

    def wait(self, seconds: int = 30) -> None:
        """Until it accepts a connection. Fails with the instance's own words."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.container.reload()
            assert self.container.status == "running", self.lines()
            try:
                self.get()
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
            else:
                return
        raise AssertionError(self.lines())

    def lines(self) -> str:
        return bytes(self.container.logs(stream=False)).decode(errors="replace")

    def exec(self, command: str) -> str:
        """The output of one line of bash in the instance, run as the runtime contract says."""
        output = self.container.exec_run(["/usr/local/bin/slipway-run", command]).output
        assert isinstance(output, bytes)
        return output.decode()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """A redirect is what the test asks about."""


_OPENER = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))


@cache
def installation() -> dict[str, str]:
    """The settings of this machine that reach builders, as an installation would have them."""
    found = {name: os.environ[name] for name in ("PIP_INDEX_URL", "NPM_CONFIG_REGISTRY") if name in os.environ}
    if "NPM_CONFIG_REGISTRY" not in found and shutil.which("npm"):
        asked = subprocess.run(["npm", "config", "get", "registry"], capture_output=True, text=True, check=True)
        found["NPM_CONFIG_REGISTRY"] = asked.stdout.strip()
    return found


@cache
def certificates() -> bytes:
    """The CA bundle that this machine trusts."""
    return Path(os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt")).read_bytes()


def trust() -> dict[str, str]:
    """What makes the usual tools believe it, inside a container."""
    names = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
    return {
        **installation(),
        **dict.fromkeys(names, "/slipway/ca.crt"),
        "HOME": "/app",
        "UV_CACHE_DIR": "/tmp/cache/uv",
        "CURL_CA_BUNDLE": "/slipway/ca.crt",
    }


def _request(packs: tuple[str, ...], channel: str, environment: Mapping[str, str], automatic: bool) -> dict[str, Any]:
    return {
        "id": uuid.uuid4().hex[:8],
        "channel": channel,
        "source_version": "0123abcd",
        "request_id": "request",
        "automatic": automatic,
        "limits": {"slug_bytes": 524288000},
        "environment": dict(environment),
        "buildpacks": [
            {"name": name, "version": "1", "dir": f"/slipway/buildpacks/{index}-{name}", "env": {}}
            for index, name in enumerate(packs)
        ],
    }


def _inbox(request: dict[str, Any], source: Source | Path, config: Mapping[str, str], packs: tuple[str, ...]) -> bytes:
    """Everything a builder starts with, as one tar of the root directory."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        _add_source(archive, f"tmp/build_{request['id']}", source)
        _add_folder(archive, "slipway/env")
        for name, value in config.items():
            _add(archive, f"slipway/env/{name}", value.encode())
        _add(archive, "slipway/build.json", json.dumps(request).encode())
        _add(archive, "slipway/ca.crt", certificates())
        _add_folder(archive, "slipway/buildpacks")
        for index, name in enumerate(packs):
            archive.add(BUNDLED / name, f"slipway/buildpacks/{index}-{name}", filter=_owned)
        for file in [DRIVER / "build", *sorted((DRIVER / "lib").iterdir())]:
            archive.add(file, f"usr/local/lib/slipway/{file.relative_to(DRIVER)}", filter=_readable)
    return stream.getvalue()


def _empty(path: str) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        _add(archive, path.lstrip("/"), b"")
    return stream.getvalue()


def _add_source(archive: tarfile.TarFile, place: str, source: Source | Path) -> None:
    if isinstance(source, Path):
        archive.add(source, place, filter=_owned)
        return
    _add_folder(archive, place)
    made: set[Path] = set()
    for path, content in source.items():
        for parent in reversed(Path(path).parents[:-1]):
            if parent not in made:
                made.add(parent)
                _add_folder(archive, f"{place}/{parent}")
        _add(archive, f"{place}/{path}", content.encode() if isinstance(content, str) else content)


def _add(archive: tarfile.TarFile, path: str, content: bytes) -> None:
    member = _owned(tarfile.TarInfo(path))
    member.size, member.mode = len(content), 0o644
    archive.addfile(member, io.BytesIO(content))


def _add_folder(archive: tarfile.TarFile, path: str) -> None:
    member = _owned(tarfile.TarInfo(path))
    member.type, member.mode = tarfile.DIRTYPE, 0o755
    archive.addfile(member)


def _owned(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 1000
    member.uname = member.gname = ""
    return member


def _readable(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.mode |= 0o444
    return member


def _run(container: Container) -> bytes:
    watchdog = threading.Timer(SECONDS, container.kill)
    stream = container.attach(stream=True, stdout=True, stderr=True, logs=False)
    container.start()
    watchdog.start()
    try:
        return b"".join(stream)
    finally:
        watchdog.cancel()


def _file(container: Container, path: str) -> bytes:
    try:
        chunks, _ = container.get_archive(path)
    except docker.errors.NotFound:
        return b""
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
        content = archive.extractfile(Path(path).name)
        assert content is not None
        return content.read()
