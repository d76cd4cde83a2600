"""The router: hosts and where their requests go are computed from the rows, and told at once where they changed."""

import hashlib
import io
import json
import tarfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from runtimes import caddy, places
from runtimes.caddy import ACME_ROOT, ADMIN, CONFIG, ROUTES, Tls
from runtimes.engine.base import EngineError, Observed
from runtimes.holding import Held, hold
from runtimes.installation import engine
from runtimes.models import Domain, Environment, Hold, Instance, Release
from runtimes.places import Route, Table

FOLDER = "/etc/caddy"
UP, UP_SOON = ("up",), ("starting", "up")
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


def stage(coming: Release | None = None) -> None:
    """Put the files beside those in use that will be right when all that comes up now is up.

    Then they need only be exchanged. A router that cannot be told now, or is being told something else, is told then;
    whoever tells it hears of it.
    """
    with suppress(EngineError, Held), hold("router", patience=1) as held:
        told = _Told.noted(held.note)
        plan = _plan(told, table := routes(coming, UP_SOON))
        if plan.is_loaded and plan.files not in (told.files, told.staged):
            _put(plan, table)
            held.note = json.dumps(told._replace(staged=plan.files, former=(*told.former, told.staged)))


def routes(coming: Release | None = None, states: Collection[str] = UP) -> Table:
    """Where requests for each host go now; or will go when the release that is `coming` is the live one."""
    going_on = Environment.objects.filter(app__destroyed_at=None)
    environments = list(going_on.select_related("app").prefetch_related("domains"))
    addresses = _addresses(coming, states)
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


def _addresses(coming: Release | None, states: Collection[str]) -> dict[int, list[str]]:
    """Those of the instances that serve, by environment."""
    up = Instance.objects.filter(process="web", state__in=states).exclude(address="")
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
        raise EngineError(_("The router is not running. Start it with: make up"))
    return container


class _Told(NamedTuple):
    """What a router was told last: digests of what it stands on and of its files, the shape of its configuration.

    `staged` are files beside those in use, and `former` those that nobody reads any more.
    """

    basis: str = ""
    files: str = ""
    shape: tuple[tuple[int, int], ...] = ()
    former: tuple[str, ...] = ()
    staged: str = ""

    @classmethod
    def noted(cls, note: str) -> "_Told":
        if not note.startswith("["):
            return cls()
        told = cls(*json.loads(note))
        return told._replace(shape=tuple((block, slots) for block, slots in told.shape), former=tuple(told.former))


class _Plan(NamedTuple):
    """What a router is to be told, and whether its configuration has room for it."""

    ref: str
    basis: str
    files: str
    shape: tuple[tuple[int, int], ...]
    is_loaded: bool


def _plan(told: _Told, table: Table) -> _Plan:
    ref, wanted = _container().ref, places.needed(table)
    basis = _digest(ref, caddy.config({0: places.SLOTS}, word(), _tls()), _root())
    shape = dict(told.shape) if basis == told.basis else {}
    is_loaded = basis == told.basis and places.covers(shape, wanted)
    shape = shape if is_loaded else places.grown(shape, wanted)
    return _Plan(
        ref,
        basis,
        _digest(basis, table, sorted(shape.items())),
        shape=tuple(sorted(shape.items())),
        is_loaded=is_loaded,
    )


def _bring(held: Hold, table: Table) -> bool:
    """Tell the router what it does not know yet: files, and seldom a configuration."""
    told = _Told.noted(held.note)
    plan = _plan(told, table)
    if plan.is_loaded and plan.files == told.files:
        _tidy(plan.ref, held, told)
        return False
    former = (*told.former, told.files)
    known = told if plan.is_loaded else _Told()  # what breaks off halfway is told again, and nothing else
    held.note = json.dumps(known._replace(files="", staged="", former=(*former, told.staged)))
    if plan.files not in (told.files, told.staged):
        _put(plan, table)
    if plan.files != told.files:
        _run(plan.ref, ("mv", "-T", f"{FOLDER}/next-{_folder(plan.files)}", ROUTES))
    if not plan.is_loaded:
        _load(plan)
    staged = "" if plan.files == told.staged else told.staged
    held.note = json.dumps(_Told(plan.basis, plan.files, plan.shape, former, staged))
    return True


def _put(plan: _Plan, table: Table) -> None:
    """Put new files beside those in use, with a link that takes the place of the one in use at a stroke."""
    engine().put(plan.ref, FOLDER, [places.files(table, dict(plan.shape), _folder(plan.files))])


def _tidy(ref: str, held: Hold, told: _Told) -> None:
    """Remove what is former, when nothing else is to be done: nobody waits for it."""
    folders = {_folder(each) for each in told.former if each not in ("", told.files, told.staged)}
    if folders:
        _run(ref, ("rm", "-rf", *sorted(f"{FOLDER}/{begin}{each}" for each in folders for begin in ("", "next-"))))
        held.note = json.dumps(told._replace(former=()))


def _tls() -> Tls:
    """How certificates are got."""
    facts = (settings.HTTPS_PORT, settings.ACME_DIRECTORY, settings.ACME_EMAIL, bool(settings.ACME_ROOT))
    return Tls(settings.TLS, *facts)


def _root() -> str:
    """The certificate by which the ACME server itself is trusted, if one is set."""
    return Path(settings.ACME_ROOT).read_text() if settings.ACME_ROOT else ""


def _digest(*what: object) -> str:
    """What is noted of what a router was told; another router, which has another ref, was told nothing."""
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:32]


def _load(plan: _Plan) -> None:
    document = json.dumps(caddy.config(dict(plan.shape), word(), _tls()), sort_keys=True)
    root = _root()
    engine().put(plan.ref, FOLDER, [_tar({CONFIG: document} | ({ACME_ROOT: root} if root else {}))])
    _run(plan.ref, RELOAD)


def _folder(name: str) -> str:
    return f"routes-{name}"


def _run(ref: str, command: tuple[str, ...]) -> None:
    code, output = engine().exec(ref, command)
    if code:
        raise EngineError(_("The router refused its configuration: %(why)s") % {"why": output.strip()[-500:]})


def _tar(named: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, text in named.items():
            content = text.encode()
            member = tarfile.TarInfo(Path(path).name)
            member.size, member.mode = len(content), 0o644
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
