"""Where requests go, as files that Caddy reads for every request; pure.

hosts/HOST/0-17      requests for this host go to place 17, in block 0; each environment is a place
places/17/0 … 31     the addresses of place 17, one in each file (the placeholder `{file.…}`)
secure/HOST          visitors of this host are sent to HTTPS
certified/HOST       this host may have a certificate
"""

import hashlib
import io
import tarfile
from collections.abc import Mapping
from typing import NamedTuple

# So many addresses a place has, whatever the number of its instances, that each instance gets nearly its share.
SLOTS = 32

# Places are made so many at once.
BLOCK = 32

# Where the router itself answers for apps that do not.
STOPPED, MAINTENANCE = "127.0.0.1:9001", "127.0.0.1:9002"


# Makes changes among the files in use, given as path and text in turn. A place's files take the place of those before
# one after the other, each at a stroke: as long as both are there, requests go to instances of before or of now.
GONE = "gone"
CHANGE = """set -e
cd /etc/caddy/routes
while [ $# -gt 0 ]; do
  if [ "$2" = gone ]; then
    rm -rf "$1"
    rmdir --ignore-fail-on-non-empty "${1%/*}"
  elif [ -z "$2" ]; then
    mkdir -p "${1%/*}"
    : >"$1"
  else
    [ -d "$1" ] && [ -d new ] || mkdir -p "$1" new
    slot=0
    for address in $2; do
      printf %s "$address" >"new/$slot"
      slot=$((slot + 1))
    done
    mv -f -t "$1" new/*
  fi
  shift 2
done"""

# Removes what was exchanged: all folders of files but the one that is named.
TIDY = """cd /etc/caddy
for each in routes-* next-*; do
  [ "$each" = "$1" ] || rm -rf "$each"
done"""


class Route(NamedTuple):
    """Where requests of an environment go: `upstreams` as address:port, or a page that says why nowhere."""

    upstreams: tuple[str, ...] = ()
    maintenance: bool = False

    def addresses(self, slots: int) -> list[str]:
        """Each upstream in turn, until all slots are filled."""
        upstreams = [MAINTENANCE] if self.maintenance else list(self.upstreams) or [STOPPED]
        return [upstreams[slot % len(upstreams)] for slot in range(slots)]

    @property
    def slots(self) -> int:
        """At least twice as many as there are instances."""
        slots = SLOTS
        while slots < 2 * len(self.upstreams):
            slots *= 2
        return slots


class Table(NamedTuple):
    """All that the router is told in files: the place of each host, and where requests of each place go."""

    places: Mapping[int, Route]
    hosts: Mapping[str, int]
    secure: tuple[str, ...] = ()
    certified: tuple[str, ...] = ()


# Which places a configuration has: the slots of each place, by block of places.
Shape = Mapping[int, int]


def needed(table: Table) -> dict[int, int]:
    """What shape it takes for a table."""
    shape: dict[int, int] = {}
    for place, route in table.places.items():
        block = place // BLOCK
        shape[block] = max(shape.get(block, 0), route.slots)
    return shape


def covers(shape: Shape, wanted: Shape) -> bool:
    """Whether a configuration of this shape does for another one."""
    return all(shape.get(block, 0) >= slots for block, slots in wanted.items())


def grown(shape: Shape, wanted: Shape) -> dict[int, int]:
    """A shape for what is wanted, with room for more; none of its blocks gets smaller."""
    room = {max(wanted, default=-1) + 1: SLOTS}
    return {block: max(slots, shape.get(block, 0)) for block, slots in ({**room, **wanted}).items()}


def entries(table: Table, shape: Shape) -> dict[str, str]:
    """All that is said, by path: a file says all by its name, a place by its addresses, one for each of its slots."""
    hosts = {f"hosts/{host}/{place // BLOCK}-{place}": "" for host, place in table.hosts.items()}
    listed = {f"{folder}/{host}": "" for folder in ("secure", "certified") for host in getattr(table, folder)}
    at = {f"places/{place}": " ".join(each.addresses(shape[place // BLOCK])) for place, each in table.places.items()}
    return at | hosts | listed


def noted(said: Mapping[str, str]) -> dict[str, str]:
    """What is remembered of entries, to know later what differs."""
    return {path: text and hashlib.sha256(text.encode()).hexdigest()[:16] for path, text in said.items()}


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What is to be written and removed where what was noted `before` is there: arguments for `CHANGE`.

    A host leads nowhere before its place is there, and no more when its place is removed.
    """
    marks = noted(now)
    written = [path for path in now if before.get(path) != marks[path]]
    removed = [path for path in before if path not in now]
    ordered = sorted(written, key=_is_name) + sorted(removed, key=_is_name, reverse=True)
    return [word for path in ordered for word in (path, now.get(path, GONE))]


def files(said: Mapping[str, str], name: str) -> bytes:
    """A tar with the directory `name`, a file for each entry or address in it, and a link `next-…` to it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        folders = {"hosts", "places", "secure", "certified"} | {path.rpartition("/")[0] for path in said}
        for folder in ["", *sorted(folders)]:
            _add_directory(tar, f"{name}/{folder}")
        for path, text in sorted(said.items()):
            if _is_name(path):
                _add_file(tar, f"{name}/{path}")
                continue
            _add_directory(tar, f"{name}/{path}")
            for slot, address in enumerate(text.split()):
                _add_file(tar, f"{name}/{path}/{slot}", address.encode())
        link = tarfile.TarInfo(f"next-{name}")
        link.type, link.linkname = tarfile.SYMTYPE, name
        tar.addfile(link)
    return buffer.getvalue()


def _is_name(path: str) -> bool:
    """Whether a path says all by itself; the others are places."""
    return not path.startswith("places/")


def _add_directory(tar: tarfile.TarFile, name: str) -> None:
    """One that Caddy's user may remove things from: the tar does not know its number."""
    member = tarfile.TarInfo(name)
    member.type, member.mode = tarfile.DIRTYPE, 0o777
    tar.addfile(member)


def _add_file(tar: tarfile.TarFile, name: str, content: bytes = b"") -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o644
    tar.addfile(member, io.BytesIO(content))
