"""The shipper follows what instances print, and whoever ends one keeps its last words."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from runtimes import output, shipper
from runtimes.engine.fake import FakeEngine
from runtimes.engine.fake_process import Process as Running
from runtimes.models import Environment
from runtimes.reconcile import reconcile, settle
from runtimes.scale import scale
from runtimes.shipper import Shipper
from tests import factories as make
from tests.doubles import lose_connection

pytestmark = pytest.mark.usefixtures("shared_db", "quick")

PATIENCE_SECONDS = 20


class Talker:
    """An app that serves and prints what it is told to."""

    def __init__(self) -> None:
        self._said: list[bytes] = []

    def say(self, line: str) -> None:
        self._said.append(line.encode() + b"\n")

    def __call__(self, process: Running) -> int:
        process.write(b"hello\n")
        over = threading.Event()
        printer = threading.Thread(target=self._print, args=[process, over])
        printer.start()
        try:
            return process.run("serve")
        finally:
            over.set()
            printer.join()

    def _print(self, process: Running, over: threading.Event) -> None:
        told = len(self._said)
        while not over.wait(0.005):
            for line in self._said[told:]:
                process.write(line)
                told += 1


@pytest.fixture
def talker(engine: FakeEngine) -> Talker:
    made = Talker()
    engine.world.programs["talk"] = made
    return made


@pytest.fixture
def environment(shared_db: None, talker: Talker, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """One instance that talks."""
    monkeypatch.setattr(shipper, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(shipper, "COLLECT_SECONDS", 0.01)
    made = make.app().production
    make.release(made, of=make.slug(made.app, {"web": "talk"}), config={"TOKEN": "correct-horse-battery"})
    reconcile(made)
    settle(made)
    return made


@pytest.fixture
def shippers(shared_db: None, engine: FakeEngine) -> Iterator[list[Shipper]]:
    """Those that a test starts; nothing of them goes on in the next."""
    started: list[Shipper] = []
    yield started
    for container in list(engine.world.containers.values()):
        engine.world.remove(container.ref)
    for each in started:
        each.stop()
        each.join()
        for follower in each._followers.values():
            follower.join()


def begin(shippers: list[Shipper]) -> None:
    """Start one, as a worker does."""
    shippers.append(made := Shipper())
    made.start()


def texts(environment: Environment) -> list[str]:
    return [f"{line.release} {line.instance} {line.text}" for line in output.read(environment)]


def wait_until_printed(environment: Environment, engine: FakeEngine, line: bytes) -> None:
    """Until the engine has it of the one instance there is, whoever stores it."""
    ref = environment.instances.get().ref
    next(each for _, each in engine.lines(ref, follow=True) if each == line)


def see(environment: Environment, line: str) -> None:
    """Wait until this is the last line that is stored."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (there := texts(environment))[-1:] != [line]:
        assert time.monotonic() < deadline, there
        time.sleep(0.01)


def test_lines_are_stored_while_an_instance_runs_without_secrets(
    environment: Environment, talker: Talker, shippers: list[Shipper]
) -> None:
    begin(shippers)
    see(environment, "v1 web.1 hello")
    talker.say("the token is correct-horse-battery")
    see(environment, "v1 web.1 the token is [redacted]")


@pytest.mark.parametrize("broken", ["look", "store"])
def test_a_fault_of_ours_costs_no_line(
    environment: Environment, talker: Talker, shippers: list[Shipper], monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    monkeypatch.setattr(shipper, "AFTER_FAULT_SECONDS", 0.01)
    owner: object = Shipper if broken == "look" else output
    works, failed = getattr(owner, broken), threading.Event()

    def fail_once(*arguments: Any) -> Any:
        if failed.is_set():
            return works(*arguments)
        failed.set()
        raise ZeroDivisionError

    monkeypatch.setattr(owner, broken, fail_once)
    begin(shippers)
    talker.say("all the same")
    see(environment, "v1 web.1 all the same")
    assert failed.is_set()
    assert texts(environment) == ["v1 web.1 hello", "v1 web.1 all the same"]


def test_lines_are_stored_by_a_new_connection_where_one_was_lost(
    environment: Environment, talker: Talker, shippers: list[Shipper], monkeypatch: pytest.MonkeyPatch
) -> None:
    works, lost = output.store, threading.Event()

    def store(*arguments: Any) -> None:
        if not lost.is_set():
            lost.set()
            lose_connection()
        works(*arguments)

    monkeypatch.setattr(output, "store", store)
    begin(shippers)
    see(environment, "v1 web.1 hello")
    assert lost.is_set()


def test_what_was_printed_while_no_worker_ran_is_stored_by_the_next_and_nothing_twice(
    environment: Environment, talker: Talker, shippers: list[Shipper], engine: FakeEngine
) -> None:
    talker.say("one")
    wait_until_printed(environment, engine, b"one")
    begin(shippers)
    see(environment, "v1 web.1 one")
    begin(shippers)  # the next worker, while the one before still ends
    talker.say("two")
    see(environment, "v1 web.1 two")
    assert texts(environment) == [f"v1 web.1 {text}" for text in ("hello", "one", "two")]


def test_the_lines_of_an_instance_outlive_it_and_the_deploy_that_replaces_it(
    environment: Environment, talker: Talker, shippers: list[Shipper]
) -> None:
    begin(shippers)
    talker.say("from the first release")
    see(environment, "v1 web.1 from the first release")
    environment.releases.update(state="retired", ended_at=timezone.now())
    make.release(environment, of=make.slug(environment.app, {"web": "echo second; serve"}))
    reconcile(environment)
    settle(environment)
    see(environment, "v2 web.1 second")
    assert "v1 web.1 from the first release" in texts(environment)
    assert environment.instances.get(release__number=1).state == "down"


def test_what_an_instance_says_last_is_stored_by_who_ends_it(
    environment: Environment, talker: Talker, engine: FakeEngine
) -> None:
    """Also where no shipper runs, as while its worker is restarted."""
    talker.say("the last words")
    wait_until_printed(environment, engine, b"the last words")
    scale(environment, {"web": 0})
    reconcile(environment)
    assert engine.observe({"slipway.kind": "instance"}) == []
    assert texts(environment) == ["v1 web.1 hello", "v1 web.1 the last words"]


def test_the_lines_of_one_that_crashed_before_anybody_looked_are_there_and_not_read_again_and_again(
    environment: Environment,
) -> None:
    environment.releases.update(state="retired", ended_at=timezone.now())
    make.release(environment, of=make.slug(environment.app, {"web": "echo no database; exit 3"}))
    reconcile(environment)
    (crashed,) = environment.instances.exclude(state="down")
    crashed.move("crashed", ended_at=timezone.now())
    one = Shipper()
    looks = []
    for _ in range(3):
        one.look()
        looks.append(list(one._followers))
        for follower in one._followers.values():
            follower.join()
    assert looks == [[crashed.pk], [], []]
    assert texts(environment)[-1] == "v2 web.1 no database"
