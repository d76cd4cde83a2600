"""The driver in the builder, as far as the platform can tell: a program for the fake engine."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from builds.driver import COMMAND
from runtimes.engine.fake import FakeEngine
from runtimes.engine.fake_process import Process
from tests import factories as make

SLUG = "/slipway/out/slug.tar.zst"
FETCH = "/slipway/bin/fetch"


class Builder:
    """Builds what it is told to; `seen` holds what it was given, `ran` how often it ran.

    `failing` is a failure to tell; `meanwhile` is called with the process where a buildpack would run, `tidying` last.
    """

    def __init__(self, **options: Any) -> None:
        self.processes: dict[str, str] = options.get("processes", {"web": "serve"})
        self.release_command: str = options.get("release_command", "")
        self.files: dict[str, bytes] = options.get("files", {"Procfile": b"web: serve\n"})
        self.failing: dict[str, Any] | None = options.get("failing")
        self.meanwhile: Callable[[Process], object] = options.get("meanwhile", lambda _: None)
        self.tidying: Callable[[Process], object] = lambda _: None
        self.cache_bytes: int | None = None
        self.report: dict[str, str] = {}
        self.label = ""
        self.orders: list[dict[str, Any]] = []
        self.files_given: dict[str, bytes] = {}

    def install(self, engine: FakeEngine) -> "Builder":
        """Be the driver in this engine's builders from now on."""
        engine.world.programs[COMMAND] = self
        return self

    @property
    def ran(self) -> int:
        return len(self.orders)

    def __call__(self, process: Process) -> int:
        order = json.loads(process.files.read("/slipway/build.json"))
        self.orders.append(order)
        places = [process.files.own, *process.files.mounts.values()]
        self.files_given = {
            path: entry.content for place in places for path, entry in place.items() if entry.content is not None
        }
        say = _Channel(process, order["channel"])
        say(event="step.begin", step="detect")
        found = [
            {"index": n, "name": each["name"], "label": each["name"].title()}
            for n, each in enumerate(order["buildpacks"])
        ]
        say(event="detected", buildpacks=found[:1])
        say(event="step.end", step="detect", state="done")
        if order.get("only") == "detect":
            return 0
        say(event="step.begin", step="buildpack:0")
        if self.label:
            say(event="label", index=0, label=self.label)
        process.write(b"-----> Building\n")
        self.meanwhile(process)
        say(event="buildpack", index=0, version="1", report=self.report)
        if self.failing:
            process.write(f" !     {self.failing['message']}\n".encode())
            say(event="step.end", step="buildpack:0", state="failed")
            say(event="failed", **self.failing)
            return int(self.failing.get("code") or 1)
        say(event="step.end", step="buildpack:0", state="done")
        say(event="step.begin", step="package")
        say(event="step.end", step="package", state="done")
        self._pack(process, say)
        self.tidying(process)
        if self.cache_bytes is not None:
            say(event="cache", bytes=self.cache_bytes)
        return 0

    def _pack(self, process: Process, say: "_Channel") -> None:
        slug = make.slug_bytes(self.files)
        process.files.write(SLUG, slug)
        say(
            event="slug",
            path=SLUG,
            sha256=hashlib.sha256(slug).hexdigest(),
            size=len(slug),
            unpacked=sum(map(len, self.files.values())),
            files=len(self.files),
            platform="linux/amd64",
            process_types=self.processes,
            release_command=self.release_command or None,
        )


class _Channel:
    def __init__(self, process: Process, nonce: str) -> None:
        self.process, self.marker = process, f"\x1e{nonce}\x1e".encode()

    def __call__(self, **event: Any) -> None:
        self.process.write(self.marker + json.dumps(event).encode() + b"\n")


class Git:
    """The fetch script: gives one commit, or ends as it would for what is wrong (`code`)."""

    def __init__(self, code: int = 0, refs: str = "", files: dict[str, bytes] | None = None) -> None:
        self.code, self.refs = code, refs
        self.files = {"Procfile": b"web: serve\n"} if files is None else files
        self.message = b"Add a page"
        self.asked: list[tuple[str, ...]] = []
        self.credential = b""

    def install(self, engine: FakeEngine) -> "Git":
        engine.world.programs[FETCH] = self
        return self

    def __call__(self, process: Process) -> int:
        self.asked.append(process.argv)
        self.credential = process.files.read("/slipway/credential")
        process.write(b"remote: hello\n")
        process.files.write("/slipway/out/refs", self.refs.encode())
        process.files.write("/slipway/out/host_keys", b"")
        process.files.write("/slipway/out/commit", b"%040d\nAlice\n%s\n" % (7, self.message))
        for name, content in self.files.items():
            process.files.write(f"/slipway/source/{name}", content)
        return self.code
