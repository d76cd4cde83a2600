"""What every engine promises of ready images that others made, with a registry that has some."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import docker
import pytest

from runtimes.engine.base import Engine, Formation, Login, NotPulled, NotStarted
from runtimes.engine.fake import FakeEngine
from tests.registry import PASSWORD, USER, Registry, busybox
from tests.runtimes.engine.conftest import ended, held

LOGIN = Login(USER, PASSWORD)
NOBODY = "127.0.0.1:1"


@dataclass
class Shelf:
    """Where images lie: for everybody at `host`, for those with `LOGIN` at `private`."""

    engine: Engine
    host: str
    private: str

    def put(self, name: str, *, port: int = 0, architecture: str = "amd64", **more: Any) -> str:
        """Have an image under this name; return its digest.

        `mark` makes it another one, without `shell` it has none, and `entry` is what it runs by itself.
        """
        raise NotImplementedError


class FakeShelf(Shelf):
    def put(self, name: str, *, port: int = 0, architecture: str = "amd64", **more: Any) -> str:
        assert isinstance(self.engine, FakeEngine)
        facts = {"port": port or None, "login": LOGIN if name.startswith(self.private) else None}
        facts |= {"has_shell": more.get("shell", True), "entry": more.get("entry", ()), "mark": more.get("mark", name)}
        return self.engine.world.offered.offer(name, platform=f"linux/{architecture}", **facts).digest


@dataclass
class RealShelf(Shelf):
    registries: dict[str, Registry]

    def put(self, name: str, *, port: int = 0, architecture: str = "amd64", **more: Any) -> str:
        host, _, rest = name.partition("/")
        files = {"bin/sh" if more.get("shell", True) else "program": busybox(), "mark": more.get("mark", name).encode()}
        facts: dict[str, Any] = {"ExposedPorts": {f"{port}/tcp": {}}} if port else {}
        return self.registries[host].push(
            rest, files, architecture=architecture, Entrypoint=list(more.get("entry", ())), **facts
        )


@pytest.fixture
def shelf(engine: Engine) -> Iterator[Shelf]:
    if isinstance(engine, FakeEngine):
        engine.world.offered.away.add(NOBODY)
        yield FakeShelf(engine, "registry.example", "private.example")
        return
    with Registry() as public, Registry(private=True) as private:
        yield RealShelf(engine, public.host, private.host, {each.host: each for each in (public, private)})


def test_an_image_is_kept_under_a_name_of_our_own_and_says_what_it_is(engine: Engine, shelf: Shelf) -> None:
    digest = shelf.put(f"{shelf.host}/team/shop:1", port=8080)
    said: list[str] = []
    kept = engine.keep(f"{shelf.host}/team/shop:1", say=said.append)
    assert (kept.image, kept.digest) == (f"{engine.namespace}/image:{digest[7:31]}", digest)
    assert (kept.platform, kept.port, kept.has_shell) == ("linux/amd64", 8080, True)
    assert kept.size > 0
    assert any("Pull complete" in line for line in said)
    assert engine.kept(digest) == kept.image


def test_what_is_kept_runs_a_line_by_its_own_shell(engine: Engine, shelf: Shelf) -> None:
    shelf.put(f"{shelf.host}/shop:1")
    image = engine.keep(f"{shelf.host}/shop:1").image
    facts = {"image": image, "command": "echo at $PORT; exit 3", "entrypoint": False, "port": 5000}
    engine.apply(Formation(name="app", process="web", indexes=(1,), **facts))  # type: ignore[arg-type]
    one = ended(engine)
    assert (engine.tail(one.ref), one.exit_code) == (["at 5000"], 3)


def test_an_image_whose_program_is_not_there_is_at_fault_itself_and_leaves_nothing(
    engine: Engine, shelf: Shelf
) -> None:
    shelf.put(f"{shelf.host}/shop:1", entry=("/nothing",))
    image = engine.keep(f"{shelf.host}/shop:1").image
    with pytest.raises(NotStarted, match="/nothing"):
        engine.apply(Formation("app", "web", image, "", (1,), entrypoint=False))
    assert engine.observe() == []


def test_a_tag_that_moves_means_another_image_and_the_former_stays(engine: Engine, shelf: Shelf) -> None:
    name = f"{shelf.host}/shop:1"
    first = shelf.put(name, mark="first")
    assert engine.keep(name, fresh=True).digest == first
    second = shelf.put(name, mark="second")
    assert engine.keep(name, fresh=True).digest == second != first
    assert engine.kept(first)
    assert engine.keep(f"{shelf.host}/shop@{first}").digest == first
    assert engine.keep(f"{shelf.host}/shop:other@{first}", fresh=True).digest == first


def test_what_is_kept_by_its_digest_needs_no_registry(engine: Engine, shelf: Shelf) -> None:
    digest = shelf.put(f"{shelf.host}/shop:1")
    engine.keep(f"{shelf.host}/shop:1")
    kept = engine.keep(f"{NOBODY}/shop@{digest}")
    assert kept.digest == digest
    with pytest.raises(NotPulled):
        engine.keep(f"{NOBODY}/shop@{digest}", fresh=True)


def test_it_does_not_come_a_second_time(engine: Engine, shelf: Shelf) -> None:
    shelf.put(f"{shelf.host}/shop:1")
    engine.keep(f"{shelf.host}/shop:1")
    said: list[str] = []
    engine.keep(f"{shelf.host}/shop:1", fresh=True, say=said.append)
    assert said == []


def test_an_image_without_a_shell_or_a_port_says_so(engine: Engine, shelf: Shelf) -> None:
    shelf.put(f"{shelf.host}/bare:1", shell=False)
    kept = engine.keep(f"{shelf.host}/bare:1")
    assert (kept.has_shell, kept.port) == (False, None)


def test_credentials_open_a_private_registry(engine: Engine, shelf: Shelf) -> None:
    digest = shelf.put(f"{shelf.private}/shop:1")
    assert engine.keep(f"{shelf.private}/shop:1", LOGIN).digest == digest


@pytest.mark.parametrize(
    ("image", "login", "reason", "sentence"),
    [
        ("{host}/shop:nine", None, "no-such-image", "There is no image {host}/shop:nine at {host}."),
        ("{host}/nothing:1", None, "no-such-image", "There is no image {host}/nothing:1"),
        ("{host}/shop@sha256:" + "0" * 64, None, "no-such-image", "There is no image {host}/shop@sha256"),
        ("{host}/Shop:1", None, "no-such-image", "There is no image {host}/Shop:1"),
        ("{private}/shop:1", None, "registry-login", "{private} does not give {private}/shop:1 without credentials"),
        ("{private}/shop:1", Login("ana", "wrong"), "registry-login", "{private} refuses the credentials of ana"),
        (f"{NOBODY}/shop:1", None, "registry-unreachable", f"The registry {NOBODY} cannot be reached."),
        ("{host}/arm:1", None, "wrong-platform", "{host}/arm:1 is made for linux/arm64; apps run on linux/amd64 here."),
    ],
)
def test_what_cannot_be_had_says_why_and_leaves_nothing(
    engine: Engine, shelf: Shelf, image: str, login: Login | None, reason: str, sentence: str
) -> None:
    shelf.put(f"{shelf.host}/shop:1")
    shelf.put(f"{shelf.private}/shop:1")
    shelf.put(f"{shelf.host}/arm:1", architecture="arm64")
    hosts = {"host": shelf.host, "private": shelf.private}
    with pytest.raises(NotPulled) as caught:
        engine.keep(image.format(**hosts), login, fresh=True)
    assert (caught.value.reason, sentence.format(**hosts) in str(caught.value)) == (reason, True), str(caught.value)
    assert "wrong" not in str(caught.value) or reason == "wrong-platform"
    assert held(engine)["images"] == set()


def test_images_of_the_platform_s_own_are_nobodys_to_deploy(engine: Engine) -> None:
    with pytest.raises(NotPulled, match="There is no image"):
        engine.keep(f"{engine.namespace}/slug:{secrets.token_hex(12)}")


def test_who_listens_may_break_it_off(engine: Engine, shelf: Shelf) -> None:
    digest = shelf.put(f"{shelf.host}/shop:1")

    def enough(line: str) -> None:
        raise InterruptedError(line)

    with pytest.raises(InterruptedError):
        engine.keep(f"{shelf.host}/shop:1", say=enough)
    assert engine.kept(digest) is None


def test_an_image_that_is_let_go_is_gone_unless_something_runs_of_it(engine: Engine, shelf: Shelf) -> None:
    shelf.put(f"{shelf.host}/shop:1")
    kept = engine.keep(f"{shelf.host}/shop:1")
    facts = {"image": kept.image, "command": "sleep infinity", "entrypoint": False}
    engine.apply(Formation(name="app", process="web", indexes=(1,), **facts))  # type: ignore[arg-type]
    engine.let_go(kept.digest)
    assert engine.kept(kept.digest)
    engine.stop([one.ref for one in engine.observe()], grace=0)
    engine.let_go(kept.digest)
    engine.let_go(kept.digest)
    assert engine.kept(kept.digest) is None
    assert not engine.image_exists(f"{shelf.host}/shop@{kept.digest}")


@pytest.mark.docker
def test_what_others_had_of_it_before_stays(docker_engine: Engine) -> None:
    client = docker.from_env()
    with Registry() as registry:
        name = f"{registry.host}/shop"
        registry.push("shop:1", {"bin/sh": busybox(), "mark": b"theirs"})
        theirs = client.images.pull(name, "1")
        try:
            registry.push("shop:1", {"bin/sh": busybox(), "mark": b"newer"})
            kept = [docker_engine.keep(f"{name}:1", fresh=fresh).digest for fresh in (False, True)]
            assert kept[0] != kept[1]
            for digest in kept:
                docker_engine.let_go(digest)
            left = client.images.get(f"{name}:1")
            assert (left.id, left.attrs["RepoDigests"]) == (theirs.id, [f"{name}@{kept[0]}"])
        finally:
            client.images.remove(f"{name}:1")
