"""The router: hosts and where their requests go are computed from the rows, and told at once where they changed."""

import hashlib
import io
import json
import tarfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from runtimes import caddy, places
from runtimes.caddy import ACME_ROOT, ADMIN, CONFIG, ROUTES, Tls
from runtimes.engine.base import EngineError, EngineUnreachable, Observed, Script
from runtimes.holding import hold
from runtimes.installation import engine
from runtimes.models import Domain, Environment, Hold, Instance, Release
from runtimes.places import Route, Shape, Table

FOLDER = "/etc/caddy"
# More characters of changes than this are too many for a command: then all files are exchanged.
MOST_CHANGES = 64 * 1024
# The script that changes files in the router, by the router's container. Whoever uses it holds the router.
_kept: dict[str, Script] = {}
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


def is_running() -> bool:
    """Whether there is one to send requests to; raises `EngineError` if the engine does not answer."""
    return _running() is not None


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
    if not (container := _running()):
        raise EngineError(_("The router is not running. It is started again; if it stays away, bin/services says why."))
    return container


def _running() -> Observed | None:
    return next((each for each in engine().observe({"slipway.role": "router"}) if each.state == "up"), None)


class _Told(NamedTuple):
    """What a router was told last: a digest of what it stands on, the shape of its configuration, and its files.

    They are in `folder`, and `said` is what was noted of them. While it `is_untidy` there are more, which nobody reads.
    """

    basis: str = ""
    shape: tuple[tuple[int, int], ...] = ()
    folder: str = ""
    said: Mapping[str, str] = MappingProxyType({})
    is_untidy: bool = False

    @classmethod
    def noted(cls, note: str) -> "_Told":
        if not note.startswith("{"):
            return cls()
        told = cls(**json.loads(note))
        return told._replace(shape=tuple((block, slots) for block, slots in told.shape))

    def note(self) -> str:
        return json.dumps(self._asdict())


def _bring(held: Hold, table: Table) -> bool:
    """Tell the router what it does not know yet: what changed, seldom all files, and more seldom a configuration."""
    told, ref = _Told.noted(held.note), _container().ref
    wanted = places.needed(table)
    basis = _digest(ref, caddy.config({0: places.SLOTS}, word(), _tls()), _root())
    shape = dict(told.shape) if basis == told.basis else {}
    is_loaded = basis == told.basis and places.covers(shape, wanted)
    shape = shape if is_loaded else places.grown(shape, wanted)
    said = places.entries(table, shape)
    changes = places.changes(told.said, said)
    is_told = is_loaded and bool(told.folder)
    if is_told and not changes:
        _tidy(ref, held, told)
        return False
    # What breaks off halfway is told again, all of it; but what is loaded is not loaded again for that.
    held.note = told._replace(folder="", said={}).note() if is_loaded else ""
    now = _Told(basis, tuple(sorted(shape.items())), told.folder, places.noted(said), told.is_untidy)
    if is_told and sum(map(len, changes)) < MOST_CHANGES:
        _change(ref, changes)
    else:
        now = now._replace(folder=_exchange(ref, said), is_untidy=True)
    if not is_loaded:
        _load(ref, shape)
    held.note = now.note()
    return True


def _change(ref: str, changes: list[str]) -> None:
    """Change files among those in use, by the script that is kept ready for it, or by a new one if that has ended."""
    if script := _kept.get(ref):
        try:
            return _check(*script.run(*changes))
        except EngineUnreachable:  # to change the same once more does no harm
            pass
    while _kept:
        _kept.popitem()[1].close()
    _kept[ref] = engine().script(ref, places.CHANGE)
    return _check(*_kept[ref].run(*changes))


def _exchange(ref: str, said: Mapping[str, str]) -> str:
    """Put all files beside those in use, and let them take their place at a stroke; return the folder's name."""
    folder = f"routes-{uuid.uuid4().hex[:12]}"
    engine().put(ref, FOLDER, [places.files(said, folder)])
    _run(ref, ("mv", "-T", f"{FOLDER}/next-{folder}", ROUTES))
    return folder


def _tidy(ref: str, held: Hold, told: _Told) -> None:
    """Remove former files, when nothing else is to be done: nobody waits for it."""
    if told.is_untidy:
        _run(ref, ("sh", "-c", places.TIDY, "sh", told.folder))
        held.note = told._replace(is_untidy=False).note()


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


def _load(ref: str, shape: Shape) -> None:
    document = json.dumps(caddy.config(shape, word(), _tls()), sort_keys=True)
    root = _root()
    engine().put(ref, FOLDER, [_tar({CONFIG: document} | ({ACME_ROOT: root} if root else {}))])
    _run(ref, RELOAD)


def _run(ref: str, command: tuple[str, ...]) -> None:
    _check(*engine().exec(ref, command))


def _check(code: int, output: str) -> None:
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
