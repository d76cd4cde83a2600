"""The router: its whole configuration is computed from the rows and loaded at once.

Source of the format: Caddy's JSON config structure, caddyserver.com/docs/json.
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from typing import Any

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


def routes() -> dict[str, list[str]]:
    """Where requests for each host may go now: `{"app.localhost": ["172.20.0.5:5000"]}`."""
    table: dict[str, list[str]] = {env.hostname: [] for env in Environment.objects.select_related("app")}
    serving = Instance.objects.filter(release__state="live", process="web", state="up").exclude(address="")
    for instance in serving.select_related("environment__app"):
        table[instance.environment.hostname].append(f"{instance.address}:{spec.PORT}")
    return table


def config(table: Mapping[str, Iterable[str]]) -> dict[str, Any]:
    """The router's configuration for these routes."""
    known = [_route(host, list(upstreams)) for host, upstreams in sorted(table.items())]
    server = {
        "listen": [":8080"],
        "routes": [
            *known,
            {"handle": [_page(404, "There is no app at this address.", "Check its name in the console.")]},
        ],
        "automatic_https": {"disable": True},
    }
    return {
        "admin": {"listen": ADMIN},
        "apps": {"http": {"servers": {"apps": server}, "grace_period": "30s"}},
    }


def _route(host: str, upstreams: list[str]) -> dict[str, Any]:
    handler = (
        _proxy(upstreams)
        if upstreams
        else _page(503, "This app is not running.", "Deploy it, or scale its web process up, in the console.")
    )
    return {"match": [{"host": [host]}], "handle": [handler], "terminal": True}


def _proxy(upstreams: list[str]) -> dict[str, Any]:
    return {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": address} for address in sorted(upstreams)],
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
