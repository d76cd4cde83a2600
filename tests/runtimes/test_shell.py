"""Shells: who looks at one, what ends it, and that nothing of it stays."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from django.core.exceptions import ValidationError
from django.utils import timezone
from pytest_django import Settings

from runtimes import attention, bridge, shell, wire
from runtimes.engine.fake import FakeEngine
from runtimes.engine.fake_process import Process
from runtimes.models import App, Environment, Instance, Shell
from tests import factories as make
from tests.doubles import queued

pytestmark = pytest.mark.usefixtures("shared_db", "quick")
PATIENCE_SECONDS = 20


@pytest.fixture(autouse=True)
def _switched_on(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}  # an empty one
    monkeypatch.setattr(bridge, "LOOK_SECONDS", 0.01)


@pytest.fixture
def environment(shared_db: None, engine: FakeEngine) -> Environment:
    """An environment with a live release that has a config var."""
    made = make.app().production
    make.release(made, "live", config={"COLOUR": "red"})
    return made


class Viewer:
    """Somebody who looks at a shell, as the console's socket does for a browser."""

    def __init__(self, pk: int, number: int = 1) -> None:
        self.pk, self.number, self.seen = pk, number, b""
        self.ending: str | None = None

    async def say(self, **message: object) -> None:
        assert await wire.send(wire.keys(self.pk), dict(message))

    async def type(self, text: str) -> None:
        await self.say(keys=text.encode())

    async def see(self, wanted: str) -> str:
        """What comes up to these words."""
        while wanted.encode() not in self.seen:
            message = await asyncio.wait_for(wire.receive(wire.screen(self.pk, self.number)), PATIENCE_SECONDS)
            self.seen += message.get("screen", b"")
            assert "over" not in message, message
        return self.seen.decode()

    async def end(self) -> str:
        """Why it ended."""
        while True:
            message = await asyncio.wait_for(wire.receive(wire.screen(self.pk, self.number)), PATIENCE_SECONDS)
            if "over" in message:
                return str(message["over"])


@database_sync_to_async
def asked(environment: Environment, instance: str = "") -> Shell:
    made = shell.ask(environment, make.user(), instance)
    rows = Shell.objects.select_related("environment__app", "release__environment__app", "release__slug")
    row: Shell = rows.get(pk=made.pk)
    return row


@asynccontextmanager
async def carried(row: Shell) -> AsyncIterator[Viewer]:
    """Inside, the controller carries it out; it has ended afterwards."""
    work = asyncio.create_task(sync_to_async(shell.carry_out, thread_sensitive=False)(row, "worker"))
    viewer = Viewer(row.pk)
    await viewer.say(viewer=1)
    try:
        yield viewer
    finally:
        await viewer.say(end="The test is over.")
        await asyncio.wait_for(work, PATIENCE_SECONDS)


