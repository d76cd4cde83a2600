"""The router: hosts and where their requests go are computed from the rows, and told at once where they changed."""

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.utils.crypto import salted_hmac

from runtimes import caddy, places
from runtimes.caddy import ACME_ROOT, ADMIN, CONFIG, ROUTES, Tls
from runtimes.engine.base import EngineError, Observed
from runtimes.holding import hold
from runtimes.installation import engine
from runtimes.models import Domain, Environment, Hold, Instance, Release
from runtimes.places import Route, Table

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


def routes(coming: Release | None = None) -> Table:
    """Where requests for each host go now; or will go when the release that is `coming` is the live one."""
    going_on = Environment.objects.filter(app__destroyed_at=None)
    environments = list(going_on.select_related("app").prefetch_related("domains"))
    addresses = _addresses(coming)
    at = {each.pk: Route(tuple(sorted(addresses.get(each.pk, []))), each.maintenance) for each in environments}
    own = [(domain, each) for each in environments for domain in each.domains.all()]
    hosts = {each.hostname: each.pk for each in environments} | {domain.name: each.pk for domain, each in own}
    secure = {domain.name for domain, each in own if each.force_https and settings.TLS != "off"}
    certified = {domain.name for domain, _ in own if may_have_certificate(domain.reach)}
    return Table(at, hosts, tuple(sorted(secure)), tuple(sorted(certified)))


def may_have_certificate(reach: str) -> bool:
    """Whether a custom domain may have one.

    An authority is asked only for what leads here: it would refuse, and count how often it had to.
    """
    return settings.TLS == "internal" or (settings.TLS == "auto" and reach == Domain.Reach.HERE)


def word() -> str:
    """What our router says when it is probed, and no other."""
    return salted_hmac("router", settings.NAMESPACE).hexdigest()


def address() -> str:
    """Where the router is reached from here; raises `EngineError` if it does not run."""
    return _container().address


def _addresses(coming: Release | None) -> dict[int, list[str]]:
    """Those of the instances that serve, by environment."""
    up = Instance.objects.filter(process="web", state="up").exclude(address="")
    serving = up.filter(release__state="live")
    if coming:
        serving = serving.exclude(environment=coming.environment_id) | up.filter(release=coming)
    addresses: dict[int, list[str]] = {}
    for environment_id, address, port in serving.values_list("environment_id", "address", "release__port"):
        addresses.setdefault(environment_id, []).append(f"{address}:{port}")
    return addresses


def _container() -> Observed:
    container = next(iter(engine().observe({"slipway.role": "router"})), None)
    if container is None or container.state != "up":
        raise EngineError("The router is not running. Start it with: make up")
    return container


class _Told(NamedTuple):
    """What a router was told last: digests of what it stands on and of its files, the shape of its configuration.

    `former` are the folders of files from before, which nobody reads any more.
    """

    basis: str = ""
    files: str = ""
    shape: tuple[tuple[int, int], ...] = ()
    former: tuple[str, ...] = ()

    @classmethod
    def noted(cls, note: str) -> "_Told":
        if not note.startswith("["):
            return cls()
        basis, files, shape, former = json.loads(note)
        return cls(basis, files, tuple((block, slots) for block, slots in shape), tuple(former))


def _bring(held: Hold, table: Table) -> bool:
    """Tell the router what it does not know yet: files, and seldom a configuration."""
    ref, told, (tls, root) = _container().ref, _Told.noted(held.note), _tls()
    basis, wanted = _digest(ref, caddy.config({0: places.SLOTS}, word(), tls), root), places.needed(table)
    shape = dict(told.shape) if basis == told.basis else {}
    is_loaded = basis == told.basis and places.covers(shape, wanted)
    shape = shape if is_loaded else places.grown(shape, wanted)
    files = _digest(basis, table, sorted(shape.items()))
    if is_loaded and files == told.files:
        _tidy(ref, held, told)
        return False
    former = (*told.former, told.files)
    held.note = json.dumps(_Told(former=former))  # what breaks off halfway is told again
    if files != told.files:
        _exchange(ref, places.files(table, shape, _folder(files)))
    if not is_loaded:
        _load(ref, json.dumps(caddy.config(shape, word(), tls), sort_keys=True), root)
    held.note = json.dumps(_Told(basis, files, tuple(sorted(shape.items())), former))
    return True


def _tidy(ref: str, held: Hold, told: _Told) -> None:
    """Remove what is former, when nothing else is to be done: nobody waits for it."""
    folders = {f"{FOLDER}/{_folder(each)}" for each in told.former if each not in ("", told.files)}
    if folders:
        _run(ref, ("rm", "-rf", *sorted(folders)))
        held.note = json.dumps(told._replace(former=()))


def _tls() -> tuple[Tls, str]:
    """How certificates are got, and the root by which the ACME server itself is trusted, if one is set."""
    root = Path(settings.ACME_ROOT).read_text() if settings.ACME_ROOT else ""
    return Tls(settings.TLS, settings.HTTPS_PORT, settings.ACME_DIRECTORY, settings.ACME_EMAIL, bool(root)), root


def _digest(*what: object) -> str:
    """What is noted of what a router was told; another router, which has another ref, was told nothing."""
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:32]


def _exchange(ref: str, tar: bytes) -> None:
    """Put new files beside those in use, and let them take their place at a stroke."""
    engine().put(ref, FOLDER, [tar])
    _run(ref, EXCHANGE)


def _load(ref: str, document: str, root: str) -> None:
    engine().put(ref, FOLDER, [_tar({CONFIG: document} | ({ACME_ROOT: root} if root else {}))])
    _run(ref, RELOAD)


def _folder(name: str) -> str:
    return f"routes-{name}"


def _run(ref: str, command: tuple[str, ...]) -> None:
    code, output = engine().exec(ref, command)
    if code:
        raise EngineError(f"The router refused its configuration: {output.strip()[-500:]}")


def _tar(named: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, text in named.items():
            content = text.encode()
            member = tarfile.TarInfo(Path(path).name)
            member.size, member.mode = len(content), 0o644
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
