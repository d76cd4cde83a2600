"""Stand-ins for what is outside: the router's container, the queues, a bell that loses rings."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Barrier, Thread
from typing import Any

from channels.layers import InMemoryChannelLayer
from django.core.files.base import ContentFile
from django.db import connection, transaction

from console.celery import app as celery
from runtimes import caddy, holding, places
from runtimes.engine.docker_kwargs import INSTALLATION
from runtimes.engine.fake import FakeEngine
from runtimes.engine.fake_container import Container, Plan
from runtimes.engine.fake_files import Tree
from runtimes.engine.fake_process import Process, Program
from runtimes.engine.fake_words import shell
from runtimes.places import MAINTENANCE, STOPPED

QUEUES = ("builder", "controller")


def add_router(engine: FakeEngine) -> Container:
    """Run a router in the pretended daemon: it takes every configuration."""
    files = Tree()
    files.make_directory("/etc/caddy")
    labels = {INSTALLATION: engine.namespace, "slipway.role": "router"}
    plan = Plan(f"{engine.namespace}-router", "slipway/caddy", ("sleep", "infinity"), {}, labels, files)
    engine.world.programs |= {"caddy": lambda _: 0, "mv": move, "sh": change}
    container = engine.world.create(plan)
    engine.world.start(container)
    return container


def move(process: Process) -> int:
    """Give what lies at one path another one, as `mv -T` does."""
    _, _, source, target = process.argv
    process.files.own[target] = process.files.own.pop(source)
    return 0


def change(process: Process) -> int:
    """Change files among those in use, and remove former ones, as a shell does for the router."""
    match process.argv:
        case ["sh", "-c", places.CHANGE, "sh", *words]:
            folder = f"/etc/caddy/{process.files.own[caddy.ROUTES].link}"
            for path, text in zip(words[::2], words[1::2], strict=True):
                _change(process.files, f"{folder}/{path}", text)
        case ["sh", "-c", places.TIDY, "sh", folder]:
            for path in [path for path in process.files.own if _is_former(path, folder)]:
                del process.files.own[path]
        case _:
            return shell(process)
    return 0


def _change(files: Tree, path: str, text: str) -> None:
    for former in [each for each in files.own if each == path or each.startswith(f"{path}/")]:
        del files.own[former]
    named = {path: ""} if not text else {f"{path}/{slot}": address for slot, address in enumerate(text.split())}
    for each, content in named.items() if text != places.GONE else ():
        files.write(each, content.encode())


def _is_former(path: str, folder: str) -> bool:
    name = path.removeprefix("/etc/caddy/").partition("/")[0]
    return name.startswith(("routes-", "next-")) and name != folder


def tell(engine: FakeEngine, program: Program | None = None) -> None:
    """Have the router take what it is told, or have this program do it instead."""
    engine.world.programs |= {"mv": program or move, "sh": program or change}


def routes(engine: FakeEngine) -> dict[str, list[str]]:
    """What the router was told last: host names and where their requests go."""
    told = router_files(engine)
    return {
        host: sorted(
            {text for path, text in told.items() if path.startswith(f"places/{place}/")} - {STOPPED, MAINTENANCE}
        )
        for host, place in sorted(_hosts(told))
    }


def _hosts(told: dict[str, str]) -> Iterator[tuple[str, str]]:
    for path in told:
        match path.split("/"):
            case ["hosts", host, at]:
                yield host, at.partition("-")[2]


def router_files(engine: FakeEngine) -> dict[str, str]:
    """The files that the router reads for each request: path and content."""
    files = engine.world.find(f"{engine.namespace}-router").plan.files
    folder = f"/etc/caddy/{files.own[caddy.ROUTES].link}/"
    there = {path: entry.content for path, entry in files.own.items() if path.startswith(folder)}
    return {path.removeprefix(folder): content.decode() for path, content in there.items() if content is not None}


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


def is_free(name: str) -> bool:
    """Whether nobody in this process does the thing of this name. To try it would take it from who is about to."""
    return name not in holding._done_now


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


def lose_connection() -> None:
    """Leave this thread what a database that was started anew does: a connection that answers nothing any more."""
    connection.ensure_connection()
    connection.connection.close()


@contextmanager
def looking(before: str, look: Callable[[], Any]) -> Iterator[list[Any]]:
    """Inside, somebody else looks before each statement here that begins so; what they see of it is given."""
    seen = []

    def execute(run: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql.startswith(before):
            seen.extend(together(look))
        return run(sql, *rest)

    with connection.execute_wrapper(execute):
        yield seen


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


class Watched(ContentFile):  # type: ignore[type-arg]  # it takes none when it runs
    """An archive that has something done while it is stored."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__(b"archive", "app.tar.gz")
        self.meanwhile = meanwhile

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        self.meanwhile()
        return super().chunks(chunk_size)
