"""How an instance is asked whether it is well, and what counts as an answer."""

import socket
import time
from typing import Any

import pytest

from runtimes import health
from runtimes.deploy import STEPS, deploy
from runtimes.engine.base import EngineUnreachable
from runtimes.engine.fake import FakeEngine
from runtimes.engine.fake_process import Process as Running
from runtimes.faults import ReleaseFailed
from runtimes.freeze import make_release
from runtimes.models import Environment, Instance, Process
from runtimes.reconcile import bring_up, reconcile, refresh
from tests import factories as make

pytestmark = pytest.mark.usefixtures("shared_db", "quick")

ELSEWHERE = b"Location: http://elsewhere.example/\r\n"


@pytest.fixture
def environment(shared_db: None, engine: FakeEngine) -> Environment:
    engine.world.programs["say"] = say
    return make.app().production


def say(process: Running) -> int:
    """Answer every request: `say 500` with that status, `say dribble` with a byte now and then and no end."""
    with socket.create_server((process.host.address, int(process.env["PORT"]))) as server:
        server.settimeout(0.01)
        while True:
            process.sleep(0)
            try:
                visitor, _ = server.accept()
            except TimeoutError:
                continue
            with visitor:
                process.write(visitor.recv(65536).replace(b"\r\n", b"\n"))
                answer(process, visitor)


def answer(process: Running, visitor: socket.socket) -> None:
    if process.argv[1] != "dribble":
        visitor.sendall(b"HTTP/1.1 %s Said\r\n%s\r\n" % (process.argv[1].encode(), ELSEWHERE))
        return
    try:
        while True:
            process.sleep(0.05)
            visitor.sendall(b"H")
    except OSError:
        return


def start(environment: Environment, command: str, **check: Any) -> Instance:
    """One instance of the live release, asked in this way; it has been started and listens."""
    make.release(environment, of=make.slug(environment.app, {"web": command}))
    environment.processes.update(**check)
    reconcile(environment)
    instance = environment.instances.get()
    deadline = time.monotonic() + 10
    while not health._listens((instance.address, 5000), 1) and time.monotonic() < deadline:
        time.sleep(0.01)
    return instance


def is_well(environment: Environment) -> bool:
    instances = environment.instances.exclude(state="down")
    return bool(health.well(instances, {each.name: each for each in environment.processes.all()}))


@pytest.mark.parametrize(
    ("statuses", "status", "is_it"),
    [
        ("200-399", 200, True),
        ("200-399", 399, True),
        ("200-399", 404, False),
        ("200-399", 0, False),
        ("200", 204, False),
        ("200,401-403", 402, True),
        ("200,401-403", 400, False),
    ],
)
def test_a_status_is_expected_or_not(statuses: str, status: int, is_it: bool) -> None:
    assert health.accepts(statuses, status) == is_it


@pytest.mark.parametrize(
    ("command", "check", "is_it"),
    [
        ("say 500", {}, True),
        ("say 200", {"health": "http", "health_path": "/up"}, True),
        ("say 500", {"health": "http", "health_path": "/up"}, False),
        ("say 302", {"health": "http", "health_path": "/up"}, True),
        ("say 302", {"health": "http", "health_path": "/up", "health_statuses": "200-299"}, False),
        ("say 500", {"health": "http", "health_path": "/up", "health_statuses": "200,500"}, True),
        ("say nonsense", {"health": "http", "health_path": "/up"}, False),
        ("say dribble", {"health": "http", "health_path": "/up", "timeout": 1}, False),
        ("say 500", {"health": "command", "health_command": "true"}, True),
        ("say 200", {"health": "command", "health_command": "exit 3"}, False),
        ("say 200", {"health": "command", "health_command": "no-such-command"}, False),
        ("say 200", {"health": "command", "health_command": "sleep infinity", "timeout": 1}, False),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else str(value),
)
def test_an_instance_is_well_as_its_check_says(
    environment: Environment, command: str, check: dict[str, Any], is_it: bool
) -> None:
    start(environment, command, **check)
    assert is_well(environment) == is_it


def test_a_path_is_asked_for_under_the_name_of_the_app_and_no_redirect_is_followed(
    environment: Environment, engine: FakeEngine
) -> None:
    instance = start(environment, "say 301", health="http", health_path="/up?deep=1")
    assert is_well(environment)
    printed = [line for _, line in engine.lines(instance.ref)]
    assert [line for line in printed if line.startswith(b"GET")] == [b"GET /up?deep=1 HTTP/1.1"]
    assert b"Host: shop.localhost" in printed


@pytest.mark.parametrize(
    ("command", "check", "sentence"),
    [
        ("say 503", {"health": "http", "health_path": "/up"}, "/up answers 503; expected is 200-399."),
        (
            "say dribble",
            {"health": "http", "health_path": "/up", "timeout": 1},
            "/up does not answer within 1 seconds; expected is 200-399.",
        ),
        (
            "say 200",
            {"health": "command", "health_command": "exit 3"},
            "Its health command did not end with 0 within 5 seconds: exit 3",
        ),
    ],
    ids=["status", "slow", "command"],
)
def test_a_release_that_is_not_well_says_what_was_found(
    environment: Environment, command: str, check: dict[str, Any], sentence: str
) -> None:
    Process.objects.create(environment=environment, name="web", quantity=1, start_period=1, **check)
    slug = make.slug(environment.app, {"web": command})
    steps = [key for key, _ in STEPS]
    with (
        make.writer(environment, *steps) as log,
        make.watch() as watch,
        pytest.raises(ReleaseFailed, match="not well within 1 seconds") as caught,
    ):
        deploy(slug, environment, log, watch)
    assert (caught.value.reason, caught.value.message.endswith(sentence)) == ("not-healthy", True)
    assert environment.live is None


def test_nobody_knows_how_an_instance_is_while_docker_is_away(environment: Environment, engine: FakeEngine) -> None:
    start(environment, "say 200", health="command", health_command="true")
    engine.world.away = True
    with pytest.raises(EngineUnreachable):
        is_well(environment)


def test_an_instance_that_has_ended_is_not_well(environment: Environment, engine: FakeEngine) -> None:
    instance = start(environment, "say 200", health="command", health_command="true")
    engine.stop([instance.ref], grace=0)
    assert not is_well(environment)


def test_a_process_ends_at_the_signal_that_is_set(environment: Environment, engine: FakeEngine) -> None:
    instance = start(environment, "say 200", stop_signal="SIGQUIT")
    heard: list[str] = []
    container = engine.world.find(instance.ref)
    hear = container.signal

    def note(name: str) -> None:
        heard.append(name)
        hear(name)

    container.signal = note  # type: ignore[method-assign] # the fake shows a signal by its effect only
    environment.processes.update(quantity=0)
    reconcile(Environment.objects.get(pk=environment.pk))
    assert heard[0] == "SIGQUIT"


def test_a_command_that_is_set_takes_the_place_of_the_slugs_in_the_next_release(
    environment: Environment, engine: FakeEngine
) -> None:
    slug = make.slug(environment.app, {"web": "say 200", "worker": "sleep infinity"})
    old = make.release(environment, "retired", slug)
    Process.objects.filter(environment=environment, name="web").update(command="say 204")
    new = make_release(slug, environment, journal=make.record(environment))
    assert new.commands == {"web": "say 204", "worker": "sleep infinity"}
    assert old.commands == slug.process_types
    bring_up(new)
    refresh(environment)
    (container,) = (one for one in engine.observe() if one.labels.get("slipway.process") == "web")
    assert engine.world.find(container.ref).plan.argv[-1] == "say 204"
