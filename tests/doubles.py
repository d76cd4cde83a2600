"""Stand-ins for what is outside: the router's container, the queues, a bell that loses rings."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Barrier, Thread
from typing import Any

from channels.layers import InMemoryChannelLayer
from django.db import connection, transaction

from console.celery import app as celery
from runtimes import caddy
from runtimes.engine.docker_kwargs import INSTALLATION
from runtimes.engine.fake import FakeEngine
from runtimes.engine.fake_container import Container, Plan
from runtimes.engine.fake_files import Tree
from runtimes.engine.fake_process import Process

QUEUES = ("builder", "controller")


def add_router(engine: FakeEngine) -> Container:
    """Run a router in the pretended daemon: it takes every configuration."""
    files = Tree()
    files.make_directory("/etc/caddy")
    labels = {INSTALLATION: engine.namespace, "slipway.role": "router"}
    plan = Plan(f"{engine.namespace}-router", "slipway/caddy", ("sleep", "infinity"), {}, labels, files)
    engine.world.programs |= {"caddy": lambda _: 0, "mv": move, "rm": lambda _: 0}
    container = engine.world.create(plan)
    engine.world.start(container)
    return container


def move(process: Process) -> int:
    """Give what lies at one path another one, as `mv -T` does."""
    _, _, source, target = process.argv
    process.files.own[target] = process.files.own.pop(source)
    return 0


def routes(engine: FakeEngine) -> dict[str, list[str]]:
    """What the router was told last: host names and where their requests go."""
    router = engine.world.find(f"{engine.namespace}-router")
    files = router.plan.files
    server = json.loads(files.read(caddy.CONFIG))["apps"]["http"]["servers"]["apps"]
    told: dict[str, list[str]] = {}
    for route in [route for route in server["routes"] if "match" in route]:
        paths = [each["dial"].removeprefix("{file.").removesuffix("}") for each in route["handle"][0]["upstreams"]]
        now = f"/etc/caddy/{files.own[caddy.ROUTES].link}"
        addresses = {files.read(path.replace(caddy.ROUTES, now)).decode() for path in paths}
        told[route["match"][0]["host"][0]] = sorted(addresses - {caddy.STOPPED, caddy.MAINTENANCE})
    return told


def queued() -> list[tuple[str, list[Any]]]:
    """Take the tasks that were asked for out of the queues: names and arguments."""
    found = []
    with celery.connection_for_read() as link:
        for name in QUEUES:
            channel = link.default_channel
            channel.queue_declare(name)  # type: ignore[attr-defined]
            while message := channel.basic_get(name, no_ack=True):  # type: ignore[attr-defined]
                found.append((message.headers["task"], message.decode()[0]))
    return found


def empty_queues() -> None:
    """Forget what was asked for."""
    queued()


def together(*deeds: Callable[[], Any]) -> list[Any]:
    """Do these at the same moment, each in a thread; return what each gave. What one raises is raised."""
    barrier, results = Barrier(len(deeds)), [None] * len(deeds)
    errors: list[BaseException] = []

    def do(place: int, deed: Callable[[], Any]) -> None:
        try:
            barrier.wait(10)
            results[place] = deed()
        except BaseException as error:  # noqa: BLE001 it is raised below
            errors.append(error)
        finally:
            connection.close()

    threads = [Thread(target=do, args=each) for each in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results


class DeafLayer(InMemoryChannelLayer):
    """A channel layer that loses every message but each nth."""

    def __init__(self, *args: Any, keep_each: int = 0, **more: Any) -> None:
        super().__init__(*args, **more)
        self.keep_each, self.heard = keep_each, 0

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self.heard += 1
        if self.keep_each and self.heard % self.keep_each == 0:
            await super().group_send(group, message)


@contextmanager
def undone() -> Iterator[None]:
    """What is changed inside was never done."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