@database_sync_to_async
def closed(row: Shell) -> str:
    """Wait until it is; return why."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while Shell.objects.get(pk=row.pk).state != "closed":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return Shell.objects.get(pk=row.pk).ending


async def fresh(row: Shell) -> Shell:
    found: Shell = await database_sync_to_async(Shell.objects.get)(pk=row.pk)
    return found


async def test_what_is_typed_is_answered_in_a_fresh_container_that_is_gone_afterwards(
    environment: Environment, engine: FakeEngine
) -> None:
    row = await asked(environment)
    assert queued() == [("runtimes.tasks.open_shell", [row.pk])]
    async with carried(row) as viewer:
        await viewer.type("echo $COLOUR $DYNO $TERM\n")
        await viewer.see(f"red shell.{row.pk} xterm-256color")
        assert engine.observe({"slipway.shell": str(row.pk)})
        await viewer.type("exit 3\n")
        assert await viewer.end() == "It ended with exit status 3."
    row = await fresh(row)
    assert (row.state, row.exit_code, row.ending) == ("closed", 3, "It ended with exit status 3.")
    assert row.opened_at is not None
    assert row.ended_at is not None
    assert engine.observe({"slipway.shell": str(row.pk)}) == []


async def test_a_shell_in_an_instance_leaves_the_instance_alone(environment: Environment, engine: FakeEngine) -> None:
    await database_sync_to_async(attention.look_after)()
    await database_sync_to_async(Instance.objects.update)(state="up")
    row = await asked(environment, "web.1")
    async with carried(row) as viewer:
        await viewer.type("echo in $DYNO\n")
        await viewer.see("in web.1")
        await viewer.say(end="It was closed by its user.")
        assert await viewer.end() == "It was closed by its user."
    assert [one.state for one in engine.observe({"slipway.process": "web"})] == ["up"]


async def test_a_viewer_that_goes_before_it_has_seen_all_keeps_the_next_one_not_waiting(
    environment: Environment,
) -> None:
    row = await asked(environment)
    async with carried(row) as viewer:
        for number in range(120):
            await viewer.type(f"echo line {number}.\n")
            await viewer.see(f"\nline {number}.")
        await viewer.say(viewer=2)  # and reads nothing
        await viewer.say(viewer=3)
        await Viewer(row.pk, 3).see("line 119.")


async def test_the_size_reaches_the_terminal(environment: Environment) -> None:
    async with carried(await asked(environment)) as viewer:
        await viewer.say(size=[33, 111])
        await viewer.type("stty size\n")
        await viewer.see("33 111")


async def test_it_ends_when_nothing_is_typed_for_too_long(environment: Environment, settings: Settings) -> None:
    settings.SHELL_IDLE = 0
    row = await asked(environment)
    async with carried(row) as viewer:
        assert await viewer.end() == "Nothing was typed for too long."
    assert (await fresh(row)).state == "closed"


async def test_it_ends_when_nobody_comes_back(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "RETURN_SECONDS", 0.05)
    row = await asked(environment)
    async with carried(row) as viewer:
        await viewer.say(left=1)
        assert await closed(row) == bridge.GONE


async def test_it_ends_when_nobody_ever_says_a_word(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "ABSENT_SECONDS", 0.05)
    row = await asked(environment)
    async with carried(row):
        assert await closed(row) == bridge.GONE


async def test_who_comes_back_sees_what_was_there_and_the_former_viewer_is_told(environment: Environment) -> None:
    row = await asked(environment)
    async with carried(row) as former:
        await former.type("echo $COLOUR\n")
        await former.see("red\r\n")
        later = Viewer(row.pk, 2)
        await later.say(viewer=2)
        await later.see("red\r\n")
        assert await asyncio.wait_for(wire.receive(wire.screen(row.pk, 1)), PATIENCE_SECONDS) == {"elsewhere": True}
        await later.type("stty size\n")
        await later.see("24 80")


async def test_a_viewer_that_reads_late_has_lost_nothing(environment: Environment, engine: FakeEngine) -> None:
    said = threading.Event()

    def talk(process: Process) -> int:
        for number in range(400):
            process.write(b"%06d" % number)
            process.sleep(0.001)
        process.write(b"end")
        said.set()
        return 0

    engine.world.programs["talk"] = talk
    async with carried(await asked(environment)) as viewer:
        await viewer.type("talk\n")
        assert await asyncio.to_thread(said.wait, PATIENCE_SECONDS)
        seen = await viewer.see("399end")
        assert "".join(f"{number:06d}" for number in range(400)) in seen


async def test_an_app_that_is_being_removed_has_no_shell(environment: Environment) -> None:
    row = await asked(environment)
    async with carried(row) as viewer:
        await viewer.type("echo $COLOUR\n")
        await viewer.see("red\r\n")
        await database_sync_to_async(App.objects.update)(destroyed_at=timezone.now())
        assert await viewer.end() == "The platform ended it."


async def test_one_whose_worker_is_gone_is_closed_and_nothing_of_it_stays(
    environment: Environment, engine: FakeEngine
) -> None:
    row = await asked(environment)
    async with carried(row) as viewer:
        await viewer.type("echo $COLOUR\n")
        await viewer.see("red\r\n")
        await database_sync_to_async(Shell.objects.update)(lease_until=timezone.now() - timedelta(seconds=1))
        await database_sync_to_async(attention.look_after)()
        row = await fresh(row)
        assert (row.state, row.ending) == ("closed", "The worker that carried it stopped.")
        assert engine.observe({"slipway.shell": str(row.pk)}) == []


async def test_what_a_worker_left_in_an_instance_is_ended(environment: Environment, engine: FakeEngine) -> None:
    await database_sync_to_async(attention.look_after)()
    await database_sync_to_async(Instance.objects.update)(state="up")
    row = await asked(environment, "web.1")
    with engine.terminal(row.ref, shell.terminal_name(row), ("sh",)) as left:
        await database_sync_to_async(Shell.objects.update)(
            state="open", lease_until=timezone.now() - timedelta(seconds=1)
        )
        await database_sync_to_async(attention.look_after)()
        assert left.wait() == 137


def test_switched_off_there_is_none(environment: Environment, settings: Settings, engine: FakeEngine) -> None:
    row = shell.ask(environment, make.user())
    settings.SHELL = False
    shell.carry_out(row, "worker")
    row.refresh_from_db()
    assert row.state == "waiting"
    with pytest.raises(ValidationError, match="switched off"):
        shell.ask(environment, row.created_by)


@pytest.mark.parametrize("instance", ["web.1", "router", "../web.1"])
def test_there_is_none_in_what_is_not_up(environment: Environment, instance: str) -> None:
    with pytest.raises(ValidationError, match="is not up"):
        shell.ask(environment, make.user(), instance)


def test_there_is_none_in_an_image_without_one(shared_db: None) -> None:
    made = make.app(source="image").production
    make.release(made, of=make.image(made.app, has_shell=False))
    with pytest.raises(ValidationError, match="has no shell"):
        shell.ask(made, None)


def test_there_is_none_where_nothing_is_live(shared_db: None) -> None:
    with pytest.raises(ValidationError, match="Deploy first"):
        shell.ask(make.app().production, make.user())
