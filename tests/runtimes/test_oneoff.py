"""One-off commands: what runs, what is kept of it, and how each ends."""

import re
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from runtimes import attention, journal, oneoff
from runtimes.engine.base import EngineError
from runtimes.engine.fake import FakeEngine
from runtimes.engine.fake_process import Process
from runtimes.models import Environment, Journal, OneOff
from tests import factories as make
from tests.doubles import looking, queued

pytestmark = pytest.mark.usefixtures("shared_db", "quick")
PATIENCE_SECONDS = 20


@pytest.fixture
def environment(shared_db: None, engine: FakeEngine) -> Environment:
    """An environment with a live release that has a secret."""
    made = make.app().production
    make.release(made, "live", config={"TOKEN": "s3cr3t-token", "COLOUR": "red"})
    return made


def texts(one: OneOff) -> list[str]:
    return [line.text for line in journal.read(one.journal, 0)]


def carried_out(one: OneOff) -> OneOff:
    """Run it as the controller does; return the row as it is then."""
    oneoff.carry_out(OneOff.objects.whole().get(pk=one.pk), "worker")
    return OneOff.objects.whole().get(pk=one.pk)


def wait_for(true: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_command_runs_in_what_is_live_and_its_log_and_exit_status_stay(environment: Environment) -> None:
    alice = make.user()
    one = oneoff.run(environment, "  echo $COLOUR $DYNO; exit 3 ", alice)
    assert queued() == [("runtimes.tasks.run_one_off", [one.pk])]
    ended = carried_out(one)
    assert (ended.name, ended.command, ended.by) == ("run.1", "echo $COLOUR $DYNO; exit 3", alice)
    assert (ended.state, ended.exit_code, ended.failure) == ("failed", 3, "")
    assert texts(ended) == ["red run.1"]
    assert ended.seconds is not None
    assert ended.journal.sealed_at


def test_a_command_that_does_its_work_is_done(environment: Environment) -> None:
    assert carried_out(oneoff.run(environment, "true")).state == "done"


def test_a_command_runs_in_an_image_of_others_through_its_own_shell(shared_db: None, engine: FakeEngine) -> None:
    environment = make.app().production
    offered = engine.world.offered.offer("registry.example/shop:1")
    image = make.image(environment.app, "registry.example/shop:1", digest=offered.digest)
    make.release(environment, "live", of=image, config={"COLOUR": "red"})
    assert texts(carried_out(oneoff.run(environment, "echo $COLOUR"))) == ["red"]


def test_an_image_without_a_shell_runs_no_command_and_is_not_the_platforms_fault(shared_db: None) -> None:
    environment = make.app(source="image").production
    make.release(environment, of=make.image(environment.app, has_shell=False))
    with pytest.raises(ValidationError, match="has no shell"):
        oneoff.run(environment, "true")
    assert queued() == []


def test_its_container_is_gone_afterwards_and_was_limited_as_web_is(
    environment: Environment, engine: FakeEngine
) -> None:
    environment.processes.update(memory=64)
    carried = carried_out(oneoff.run(environment, "printenv MEMORY_AVAILABLE"))
    assert texts(carried) == ["64"]
    assert engine.observe({"slipway.app": "shop"}) == []


def test_secrets_are_not_in_its_log(environment: Environment) -> None:
    ended = carried_out(oneoff.run(environment, "printenv TOKEN"))
    assert texts(ended) == ["[redacted]"]


@pytest.mark.parametrize(
    ("command", "shown", "printed"),
    [
        ("echo s3cr3t-token $COLOUR", "echo [redacted] $COLOUR", "[redacted] red"),
        ("echo --password=typed-secret", "echo --password=[redacted]", "--password=[redacted]"),
        ("echo $TOKEN of-production", "echo $TOKEN [redacted]", "[redacted] [redacted]"),
    ],
)
def test_a_secret_in_a_command_is_run_and_neither_shown_nor_kept(
    environment: Environment, command: str, shown: str, printed: str
) -> None:
    environment.app.config_vars.create(key="OTHER", value="of-production")
    one = oneoff.run(environment, command)
    with connection.cursor() as cursor:
        cursor.execute("SELECT command, secret_command FROM runtimes_oneoff")
        assert not re.search("s3cr3t|typed|of-production", str(cursor.fetchall()))
    ended = carried_out(one)
    assert (one.command, ended.command, ended.secret_command) == (shown, shown, "")
    assert texts(ended) == [printed]


@pytest.mark.parametrize("end", [oneoff.cancel, lambda _: oneoff.end_abandoned()])
def test_a_secret_in_a_command_that_never_ran_is_forgotten_too(environment: Environment, end: Any) -> None:
    one = oneoff.run(environment, "echo --password=typed-secret")
    OneOff.objects.update(lease_until=timezone.now() - timedelta(minutes=1))
    assert one.secret_command == "echo --password=typed-secret"
    end(one)
    assert OneOff.objects.get().secret_command == ""


def test_what_was_redacted_is_not_run_again(environment: Environment) -> None:
    with pytest.raises(ValidationError, match="is not kept"):
        oneoff.run(environment, "echo --password=[redacted]")


def test_it_takes_no_number_of_a_deploy(environment: Environment) -> None:
    before = Journal.objects.deploys().count()
    first, second = oneoff.run(environment, "true"), oneoff.run(environment, "true")
    assert (first.number, second.number) == (1, 2)
    assert Journal.objects.deploys().count() == before


@pytest.mark.parametrize("command", ["", "  \n", "x" * 5000, "echo \0"])
def test_what_is_no_command_is_refused(environment: Environment, command: str) -> None:
    with pytest.raises(ValidationError, match="Write a command"):
        oneoff.run(environment, command)
    assert not OneOff.objects.exists()


def test_nothing_runs_where_nothing_is_live(shared_db: None) -> None:
    with pytest.raises(ValidationError, match="Deploy first"):
        oneoff.run(make.app().production, "true")


def test_canceled_before_it_began_it_never_runs(environment: Environment) -> None:
    one = oneoff.run(environment, "echo never")
    assert oneoff.cancel(one)
    assert carried_out(one).state == "canceled"
    assert [text for text in texts(one) if "never" in text] == []
    assert not oneoff.cancel(one)


def test_nobody_sees_the_wish_before_the_line_that_says_whose_it_is(environment: Environment) -> None:
    one = oneoff.run(environment, "sleep infinity")
    with looking('INSERT INTO "runtimes_logchunk"', one.journal.is_canceled) as seen:
        assert oneoff.cancel(one, make.user("olga"))
    assert seen == [False]


def test_canceled_while_it_runs_it_ends_and_says_who_did_it(environment: Environment, engine: FakeEngine) -> None:
    one = oneoff.run(environment, "sleep infinity")
    work = threading.Thread(target=carried_out, args=[one])
    work.start()
    wait_for(lambda: engine.observe({"slipway.oneoff": str(one.pk)}))
    one.refresh_from_db()
    assert oneoff.cancel(one, make.user("olga"))
    work.join(PATIENCE_SECONDS)
    one = OneOff.objects.whole().get(pk=one.pk)
    assert (one.state, one.exit_code) == ("canceled", None)
    assert "Canceled by olga" in texts(one)[-1]
    assert engine.observe({"slipway.app": "shop"}) == []


def test_one_that_takes_too_long_is_ended_and_told_so(environment: Environment, settings: Settings) -> None:
    settings.RUN_TIMEOUT = 0
    ended = carried_out(oneoff.run(environment, "sleep infinity"))
    assert (ended.state, ended.exit_code) == ("failed", None)
    assert "longer than 0 seconds" in ended.failure
    assert ended.failure in texts(ended)[-1]


def test_one_that_runs_out_of_memory_says_so(environment: Environment) -> None:
    ended = carried_out(oneoff.run(environment, "exec tail /dev/zero"))
    assert (ended.state, ended.exit_code, ended.failure) == ("failed", 137, "It ran out of memory.")


def test_a_fault_of_the_platform_is_no_fault_of_the_command(environment: Environment, engine: FakeEngine) -> None:
    one = oneoff.run(environment, "true")
    engine.world.away = True
    with pytest.raises(EngineError):
        carried_out(one)
    ended = OneOff.objects.whole().get(pk=one.pk)
    assert (ended.state, ended.exit_code) == ("failed", None)
    assert ended.failure.startswith("The platform failed, not your command")
    assert ended.journal.sealed_at


def test_delivered_twice_it_runs_once(environment: Environment, engine: FakeEngine) -> None:
    ran = []

    def count(process: Process) -> int:
        ran.append(process)
        return 0

    engine.world.programs["count"] = count
    one = oneoff.run(environment, "count")
    carried_out(one)
    carried_out(one)
    assert len(ran) == 1


def test_one_whose_worker_is_gone_gets_a_true_end_and_its_container_goes(
    environment: Environment, engine: FakeEngine
) -> None:
    one = oneoff.run(environment, "sleep infinity")
    work = threading.Thread(target=carried_out, args=[one])
    work.start()
    wait_for(lambda: engine.observe({"slipway.oneoff": str(one.pk)}))
    OneOff.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    attention.look_after()
    ended = OneOff.objects.whole().get(pk=one.pk)
    assert (ended.state, ended.failure) == ("failed", "The worker that ran it stopped.")
    assert ended.journal.sealed_at
    work.join(PATIENCE_SECONDS)
    assert engine.observe({"slipway.process": "run"}) == []
    ended.refresh_from_db()
    assert ended.failure == "The worker that ran it stopped."


def test_one_that_no_worker_takes_up_is_given_up(environment: Environment) -> None:
    one = oneoff.run(environment, "true")
    attention.look_after()
    one.refresh_from_db()
    assert one.state == "waiting"
    OneOff.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    attention.look_after()
    one.refresh_from_db()
    assert (one.state, one.failure) == ("failed", "No worker took it up.")
    carried_out(one)
    assert [text for text in texts(one) if "!" not in text] == []


def test_only_the_latest_are_kept(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oneoff, "KEPT", 2)
    for _ in range(4):
        carried_out(oneoff.run(environment, "true"))
    assert sorted(OneOff.objects.values_list("number", flat=True)) == [3, 4]
    assert Journal.objects.filter(number=0).count() == 2
