"""The router: hosts and where their requests go are computed from the rows, and told at once where they changed."""

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from runtimes.caddy import ADMIN, CONFIG, ROUTES, Route, config, files
from runtimes.engine.base import EngineError
from runtimes.holding import hold
from runtimes.installation import engine
from runtimes.models import Environment, Hold, Instance, Release

FOLDER = "/etc/caddy"
EXCHANGE = ("mv", "-T", f"{FOLDER}/next", ROUTES)
RELOAD = ("caddy", "reload", "--config", CONFIG, "--address", ADMIN)


def sync() -> bool:
    """Bring the router in line with the rows; say whether there was something to change."""
    with hold("router") as held:
        return _bring(held, routes())


@contextmanager
def switched(release: Release) -> Iterator[None]:
    """Send the environment's requests to a pending release; inside, make it the live one.

    The routes come first: if the router does not take them, no row has moved and the release before serves on. They
    are held until the rows say the same, so that nobody brings back what the rows said before. If making it live
    fails, requests go where they went.
    """
    with hold("router") as held:
        _bring(held, routes(release))
        try:
            yield
        except BaseException:
            _bring(held, routes())
            raise


def _bring(held: Hold, table: Mapping[str, Route]) -> bool:
    container = next(iter(engine().observe({"slipway.role": "router"})), None)
    if container is None or container.state != "up":
        raise EngineError("The router is not running. Start it with: make up")
    document = json.dumps(config(table), sort_keys=True)
    hosts, addresses = _digest(container.ref, document), _digest(container.ref, json.dumps(table, sort_keys=True))
    former_hosts, _, former_addresses = held.note.partition(" ")
    if (hosts, addresses) == (former_hosts, former_addresses):
        return False
    held.note = ""  # until all of it is told: what breaks off halfway is told again
    if addresses != former_addresses:
        _exchange(container.ref, table, addresses)
    if hosts != former_hosts:
        _load(container.ref, document)
    held.note = f"{hosts} {addresses}"
    _forget(container.ref, former_addresses, addresses)
    return True


def routes(coming: Release | None = None) -> dict[str, Route]:
    """Where requests for each host go now; or will go when the release that is `coming` is the live one."""
    going_on = Environment.objects.filter(app__destroyed_at=None)
    environments = going_on.select_related("app").prefetch_related("domains")
    up = Instance.objects.filter(process="web", state="up").exclude(address="")
    serving = up.filter(release__state="live")
    if coming:
        serving = serving.exclude(environment=coming.environment_id) | up.filter(release=coming)
    addresses: dict[int, list[str]] = {}
    for environment_id, address, port in serving.values_list("environment_id", "address", "release__port"):
        addresses.setdefault(environment_id, []).append(f"{address}:{port}")
    table: dict[str, Route] = {}
    for each in environments:
        route = Route(tuple(sorted(addresses.get(each.pk, []))), each.maintenance)
        table |= dict.fromkeys([each.hostname, *(domain.name for domain in each.domains.all())], route)
    return table


def _digest(ref: str, text: str) -> str:
    """What is noted of what a router was told; another router was told nothing."""
    return hashlib.sha256(f"{ref} {text}".encode()).hexdigest()[:32]


def _exchange(ref: str, table: Mapping[str, Route], name: str) -> None:
    """Put new addresses beside those in use, and let them take their place at a stroke."""
    engine().put(ref, FOLDER, [files(table, _folder(name))])
    _run(ref, EXCHANGE)


def _forget(ref: str, former: str, name: str) -> None:
    """Remove the addresses that nobody reads any more."""
    if former not in ("", name):
        _run(ref, ("rm", "-rf", f"{FOLDER}/{_folder(former)}"))


def _load(ref: str, document: str) -> None:
    engine().put(ref, FOLDER, [_tar("caddy.json", document.encode())])
    _run(ref, RELOAD)


def _folder(name: str) -> str:
    return f"routes-{name}"


def _run(ref: str, command: tuple[str, ...]) -> None:
    code, output = engine().exec(ref, command)
    if code:
        raise EngineError(f"The router refused its configuration: {output.strip()[-500:]}")


def _tar(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        member = tarfile.TarInfo(name)
        member.size, member.mode = len(content), 0o644
        tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
