"""The router's configuration and files in a real Caddy: pages, names, certificates of both kinds of authority."""

import http.client
import json
import socket
import ssl
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runtimes import caddy, places
from runtimes.caddy import Tls
from runtimes.places import Route, Table
from tests import factories as make
from tests.e2e.belongings import TEST_LABEL

pytestmark = pytest.mark.docker

PATIENCE_SECONDS = 60
NAME, OTHER, PLAIN = "shop.example.test", "other.example.test", "plain.example.test"
CA = "ca.example.test"
HOME = "/var/lib/caddy"
ROOT = f"{HOME}/.local/share/caddy/pki/authorities/local/root.crt"
APP = {
    "listen": ["127.0.0.1:7001"],
    "automatic_https": {"disable": True},
    "routes": [
        {
            "match": [{"path": ["/own"]}],
            "handle": [
                {
                    "handler": "static_response",
                    "headers": {"Strict-Transport-Security": ["max-age=1"]},
                    "body": "the app's own word",
                }
            ],
            "terminal": True,
        },
        {"handle": [{"handler": "static_response", "body": "the app {http.request.header.X-Forwarded-Proto}"}]},
    ],
}
TABLE = Table(
    {
        1: Route(("127.0.0.1:7001",)),
        2: Route(),
        3: Route(("127.0.0.1:7001",), maintenance=True),
        4: Route(("127.0.0.1:9",)),
    },
    {
        NAME: 1,
        OTHER: 1,
        PLAIN: 1,
        "shop.localhost": 1,
        "stopped.localhost": 2,
        "works.localhost": 3,
        "dead.localhost": 4,
    },
    secure=(NAME,),
    certified=(NAME, OTHER),
)


class World:
    """Containers on a network of their own; all of it goes at the end."""

    def __init__(self) -> None:
        self.name = f"caddy-{uuid.uuid4().hex[:8]}"
        self.label = f"{TEST_LABEL}={self.name}"

    def __enter__(self) -> "World":
        docker("network", "create", "--label", self.label, self.name)
        return self

    def __exit__(self, *_: object) -> None:
        if refs := docker("ps", "-aq", "--filter", f"label={self.label}").split():
            docker("rm", "--force", "--volumes", *refs)
        if volumes := docker("volume", "ls", "-q", "--filter", f"label={self.label}").split():
            docker("volume", "rm", *volumes)
        docker("network", "rm", self.name)

    def router(self, tls: Tls, root: bytes = b"") -> "Router":
        """A router with all of the table, and an app beside it."""
        volume = f"{self.name}-certificates"
        docker("volume", "create", "--label", self.label, volume)
        name = f"{self.name}-router"
        self._create(name, "--volume", f"{volume}:{HOME}")
        shape = places.grown({}, places.needed(TABLE))
        document = caddy.config(shape, "the word", tls)
        document["apps"]["http"]["servers"]["app"] = APP
        _put(name, "caddy.json", json.dumps(document).encode())
        if root:
            _put(name, "acme-root.pem", root)
        return Router(name, shape).start()

    def authority(self, router: str) -> str:
        """An ACME server, at which the name leads to the router as it would in the world; its container."""
        name = f"{self.name}-ca"
        aliases = [option for alias in (CA, NAME) for option in ("--network-alias", alias)]
        self._create(name, *aliases, "--user", "0", "--cap-add", "NET_BIND_SERVICE")
        _put(name, "caddy.json", json.dumps(_authority(router)).encode())
        docker("start", name)
        return name

    def _create(self, name: str, *options: str) -> None:
        docker(
            "create", "--init", "--name", name, "--label", self.label, "--network", self.name, *options, "slipway/caddy"
        )


