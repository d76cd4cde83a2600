"""Where domains lead, as the DNS and a request to them say."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from runtimes import reach, router
from runtimes.caddy import PROBE
from runtimes.engine.fake import FakeEngine
from runtimes.holding import alone
from runtimes.models import Domain
from tests import factories as make
from tests.doubles import router_files

pytestmark = pytest.mark.thorough

NAME = "shop.example.org"


class Answer(BaseHTTPRequestHandler):
    """Says what it was told to say, and keeps what it was asked."""

    said, asked = "", list[tuple[str, str]]()

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers["Host"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.said.encode())

    def log_message(self, *_: Any) -> None:
        """Nothing is printed."""


@pytest.fixture
def server(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Answer]]:
    """What answers at the address that the DNS has for the name."""
    Answer.said, Answer.asked = "", []
    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as serving:
        settings.APPS_PORT = serving.server_port
        threading.Thread(target=serving.serve_forever).start()
        monkeypatch.setattr(socket, "getaddrinfo", dns(NAME, "127.0.0.1"))
        yield Answer
        serving.shutdown()


def dns(*known: str) -> Any:
    """A resolver that knows these names alone."""
    real = socket.getaddrinfo

    def look(name: str, port: Any, *args: Any, **more: Any) -> list[Any]:
        if name not in known:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real("127.0.0.1", port, *args, **more)

    return look


def domain(name: str = NAME, **facts: Any) -> Domain:
    made = Domain.objects.create(environment=make.app().production, name=name, **facts)
    return Domain.objects.select_related("environment").get(pk=made.pk)


def test_a_name_whose_requests_arrive_here_leads_here(
    shared_db: None, engine: FakeEngine, server: type[Answer]
) -> None:
    server.said, looked_at = router.word(), domain()
    reach.look_up(looked_at)
    looked_at.refresh_from_db()
    assert (looked_at.reach, looked_at.addresses) == ("here", "127.0.0.1")
    assert looked_at.looked_at
    assert server.asked == [(PROBE, NAME)]


def test_a_name_that_leads_to_somebody_else_is_said_to(
    shared_db: None, engine: FakeEngine, server: type[Answer]
) -> None:
    server.said, looked_at = "Welcome to another router", domain()
    reach.look_up(looked_at)
    looked_at.refresh_from_db()
    assert looked_at.reach == "elsewhere"


def test_who_answers_byte_by_byte_is_not_waited_for(
    shared_db: None, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(reach, "SECONDS", 0.3)
    monkeypatch.setattr(socket, "getaddrinfo", dns(NAME, "127.0.0.1"))
    with socket.create_server(("127.0.0.1", 0)) as dripping:
        settings.APPS_PORT = dripping.getsockname()[1]
        drip = threading.Thread(target=drip_to_one, args=[dripping])
        drip.start()
        reach.look_up(looked_at := domain())
    drip.join()
    looked_at.refresh_from_db()
    assert looked_at.reach == "elsewhere"


def drip_to_one(server: socket.socket) -> None:
    """Answer one visitor a byte at a time, for as long as it stays."""
    visitor, _ = server.accept()
    with visitor, suppress(OSError):
        visitor.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while True:
            visitor.sendall(b"x")
            threading.Event().wait(0.01)


def test_those_that_are_due_are_looked_up_once_at_a_time(
    shared_db: None, engine: FakeEngine, server: type[Answer]
) -> None:
    server.said, looked_at = router.word(), domain()
    with alone("domains"):
        reach.look_up_due()
    assert server.asked == []
    reach.look_up_due()
    looked_at.refresh_from_db()
    assert looked_at.reach == "here"


def test_a_name_without_an_address_is_said_to_have_none(
    shared_db: None, engine: FakeEngine, server: type[Answer]
) -> None:
    looked_at = domain("other.example.org")
    reach.look_up(looked_at)
    looked_at.refresh_from_db()
    assert (looked_at.reach, looked_at.addresses) == ("nowhere", "")


def test_a_name_gets_its_permission_for_a_certificate_when_it_leads_here(
    shared_db: None, engine: FakeEngine, server: type[Answer], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "CERTIFICATE_SECONDS", 0.01)  # no router answers there
    settings.TLS, looked_at = "auto", domain()
    reach.look_up(looked_at)
    assert f"certified/{NAME}" not in router_files(engine)
    server.said = router.word()
    reach.look_up(looked_at)
    assert f"certified/{NAME}" in router_files(engine)


@pytest.mark.parametrize(
    ("found", "minutes", "is_due"),
    [
        ("unknown", None, True),
        ("elsewhere", 4, False),
        ("elsewhere", 6, True),
        ("nowhere", 6, True),
        ("here", 6, False),
        ("here", 61, True),
    ],
)
def test_what_does_not_lead_here_yet_is_looked_up_more_often(
    db: None, found: str, minutes: int | None, is_due: bool
) -> None:
    looked_at = None if minutes is None else timezone.now() - timedelta(minutes=minutes)
    made = domain(reach=found, looked_at=looked_at)
    assert reach.due() == ([made] if is_due else [])
