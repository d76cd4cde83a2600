"""Routes in Caddy's words; pure. Source of the format: Caddy's JSON config structure, caddyserver.com/docs/json.

The configuration says which hosts there are. Where the requests of a host go stands in files, one address in each,
which Caddy reads for every request (the placeholder `{file.…}`). Loading a configuration closes the server before,
and with it the connections whose request was not read yet: under a stream of requests nearly every load loses one.
Files are exchanged at a stroke and lose none, so a release, a scale or a restart changes files alone.
"""

import io
import tarfile
from collections.abc import Mapping
from typing import Any, NamedTuple

CONFIG = "/etc/caddy/caddy.json"
ROUTES = "/etc/caddy/routes"
ADMIN = "unix//run/caddy/admin.sock"

# A new connection is tried this long before the visitor gets an error.
TRY_SECONDS = 5

# Open websockets stay this long when hosts change: to their own end, since the app that is changed is another one, and
# whoever ends an instance gives it its grace to say goodbye.
STREAM_CLOSE_DELAY = "720h"

# A connection to an instance is used again only while it has rested for less than any usual server lets it rest
# (gunicorn 2 s, Node and uvicorn 5 s): what is sent over one that is just being closed is lost, unless it can be
# repeated, which a POST cannot.
IDLE_TIMEOUT = "1s"

# So many addresses a host has, whatever the number of its instances, that each instance gets nearly its share.
SLOTS = 24

# Where the router itself answers for apps that do not.
STOPPED, MAINTENANCE = "127.0.0.1:9001", "127.0.0.1:9002"

PAGE = """<!doctype html>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{headline}</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; display: grid; place-content: center; min-height: 90vh; margin: 1rem;
  text-align: center; color-scheme: light dark }}
h1 {{ font-size: 1.4rem; margin: 0 }}
p {{ opacity: .7; margin: .5rem }}
</style>
<h1>{headline}</h1>
<p>{advice}</p>
"""


class Route(NamedTuple):
    """Where requests for a host go: `upstreams` as address:port, or a page that says why nowhere."""

    upstreams: tuple[str, ...] = ()
    maintenance: bool = False

    @property
    def addresses(self) -> list[str]:
        """Each upstream in turn, until all slots are filled."""
        upstreams = [MAINTENANCE] if self.maintenance else list(self.upstreams) or [STOPPED]
        return [upstreams[slot % len(upstreams)] for slot in range(self.slots)]

    @property
    def slots(self) -> int:
        """At least twice as many as there are instances."""
        slots = SLOTS
        while slots < 2 * len(self.upstreams):
            slots *= 2
        return slots


def config(table: Mapping[str, Route]) -> dict[str, Any]:
    """The router's configuration for these hosts."""
    known = [_route(host, route) for host, route in sorted(table.items())]
    unknown = _page(404, "There is no app at this address.", "Check its name in the console.")
    stopped = _page(503, "This app is not running.", "Deploy it, or scale its web process up, in the console.")
    maintenance = _page(503, "This app is being worked on.", "It will be back soon.")
    servers = {
        "apps": _server(":8080", [*known, unknown]),
        "stopped": _server(STOPPED, [stopped]),
        "maintenance": _server(MAINTENANCE, [maintenance]),
    }
    return {"admin": {"listen": ADMIN}, "apps": {"http": {"servers": servers, "grace_period": "30s"}}}


def files(table: Mapping[str, Route], name: str) -> bytes:
    """A tar with the directory `name`, a file for each slot of each host in it, and a link `next` to it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        tar.addfile(_directory(name))
        for host, route in sorted(table.items()):
            tar.addfile(_directory(f"{name}/{host}"))
            for slot, address in enumerate(route.addresses):
                member = tarfile.TarInfo(f"{name}/{host}/{slot}")
                member.size, member.mode = len(address), 0o644
                tar.addfile(member, io.BytesIO(address.encode()))
        link = tarfile.TarInfo("next")
        link.type, link.linkname = tarfile.SYMTYPE, name
        tar.addfile(link)
    return buffer.getvalue()


def _directory(name: str) -> tarfile.TarInfo:
    """One that Caddy's user may remove things from: the tar does not know its number."""
    member = tarfile.TarInfo(name)
    member.type, member.mode = tarfile.DIRTYPE, 0o777
    return member


def _server(address: str, routes: list[dict[str, Any]]) -> dict[str, Any]:
    return {"listen": [address], "routes": routes, "automatic_https": {"disable": True}}


def _route(host: str, route: Route) -> dict[str, Any]:
    proxy = {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": f"{{file.{ROUTES}/{host}/{slot}}}"} for slot in range(route.slots)],
        "load_balancing": {
            "selection_policy": {"policy": "least_conn"},
            "try_duration": f"{TRY_SECONDS}s",
            "try_interval": "100ms",
        },
        "stream_close_delay": STREAM_CLOSE_DELAY,
        "transport": {"protocol": "http", "keep_alive": {"idle_timeout": IDLE_TIMEOUT}},
    }
    return {"match": [{"host": [host]}], "handle": [proxy], "terminal": True}


def _page(status: int, headline: str, advice: str) -> dict[str, Any]:
    answer = {
        "handler": "static_response",
        "status_code": status,
        "headers": {"Content-Type": ["text/html; charset=utf-8"], "Cache-Control": ["no-store"]},
        "body": PAGE.format(headline=headline, advice=advice),
    }
    return {"handle": [answer]}
