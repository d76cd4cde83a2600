"""Where requests go, as files that Caddy reads for every request; pure.

hosts/HOST/0-17      requests for this host go to place 17, in block 0; each environment is a place
places/17/0 … 31     the addresses of place 17, one in each file (the placeholder `{file.…}`)
secure/HOST          visitors of this host are sent to HTTPS
certified/HOST       this host may have a certificate
"""

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


def files(table: Table, shape: Shape, name: str) -> bytes:
    """A tar with the directory `name`, all files in it, and a link `next-…` to it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for folder in ("", "/hosts", "/places", "/secure", "/certified"):
            _add_directory(tar, name + folder)
        for host, place in sorted(table.hosts.items()):
            _add_directory(tar, f"{name}/hosts/{host}")
            _add_file(tar, f"{name}/hosts/{host}/{place // BLOCK}-{place}")
        for place, route in sorted(table.places.items()):
            _add_directory(tar, f"{name}/places/{place}")
            for slot, address in enumerate(route.addresses(shape[place // BLOCK])):
                _add_file(tar, f"{name}/places/{place}/{slot}", address.encode())
        for folder, hosts in (("secure", table.secure), ("certified", table.certified)):
            for host in hosts:
                _add_file(tar, f"{name}/{folder}/{host}")
        link = tarfile.TarInfo(f"next-{name}")
        link.type, link.linkname = tarfile.SYMTYPE, name
        tar.addfile(link)
    return buffer.getvalue()


def _add_directory(tar: tarfile.TarFile, name: str) -> None:
    """One that Caddy's user may remove things from: the tar does not know its number."""
    member = tarfile.TarInfo(name)
    member.type, member.mode = tarfile.DIRTYPE, 0o777
    tar.addfile(member)


def _add_file(tar: tarfile.TarFile, name: str, content: bytes = b"") -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o644
    tar.addfile(member, io.BytesIO(content))
