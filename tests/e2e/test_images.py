"""Ready images from a real registry: what was asked for runs, by its digest, and what does not come says why."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e import belongings, litter
from tests.e2e.installation import Installation
from tests.e2e.person import Outcome, Person
from tests.registry import PASSWORD, USER, Registry, busybox

pytestmark = [pytest.mark.docker, pytest.mark.e2e]

# Loopback is where tests have their registry; an installation refuses it unless it is told otherwise.
LOOPBACK = {"SLIPWAY_ALLOWED_ADDRESSES": "127.0.0.0/8"}
SERVE = "exec /bin/busybox httpd -f -p $PORT -h /www"


@pytest.fixture(scope="module")
def registry(installation: Installation) -> Iterator[Registry]:
    """One for everybody, and an installation that may ask it."""
    with (
        installation.restarted("web", **LOOPBACK),
        installation.restarted("controller", **LOOPBACK),
        Registry() as running,
    ):
        yield running


@pytest.fixture(scope="module")
def person(registry: Registry, installation: Installation) -> Person:
    """The admin, once the console is there again."""
    installation.wait_until_it_answers()
    return Person(installation)


def push(registry: Registry, name: str, words: str, **more: Any) -> str:
    """Have an image with a shell that serves a page of these words; by itself it listens on 8080."""
    program = busybox()
    files = {"bin/sh": program, "bin/busybox": program, "www/index.html": words.encode()}
    own = {"Entrypoint": ["/bin/busybox", "httpd", "-f", "-p", "8080", "-h", "/www"], "ExposedPorts": {"8080/tcp": {}}}
    return registry.push(name, files, **{**own, **more})


def deployed(person: Person, app: str, number: int) -> Outcome:
    outcome = person.wait(app, number)
    assert outcome.state == "live", outcome.log
    return outcome


def test_a_tag_moves_and_the_way_back_means_the_digest_that_ran(registry: Registry, person: Person) -> None:
    app, image = "tagged", f"{registry.host}/shop:1"
    first = push(registry, "shop:1", "first")
    person.create(app, source="image", image=image)
    person.send(f"apps/{app}/processes/new", name="web", command=SERVE)
    outcome = deployed(person, app, person.deploy(app))
    assert list(outcome.steps) == [
        "Queued",
        "Pull image",
        "Release command",
        "Start instances",
        "Wait until healthy",
        "Switch traffic",
    ]
    assert first in outcome.log
    assert person.open(app) == (200, "first")

    second = push(registry, "shop:1", "second")
    assert second in deployed(person, app, person.deploy(app)).log
    assert person.open(app) == (200, "second")

    number = person.send(f"apps/{app}/releases/1/back").rstrip("/").rpartition("/")[2]
    person.wait_released(app, int(number))
    assert person.open(app) == (200, "first")
    assert first[7:19] in person.page(f"apps/{app}/")


def test_an_image_runs_by_its_own_entry_point_at_the_port_it_names_and_scales(
    registry: Registry, person: Person, installation: Installation
) -> None:
    app = "entry"
    push(registry, "entry:1", "by itself")
    deployed(person, app, person.create_and_deploy(app, source="image", image=f"{registry.host}/entry:1"))
    assert person.open(app) == (200, "by itself")
    assert installation.manage("scale", app, "web=3").returncode == 0
    person.until(lambda: all(f"web.{index}" in installation.manage("ps", app).stdout for index in (1, 2, 3)))
    assert person.open(app) == (200, "by itself")


def test_an_image_without_a_shell_runs_and_says_what_a_command_needs(registry: Registry, person: Person) -> None:
    app = "bare"
    registry.push(
        "bare:1",
        {"httpd": busybox(), "www/index.html": b"bare"},
        Entrypoint=["/httpd", "-f", "-p", "8000", "-h", "/www"],
    )
    person.create(app, source="image", image=f"{registry.host}/bare:1")
    person.send(f"apps/{app}/processes/new", name="web")
    person.send(f"apps/{app}/processes/of/web", **person.settings_of(app, "web") | {"port": "8000"})
    deployed(person, app, person.deploy(app))
    assert person.open(app) == (200, "bare")

    person.send(f"apps/{app}/processes/of/web", **person.settings_of(app, "web") | {"command": "httpd -p $PORT"})
    outcome = person.wait(app, person.deploy(app))
    assert (outcome.state, outcome.reason, outcome.failed_step) == ("failed", "no-shell", "Start instances")
    assert "The image has no shell (/bin/sh), and a command needs one: that of web." in outcome.failure
    assert person.open(app) == (200, "bare")


@pytest.fixture(scope="module")
def private(person: Person) -> Iterator[Registry]:
    """A registry that asks for credentials, of which the platform knows right ones and wrong ones."""
    with Registry(private=True) as running:
        push(running, "shop:1", "for some")
        known = {"registry": running.host, "username": USER}
        person.send("credentials/new", name="right", password=PASSWORD, **known)
        person.send("credentials/new", name="wrong", password="not the password", **known)
        yield running


def key_of(installation: Installation, name: str) -> str:
    (row,) = installation.rows("SELECT id FROM runtimes_credentials WHERE name = ?", name)
    return str(row["id"])


def test_credentials_let_in_and_are_written_nowhere(
    private: Registry, person: Person, installation: Installation
) -> None:
    app, key = "private", key_of(installation, "right")
    source = {"source": "image", "image": f"{private.host}/shop:1", "credentials": key}
    outcome = deployed(person, app, person.create_and_deploy(app, **source))
    assert person.open(app) == (200, "for some")
    pages = [person.page(f"apps/{app}/{part}") for part in ("", "settings/")]
    pages += [person.page("credentials/"), person.page(f"credentials/{key}"), outcome.log]
    assert not [page for page in pages if PASSWORD in page]
    written = [path for path in installation.data.rglob("*") if path.is_file()]
    assert not [path for path in written if PASSWORD.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    ("app", "where", "credentials", "told"),
    [
        ("no-tag", "{public}/shop:nine", "", ("no-such-image", "There is no image {public}/shop:nine at {public}.")),
        ("no-login", "{private}/shop:1", "", ("registry-login", "{private} does not give {private}/shop:1 without")),
        ("bad-login", "{private}/shop:1", "wrong", ("registry-login", "{private} refuses the credentials of ana")),
        ("unreached", "127.0.0.1:1/shop:1", "", ("registry-unreachable", "The registry 127.0.0.1:1 cannot be reached")),
        ("arm", "{public}/arm:1", "", ("wrong-platform", "is made for linux/arm64; apps run on linux/")),
    ],
)
def test_what_does_not_come_says_why(
    registry: Registry,
    private: Registry,
    person: Person,
    app: str,
    where: str,
    credentials: str,
    told: tuple[str, str],
) -> None:
    reason, sentence = told
    push(registry, "arm:1", "elsewhere", architecture="arm64")
    hosts = {"public": registry.host, "private": private.host}
    key = key_of(person.installation, credentials) if credentials else ""
    number = person.create_and_deploy(app, source="image", image=where.format(**hosts), credentials=key)
    outcome = person.wait(app, number)
    assert (outcome.state, outcome.reason, outcome.failed_step) == ("failed", reason, "Pull image"), outcome.log
    assert sentence.format(**hosts) in outcome.failure
    assert any(line.startswith(" !     ") and sentence.format(**hosts) in line for line in outcome.lines)
    assert outcome.failure.split(".")[0] in person.page(f"apps/{app}/deploys/{number}/")


def test_the_same_by_commands_and_nothing_stays(registry: Registry, person: Person, installation: Installation) -> None:
    app = "typed-image"
    push(registry, "typed:1", "one")
    push(registry, "typed:2", "two")
    made = installation.manage("createapp", app, "--image", f"{registry.host}/typed:1", **LOOPBACK)
    assert made.returncode == 0, made.stderr
    assert installation.manage("deploy", app, **LOOPBACK).returncode == 0
    assert person.open(app) == (200, "one")
    done = installation.manage("deploy", app, "--image", f"{registry.host}/typed:2", **LOOPBACK)
    assert done.returncode == 0, done.stdout + done.stderr
    assert person.open(app) == (200, "two")
    assert f"{registry.host}/typed:2" in installation.manage("releases", app).stdout
    assert installation.manage("destroyapp", app, "--yes").returncode == 0
    assert not [name for names in belongings.of(installation.namespace).values() for name in names if app in name]
    assert not litter.of(installation)
