"""The platform looks at its own parts and says plainly what is wrong."""

import socketserver
import threading
from collections.abc import Iterator

import pytest
from django.core.files.storage import storages
from pytest_django import Settings

from builds import selfcheck
from builds.models import Finding
from builds.selfcheck import Heartbeat
from runtimes.engine.fake import FakeEngine
from runtimes.models import PlatformLimits, Stack

pytestmark = pytest.mark.usefixtures("shared_db")


def said(name: str) -> tuple[bool, str]:
    selfcheck.look()
    found = Finding.objects.get(name=name)
    return found.is_well, found.text


def test_what_is_well_says_so(engine: FakeEngine) -> None:
    for name in ("docker", "router", "disk", "storage slugs", "storage sources"):
        assert said(name)[0], said(name)
    assert storages["slugs"].listdir("")[1] == []


def test_a_stack_that_was_removed_is_not_missed(engine: FakeEngine) -> None:
    selfcheck.note("stack heroku-24", "Its images are here.")
    selfcheck.look()
    stacks = Finding.objects.filter(name__startswith="stack ").values_list("name", flat=True)
    assert sorted(stacks) == sorted(f"stack {stack.name}" for stack in Stack.objects.all())


def test_an_engine_that_is_away_is_told_and_stops_no_other_answer(engine: FakeEngine) -> None:
    engine.world.away = True
    is_well, text = said("docker")
    assert not is_well
    assert "does not answer" in text
    assert said("disk")[0]
    assert not said("router")[0]


def test_too_little_disk_is_told_with_what_follows(engine: FakeEngine) -> None:
    PlatformLimits.objects.create(free_disk=9_999_999)
    is_well, text = said("disk")
    assert not is_well
    assert "No build begins below 9999999 MB" in text


def test_a_storage_that_cannot_be_written_is_told(engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storages["slugs"], "_save", full)
    assert said("storage slugs") == (False, "It cannot be written: No space left on device.")


def test_a_stack_without_images_is_told(engine: FakeEngine) -> None:
    engine.world.images.clear()
    is_well, text = said("stack debian-12")
    assert not is_well
    assert "make images" in text


def test_a_worker_says_that_it_lives() -> None:
    heartbeat = Heartbeat("builder")
    heartbeat.start()
    heartbeat.stop()
    heartbeat.join()
    assert Finding.objects.get(name="worker builder").is_well


class Answers(socketserver.StreamRequestHandler):
    """Speaks as much of Redis's protocol as a ping needs."""

    def handle(self) -> None:
        while header := self.rfile.readline():
            words = [(self.rfile.readline(), self.rfile.readline())[1].strip() for _ in range(int(header[1:]))]
            self.wfile.write(b"+PONG\r\n" if words[0] == b"PING" else b"+OK\r\n")


@pytest.fixture
def port() -> Iterator[int]:
    """Where something answers as Redis does."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()


def test_redis_is_asked(settings: Settings, port: int) -> None:
    settings.REDIS_URL = f"redis://:word@127.0.0.1:{port}"
    assert selfcheck.redis().is_well


def test_redis_that_is_away_is_told_with_what_follows_and_without_its_password(settings: Settings) -> None:
    settings.REDIS_URL = "redis://:word@127.0.0.1:9"
    found = selfcheck.redis()
    assert not found.is_well
    assert "what is asked for waits" in found.text
    assert "word" not in found.text
