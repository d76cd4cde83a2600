"""Git, spoken in a short-lived container: one commit of a repository, shallow, never its history.

The container has the credential and nothing else of ours; no buildpack ever runs in it.
"""

import difflib
import io
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from builds.archives import Member, Stream, stream_members
from builds.faults import BuildFailed, minutes
from builds.uploads import bundle, ca_bundle
from runtimes import address_rules, addresses
from runtimes.engine.base import Job, JobSpec, Limits, Upload
from runtimes.faults import TimedOut
from runtimes.installation import engine
from runtimes.watch import Watch

NETWORK = "builds"
LIMITS = Limits(memory=1024, cpus=1.0, pids=128)
SCRIPTS = Path(__file__).resolve().parent / "image"
TOP = "source"

# Exit statuses of the fetch script.
NOT_FOUND, NEEDS_LOGIN, REF_MISSING, MOVED = 10, 11, 12, 13
REFUSED = address_rules.REFUSED
KEY_UNREADABLE, HOST_CHANGED = 16, 17

KEY_SENTENCE = gettext_noop(
    "What the app's settings hold is no private key that ssh can read. Set one without a "
    "passphrase, all of it, from its BEGIN line to its END line."
)
HOST_SENTENCE = gettext_noop(
    "shows other host keys than when it was met first. If its owner has changed them, save "
    "the source in the app's settings once more, and the next fetch remembers the new "
    "ones. If not, somebody else may answer in its place."
)


@dataclass(frozen=True)
class Request:
    """What to fetch: a branch, tag or full commit of `url` (empty: its default branch), and how.

    `host_keys` are those that the host must have, as ssh knows them; empty for a host that is met first.
    """

    url: str
    ref: str
    name: str
    image: str
    secret: str = field(default="", repr=False)
    host_keys: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Checkout:
    """What was found. `members` can be read once, and only while the checkout is open.

    `host_keys` are those of an ssh host that was met for the first time.
    """

    commit: str
    author: str
    message: str
    host_keys: str
    job: Job

    def members(self) -> Iterator[Member]:
        """The files of the commit, all below `TOP`."""
        return stream_members(io.BufferedReader(Stream(self.job.read(f"/slipway/{TOP}"))))


@contextmanager
def checkout(request: Request, watch: Watch, write: Callable[[bytes], object]) -> Iterator[Checkout]:
    """Fetch; `write` gets what Git says. Raises `BuildFailed` in words that help, and `Canceled`."""
    engine().ensure_network(NETWORK, isolated=True)
    with engine().job(_spec(request), _uploads(request)) as job:
        if code := _wait(job, watch, write):
            raise _why(code, job, request)
        commit, author, message = map(_visible, (_read(job, "/slipway/out/commit") + "\n\n\n").split("\n")[:3])
        yield Checkout(commit, author, message, _read(job, "/slipway/out/host_keys"), job)


def _wait(job: Job, watch: Watch, write: Callable[[bytes], object]) -> int:
    try:
        with watch.over(job, settings.FETCH_TIMEOUT):
            for data in job.output():
                write(data)
            return job.wait().code
    except TimedOut:
        limit = minutes(settings.FETCH_TIMEOUT)
        raise BuildFailed(
            "fetch-timeout", _("Fetching the repository took longer than %(limit)s.") % {"limit": limit}
        ) from None


def _spec(request: Request) -> JobSpec:
    return JobSpec(
        name=request.name,
        image=request.image,
        command=("/slipway/bin/fetch", request.url, request.ref or "HEAD"),
        labels=request.labels,
        network=NETWORK,
        limits=LIMITS,
    )


def _uploads(request: Request) -> Iterator[Upload]:
    files = {"credential": _lines(request.secret), "known_hosts": request.host_keys}
    yield Upload("/slipway", bundle({**files, **addresses.files(), **ca_bundle()}))
    yield script("fetch")


def script(name: str) -> Upload:
    """One of the scripts that fetch, as `/slipway/bin/<name>`."""
    return Upload("/slipway/bin", bundle({name: (SCRIPTS / name).read_bytes()}, mode=0o755))


def _lines(secret: str) -> str:
    """As ssh wants a private key, which browsers send with other line ends and forms without the last."""
    return "".join(f"{line}\n" for line in secret.splitlines())


def _visible(text: str) -> str:
    """The text without what a terminal obeys or what turns its direction (CVE-2021-42574); joined emoji stay joined."""
    return "".join(char if char.isprintable() or char == "\u200d" else "\ufffd" for char in text)


def _read(job: Job, path: str) -> str:
    with tarfile.open(fileobj=io.BufferedReader(Stream(job.read(path))), mode="r|") as tar:
        for info in tar:
            if file := tar.extractfile(info):
                return file.read(1024 * 1024).decode(errors="replace")
    return ""


def _why(code: int, job: Job, request: Request) -> BuildFailed:
    url, by_ssh = request.url, not request.url.startswith("https:")
    if code == REF_MISSING:
        return BuildFailed("ref-missing", _missing(request.ref, _read(job, "/slipway/out/refs")), code)
    told = {
        NOT_FOUND: (
            "repository-not-found",
            (
                _("There is no repository at %(url)s, or the app's key may not read it.")
                if by_ssh
                else _("There is no repository at %(url)s.")
            )
            % {"url": url},
        ),
        NEEDS_LOGIN: ("authentication-needed", f"{url} {_login(request, by_ssh)}"),
        MOVED: ("repository-moved", _("%(url)s has moved. Set the new address in the app's settings.") % {"url": url}),
        REFUSED: ("address-refused", _("Nothing is fetched from %(url)s. The line above says why.") % {"url": url}),
        KEY_UNREADABLE: ("key-unreadable", _(KEY_SENTENCE)),
        HOST_CHANGED: ("host-changed", f"{url} {_(HOST_SENTENCE)}"),
    }
    unreachable = (
        "repository-unreachable",
        _("%(url)s cannot be read. The lines above say what Git was told.") % {"url": url},
    )
    return BuildFailed(*told.get(code, unreachable), code)


def _login(request: Request, by_ssh: bool) -> str:
    if not by_ssh:
        return _("asks for a login: it is private, or it does not exist. Add an access token in the app's settings.")
    if request.secret:
        return _(
            "does not take the app's key. Add its public half there as a deploy key, or set another in the settings."
        )
    return _("asks for a key. Add a private key in the app's settings, and its public half there as a deploy key.")


def _missing(ref: str, refs: str) -> str:
    known = [line.split("\t")[1].split("/", 2)[2] for line in refs.splitlines() if "\t" in line]
    close = difflib.get_close_matches(ref, known, n=1)
    hint = " " + _("Did you mean %(ref)s?") % {"ref": close[0]} if close else ""
    return _("There is no branch, tag or full commit %(ref)s in this repository.") % {"ref": ref} + hint
