"""A daemon that takes a question and never answers it: whoever asked is told which, and goes on."""

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from runtimes.engine import connect, docker_client
from runtimes.engine.base import Engine, EngineUnreachable, Formation

pytestmark = pytest.mark.thorough

LIST, CREATE = "/containers/json", "/containers/create"
REF = "f" * 64


class Daemon(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """It knows so many answers, and is silent to everything else."""

    daemon_threads, block_on_close = True, False

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), _Answering)
        self.answers: dict[str, object] = {"/version": {"ApiVersion": "1.41"}, "/_ping": "OK", LIST: []}
        self.over = threading.Event()


class _Answering(BaseHTTPRequestHandler):
    server: Daemon

    def answer(self) -> None:
        path = self.path.partition("?")[0].removeprefix("/v1.41")
        if path not in self.server.answers:
            self.server.over.wait()
            return
        said = self.server.answers[path]
        body = said.encode() if isinstance(said, str) else json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_DELETE = answer  # noqa: N815 so the server asks for them

    def address_string(self) -> str:
        return "somebody"  # at a socket without addresses

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    for limit in ("PING_SECONDS", "ANSWER_SECONDS", "ACT_SECONDS"):
        monkeypatch.setattr(docker_client, limit, 1)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    with Daemon(tmp_path / "docker.sock") as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.over.set()
        made.shutdown()
        thread.join()


@pytest.fixture
def engine(daemon: Daemon) -> Engine:
    return connect("docker", "slipway-test")


def apply(engine: Engine) -> None:
    engine.apply(
        Formation(name="app", process="web", image="image", command="serve", indexes=(1,), env={"A": "secret"})
    )


def start(engine: Engine, daemon: Daemon) -> None:
    daemon.answers[CREATE] = {"Id": REF, "Warnings": []}
    apply(engine)


@pytest.mark.parametrize(
    ("ask", "call"),
    [
        (lambda engine, _: engine.ping(), "GET /networks"),
        (lambda engine, _: engine.ensure_network("apps"), "GET /networks"),
        (lambda engine, _: apply(engine), f"POST {CREATE}"),
        (start, f"POST /containers/{REF[:12]}/start"),
        (lambda engine, _: engine.exec("router", ("true",)), "POST /containers/router/exec"),
    ],
    ids=["ping", "network", "create", "start", "exec"],
)
def test_what_it_does_not_answer_is_named(
    engine: Engine, daemon: Daemon, ask: Callable[[Engine, Daemon], None], call: str
) -> None:
    with pytest.raises(EngineUnreachable) as told:
        ask(engine, daemon)
    assert f"Docker does not answer ({call})." in str(told.value)
    assert "secret" not in str(told.value)
