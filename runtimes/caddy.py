"""Routes in Caddy's words; pure. Source of the format: Caddy's JSON config structure, caddyserver.com/docs/json.

Loading a configuration closes the server before, and with it the connections whose request was not read yet: under a
stream of requests nearly every load loses one. So everything that changes stands in files that Caddy reads for every
request (`runtimes.places`), and files are exchanged at a stroke, which loses none. The configuration says which places
there are, some more than are used. It is loaded when those are used up.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from runtimes import pages
from runtimes.places import BLOCK, MAINTENANCE, STOPPED, Shape

CONFIG = "/etc/caddy/caddy.json"
ROUTES = "/etc/caddy/routes"
ACME_ROOT = "/etc/caddy/acme-root.pem"
ADMIN = "unix//run/caddy/admin.sock"
PORT, TLS_PORT = 8080, 8443

# The router says its word here, for every host: so it is found out whether a name leads to it.
PROBE = "/.well-known/slipway"

# A new connection is tried this long before the visitor gets an error.
TRY_SECONDS = 5

# Open websockets stay this long when a configuration is loaded: to their own end.
STREAM_CLOSE_DELAY = "720h"

# A connection to an instance is used again only while it has rested for less than any usual server lets it rest
# (gunicorn 2 s, Node and uvicorn 5 s): what is sent over one that is just being closed is lost, unless it can be
# repeated, which a POST cannot.
IDLE_TIMEOUT = "1s"

# Browsers that came over HTTPS come that way again for so long (RFC 6797).
HSTS = f"max-age={30 * 24 * 3600}"

# Where the router asks itself who may have a certificate.
PERMISSION = "127.0.0.1:9003"


class Tls(NamedTuple):
    """How certificates are got: `mode` is off, internal (of an authority of the router's own) or auto (by ACME)."""

    mode: str = "off"
    port: int = 443
    directory: str = ""
    email: str = ""
    trusted: bool = False  # whether a root is at hand by which the ACME server itself is trusted


def config(shape: Shape, word: str, tls: Tls) -> dict[str, Any]:
    """The router's configuration with places of this shape; `word` is what it says when it is probed."""
    servers = {
        "apps": _apps(shape, word, tls),
        "stopped": _server([STOPPED], [pages.stopped()]),
        "maintenance": _server([MAINTENANCE], [pages.maintenance()]),
    }
    http = {"http_port": PORT, "https_port": TLS_PORT, "servers": servers, "grace_period": "30s"}
    apps: dict[str, Any] = {"http": http}
    if tls.mode != "off":
        servers["permission"] = _server([PERMISSION], _permission())
        apps["tls"] = {"automation": _automation(tls)}
        apps["pki"] = {"certificate_authorities": {"local": {"install_trust": False}}}
    return {"admin": {"listen": ADMIN}, "apps": apps}


def _apps(shape: Shape, word: str, tls: Tls) -> dict[str, Any]:
    """The server that visitors speak to; on one port plainly, on the other one by TLS."""
    blocks = [_block(number, slots) for number, slots in sorted(shape.items())]
    secured = [] if tls.mode == "off" else [_redirect(tls.port), _hsts()]
    routes = [_probed(word), _lowered(), *secured, *_find(), *blocks, pages.unknown()]
    made = _server([f":{PORT}"] if tls.mode == "off" else [f":{PORT}", f":{TLS_PORT}"], routes)
    made |= {"protocols": ["h1", "h2"], "errors": {"routes": [pages.silent()]}}
    return made if tls.mode == "off" else made | {"tls_connection_policies": [{}]}


def _server(addresses: list[str], routes: list[dict[str, Any]]) -> dict[str, Any]:
    return {"listen": addresses, "routes": routes, "automatic_https": {"disable": True}}


def _probed(word: str) -> dict[str, Any]:
    answer = {"handler": "static_response", "status_code": 200, "body": word}
    return {"match": [{"path": [PROBE]}], "handle": [answer], "terminal": True}


def _lowered() -> dict[str, Any]:
    """Host names know no case, and files do: who writes one with capitals is sent to the same in lower case."""
    where = '{{.RespHeader.Set "Location" (printf "//%s%s" (lower .Req.Host) .OriginalReq.RequestURI)}}'
    plain = {"Content-Type": ["text/plain"]}
    answer = {"handler": "static_response", "status_code": 308, "headers": plain, "body": where}
    template = {"handler": "templates", "mime_types": ["text/plain"]}
    return {
        "match": [{"header_regexp": {"Host": {"pattern": "[A-Z]"}}}],
        "handle": [template, answer],
        "terminal": True,
    }


def _redirect(port: int) -> dict[str, Any]:
    where = "https://{http.request.host}" + ("" if port == 443 else f":{port}") + "{http.request.uri}"
    answer = {"handler": "static_response", "status_code": 308, "headers": {"Location": [where]}}
    return {"match": [{"protocol": "http", **_listed("secure")}], "handle": [answer], "terminal": True}


def _hsts() -> dict[str, Any]:
    """What the app itself says of it, stays."""
    name = "Strict-Transport-Security"
    absent = {"headers": {name: None}}
    answer = {"handler": "headers", "response": {"deferred": True, "require": absent, "set": {name: [HSTS]}}}
    return {"match": [{"protocol": "https", **_listed("secure")}], "handle": [answer]}


def _listed(folder: str, name: str = "{http.request.host}") -> dict[str, Any]:
    """Matches when a file of this name is in the folder."""
    return {"file": {"root": f"{ROUTES}/{folder}", "try_files": [f"/{name}"]}}


def _find() -> Iterable[dict[str, Any]]:
    """The block and the place of the request's host: the name of the only file in the host's folder."""
    yield {"match": [_listed("hosts", "{http.request.host}/*")]}
    numbers = {"name": "at", "pattern": "^/[^/]+/([0-9]+)-([0-9]+)$"}
    yield {"match": [{"vars_regexp": {"{http.matchers.file.relative}": numbers}}]}


def _block(number: int, slots: int) -> dict[str, Any]:
    """Some places behind one question, so that no request has to pass all."""
    places = [_place(number * BLOCK + place, slots) for place in range(BLOCK)]
    inside = {"handler": "subroute", "routes": places}
    return {"match": [{"vars": {"{http.regexp.at.1}": [str(number)]}}], "handle": [inside], "terminal": True}


def _place(place: int, slots: int) -> dict[str, Any]:
    proxy = {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": f"{{file.{ROUTES}/places/{place}/{slot}}}"} for slot in range(slots)],
        "load_balancing": {
            "selection_policy": {"policy": "least_conn"},
            "try_duration": f"{TRY_SECONDS}s",
            "try_interval": "100ms",
        },
        "stream_close_delay": STREAM_CLOSE_DELAY,
        "transport": {"protocol": "http", "keep_alive": {"idle_timeout": IDLE_TIMEOUT}},
    }
    return {"match": [{"vars": {"{http.regexp.at.2}": [str(place)]}}], "handle": [proxy], "terminal": True}


def _automation(tls: Tls) -> dict[str, Any]:
    """Certificates are got when a visitor first asks for a name, if a file says that it may have one."""
    permission = {"module": "http", "endpoint": f"http://{PERMISSION}/"}
    policy = {"on_demand": True, "issuers": [{"module": "internal"} if tls.mode == "internal" else _acme(tls)]}
    return {"policies": [policy], "on_demand": {"permission": permission}}


def _acme(tls: Tls) -> dict[str, Any]:
    challenges = {"http": {"alternate_port": PORT}, "tls-alpn": {"alternate_port": TLS_PORT}}
    issuer: dict[str, Any] = {"module": "acme", "challenges": challenges}
    if tls.directory:
        issuer["ca"] = tls.directory
    if tls.email:
        issuer["email"] = tls.email
    if tls.trusted:
        issuer["trusted_roots_pem_files"] = [ACME_ROOT]
    return issuer


def _permission() -> list[dict[str, Any]]:
    """Whoever is listed may have a certificate, nobody else."""
    yes, no = ({"handler": "static_response", "status_code": status} for status in (200, 403))
    listed = _listed("certified", "{http.request.uri.query.domain}")
    return [{"match": [listed], "handle": [yes], "terminal": True}, {"handle": [no]}]
