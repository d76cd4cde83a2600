"""The router: its whole configuration is computed from the rows and loaded at once.

Source of the format: Caddy's JSON config structure, caddyserver.com/docs/json.
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from typing import Any, NamedTuple

from runtimes import spec
from runtimes.engine.base import EngineError
from runtimes.holding import hold
from runtimes.installation import engine
from runtimes.models import Environment, Instance

CONFIG = "/etc/caddy/caddy.json"
ADMIN = "unix//run/caddy/admin.sock"
RELOAD = ("caddy", "reload", "--config", CONFIG, "--address", ADMIN)

# A new connection is tried this long before the visitor gets an error; open websockets stay this long when routes
# change.
TRY_SECONDS = 5
STREAM_CLOSE_DELAY = "5m"

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


def sync() -> bool:
    """Bring the router in line with the rows; say whether there was something to change."""
    with hold("router") as held:
        document = json.dumps(config(routes()), sort_keys=True)
        container = next(iter(engine().observe({"slipway.role": "router"})), None)
        if container is None:
            raise EngineError("The router is not running. Start it with: make up")
        digest = hashlib.sha256(f"{container.ref} {document}".encode()).hexdigest()
        if held.note == digest:
            return False
        _load(container.ref, document)
        held.note = digest
    return True


def routes() -> dict[str, Route]:
    """Where requests for each host go now."""
    environments = Environment.objects.select_related("app").prefetch_related("domains")
    serving = Instance.objects.filter(release__state="live", process="web", state="up").exclude(address="")
    addresses: dict[int, list[str]] = {}
    for environment_id, address in serving.values_list("environment_id", "address"):
        addresses.setdefault(environment_id, []).append(f"{address}:{spec.PORT}")
    table: dict[str, Route] = {}
    for each in environments:
        route = Route(tuple(sorted(addresses.get(each.pk, []))), each.maintenance)
        table |= dict.fromkeys([each.hostname, *(domain.name for domain in each.domains.all())], route)
    return table


def config(table: Mapping[str, Route]) -> dict[str, Any]:
    """The router's configuration for these routes, by host."""
    known = [_route(host, route) for host, route in sorted(table.items())]
    unknown = {"handle": [_page(404, "There is no app at this address.", "Check its name in the console.")]}
    server = {"listen": [":8080"], "routes": [*known, unknown], "automatic_https": {"disable": True}}
    return {
        "admin": {"listen": ADMIN},
        "apps": {"http": {"servers": {"apps": server}, "grace_period": "30s"}},
    }


def _route(host: str, route: Route) -> dict[str, Any]:
    return {"match": [{"host": [host]}], "handle": [_handler(route)], "terminal": True}


def _handler(route: Route) -> dict[str, Any]:
    if route.maintenance:
        return _page(503, "This app is being worked on.", "It will be back soon.")
    if not route.upstreams:
        return _page(503, "This app is not running.", "Deploy it, or scale its web process up, in the console.")
    return _proxy(list(route.upstreams))


def _proxy(upstreams: list[str]) -> dict[str, Any]:
    return {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": address} for address in upstreams],
        "load_balancing": {
            "selection_policy": {"policy": "least_conn"},
            "try_duration": f"{TRY_SECONDS}s",
            "try_interval": "100ms",
        },
        "stream_close_delay": STREAM_CLOSE_DELAY,
    }


def _page(status: int, headline: str, advice: str) -> dict[str, Any]:
    body = PAGE.format(headline=headline, advice=advice)
    return {
        "handler": "static_response",
        "status_code": status,
        "headers": {"Content-Type": ["text/html; charset=utf-8"], "Cache-Control": ["no-store"]},
        "body": body,
    }


def _load(ref: str, document: str) -> None:
    engine().put(ref, "/etc/caddy", [_tar("caddy.json", document.encode())])
    code, output = engine().exec(ref, RELOAD)
    if code:
        raise EngineError(f"The router refused its configuration: {output.strip()[-500:]}")


def _tar(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        member = tarfile.TarInfo(name)
        member.size, member.mode = len(content), 0o644
        tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