class Router:
    """One that runs."""

    def __init__(self, name: str, shape: places.Shape) -> None:
        self.name, self.shape = name, shape

    def start(self) -> "Router":
        self.tell(TABLE, "routes-1")
        docker("start", self.name)
        docker("exec", self.name, "mv", "-T", "/etc/caddy/next-routes-1", "/etc/caddy/routes")
        self.wait()
        return self

    def tell(self, table: Table, folder: str) -> None:
        """Put files beside those in use."""
        docker("cp", "-", f"{self.name}:/etc/caddy", data=places.files(places.entries(table, self.shape), folder))

    def change(self, before: Table, now: Table) -> None:
        """Change what differs among the files in use."""
        noted, wanted = places.noted(places.entries(before, self.shape)), places.entries(now, self.shape)
        docker("exec", self.name, "sh", "-c", places.CHANGE, "sh", *places.changes(noted, wanted))

    def wait(self) -> None:
        self.address = docker("inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", self.name)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                socket.create_connection((self.address, caddy.PORT), timeout=1).close()
            except OSError:
                assert time.monotonic() < deadline, docker("logs", self.name)
                time.sleep(0.05)
            else:
                return

    def get(self, host: str, path: str = "/") -> tuple[int, str, Any]:
        """Status, text and headers over plain HTTP."""
        return _get(http.client.HTTPConnection(self.address, caddy.PORT, timeout=PATIENCE_SECONDS), host, path)

    def get_secured(self, host: str, root: Path, path: str = "/") -> tuple[int, str, Any]:
        """The same over TLS; the certificate is checked."""
        connection = http.client.HTTPSConnection(host, caddy.TLS_PORT, timeout=PATIENCE_SECONDS)
        connection.sock = self.secured(host, root)
        return _get(connection, host, path)

    def secured(self, host: str, root: Path) -> ssl.SSLSocket:
        """A connection whose certificate is for the host and by an authority that the root stands for."""
        plain = socket.create_connection((self.address, caddy.TLS_PORT), timeout=PATIENCE_SECONDS)
        return ssl.create_default_context(cafile=str(root)).wrap_socket(plain, server_hostname=host)


def _get(connection: http.client.HTTPConnection, host: str, path: str) -> tuple[int, str, Any]:
    try:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers
    finally:
        connection.close()


def _authority(router: str) -> dict[str, Any]:
    quiet = {"automatic_https": {"disable": True}}
    acme = {"handler": "acme_server", "ca": "local", "challenges": ["http-01"]}  # no TLS can be handed on
    forward = {"handler": "reverse_proxy", "upstreams": [{"dial": f"{router}:{caddy.PORT}"}]}
    servers = {
        "acme": {"listen": [":443"], "routes": [{"handle": [acme]}], "tls_connection_policies": [{}], **quiet},
        "forward": {"listen": [":80"], "routes": [{"handle": [forward]}], **quiet},
    }
    policy = {"subjects": [CA], "issuers": [{"module": "internal"}]}
    return {
        "admin": {"disabled": True},
        "apps": {
            "http": {"servers": servers},
            "tls": {"automation": {"policies": [policy]}, "certificates": {"automate": [CA]}},
            "pki": {"certificate_authorities": {"local": {"install_trust": False}}},
        },
    }


def docker(*words: str, data: bytes | None = None) -> str:
    done = subprocess.run(["docker", *words], input=data, capture_output=True, timeout=PATIENCE_SECONDS, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


def _put(name: str, file: str, content: bytes) -> None:
    docker("cp", "-", f"{name}:/etc/caddy", data=make.tar_bytes({file: content}))


def read(name: str, path: str, into: Path) -> Path:
    """A file of a container, once it is there."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    command = ["docker", "exec", name, "cat", path]
    while not (content := subprocess.run(command, capture_output=True, timeout=30, check=False).stdout):
        assert time.monotonic() < deadline, docker("logs", name)
        time.sleep(0.1)
    into.write_bytes(content)
    return into


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World() as made:
        yield made


@pytest.fixture(scope="module")
def router(world: World) -> Router:
    """One with an authority of its own."""
    return world.router(Tls("internal", caddy.TLS_PORT))


@pytest.fixture
def root(router: Router, tmp_path: Path) -> Path:
    """The certificate of the router's own authority."""
    return read(router.name, ROOT, tmp_path / "root.pem")


@pytest.mark.parametrize(
    ("host", "status", "said"),
    [
        ("shop.localhost", 200, "the app http"),
        ("nobody.localhost", 404, "Nothing here answers to <b>nobody.localhost</b>"),
        ("..", 404, "There is no app at this address"),
        ("*", 404, "There is no app at this address"),
        ("stopped.localhost", 503, "This app is not running"),
        ("works.localhost", 503, "This app is being worked on"),
        ("dead.localhost", 502, "This app does not answer"),
    ],
)
def test_each_host_gets_its_app_or_a_page_that_says_why_not(router: Router, host: str, status: int, said: str) -> None:
    got, text, _ = router.get(host)
    assert (got, said in text) == (status, True)


def test_a_name_in_capitals_leads_to_the_same_in_lower_case(router: Router) -> None:
    status, _, headers = router.get("Shop.localhost:8080", "/a?b=C")
    assert (status, headers["Location"]) == (308, "//shop.localhost:8080/a?b=C")


@pytest.mark.parametrize("host", [NAME, "shop.localhost", "nobody.localhost"])
def test_the_router_says_its_word_for_every_host(router: Router, host: str) -> None:
    assert router.get(host, caddy.PROBE)[:2] == (200, "the word")


def test_a_host_comes_and_goes_with_a_file(router: Router) -> None:
    assert router.get("new.localhost")[0] == 404
    for folder, table, status in (
        ("routes-2", TABLE._replace(hosts={**TABLE.hosts, "new.localhost": 1}), 200),
        ("routes-1", TABLE, 404),
    ):
        router.tell(table, folder)
        docker("exec", router.name, "mv", "-T", f"/etc/caddy/next-{folder}", "/etc/caddy/routes")
        assert router.get("new.localhost")[0] == status
        assert router.get("shop.localhost")[0] == 200


def test_places_and_hosts_change_one_by_one(router: Router) -> None:
    now = Table(
        {**TABLE.places, 2: Route(("127.0.0.1:7001",)), 5: Route()},
        {**TABLE.hosts, "new.localhost": 5, "shop.localhost": 3},
        secure=(NAME, "new.localhost"),
    )
    hosts = ("stopped.localhost", "new.localhost", "shop.localhost", NAME)
    assert [router.get(host)[0] for host in hosts] == [503, 404, 200, 308]
    router.change(TABLE, now)
    assert [router.get(host)[0] for host in hosts] == [200, 308, 503, 308]
    assert docker("exec", router.name, "ls", "/etc/caddy/routes/places/5").split() == sorted(map(str, range(32)))
    router.change(now, TABLE)
    assert [router.get(host)[0] for host in hosts] == [503, 404, 200, 308]
    assert docker("exec", router.name, "ls", "/etc/caddy/routes/places").split() == ["1", "2", "3", "4"]


def test_former_files_go_and_those_in_use_stay(router: Router) -> None:
    router.tell(TABLE, "routes-9")
    router.tell(TABLE, "routes-8")
    docker("exec", router.name, "mv", "-T", "/etc/caddy/next-routes-9", "/etc/caddy/routes")
    docker("exec", router.name, "sh", "-c", places.TIDY, "sh", "routes-9")
    assert docker("exec", router.name, "ls", "/etc/caddy").split() == ["caddy.json", "routes", "routes-9"]
    assert router.get("shop.localhost")[0] == 200


def test_a_domain_speaks_tls_with_a_certificate_for_its_name(router: Router, root: Path) -> None:
    assert router.get_secured(OTHER, root)[:2] == (200, "the app https")


@pytest.mark.parametrize("host", ["shop.localhost", PLAIN, "nobody.example.test"])
def test_a_name_that_may_have_no_certificate_gets_none(router: Router, root: Path, host: str) -> None:
    with pytest.raises(ssl.SSLError):
        router.secured(host, root)
    assert host not in docker("exec", router.name, "find", HOME, "-name", f"*{host}*")


def test_who_is_to_be_secure_is_sent_to_https_and_told_to_stay(router: Router, root: Path) -> None:
    status, _, headers = router.get(NAME, "/a?b=c")
    assert (status, headers["Location"]) == (308, f"https://{NAME}:8443/a?b=c")
    status, _, headers = router.get_secured(NAME, root)
    assert (status, headers.get_all("Strict-Transport-Security")) == (200, ["max-age=2592000"])


def test_what_an_app_says_itself_of_https_stays(router: Router, root: Path) -> None:
    assert router.get_secured(NAME, root, "/own")[2].get_all("Strict-Transport-Security") == ["max-age=1"]


def test_who_need_not_be_secure_may_come_either_way(router: Router, root: Path) -> None:
    assert router.get(OTHER)[0] == 200
    assert "Strict-Transport-Security" not in router.get_secured(OTHER, root)[2]


def test_certificates_survive_a_router_that_is_made_anew(world: World, router: Router, root: Path) -> None:
    with router.secured(NAME, root) as before:
        shown = before.getpeercert(binary_form=True)
    docker("restart", "--time", "1", router.name)
    router.wait()
    with router.secured(NAME, root) as after:
        assert after.getpeercert(binary_form=True) == shown
    docker("rm", "--force", router.name)
    anew = world.router(Tls("internal", caddy.TLS_PORT))
    router.address = anew.address
    with anew.secured(NAME, root) as after:
        assert after.getpeercert(binary_form=True) == shown


def test_a_certificate_is_got_by_acme_when_a_visitor_first_comes(tmp_path: Path) -> None:
    """The authority asks back over HTTP, as one in the world does, and reaches the router by the domain's name."""
    with World() as world:
        authority = world.authority(f"{world.name}-router")
        root = read(authority, ROOT, tmp_path / "root.pem")
        tls = Tls("auto", 443, f"https://{CA}/acme/local/directory", "ops@example.test", trusted=True)
        router = world.router(tls, root.read_bytes())
        assert router.get_secured(NAME, root)[:2] == (200, "the app https")
        with pytest.raises(ssl.SSLError):
            router.secured(PLAIN, root)
        assert PLAIN not in docker("logs", authority)
