"""The router's configuration, as a whole literal, and when it is loaded."""

import io
import tarfile
import threading
from collections import Counter
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from pytest_django import Settings

from builds.create import create_app
from runtimes import pages, places, router
from runtimes.caddy import Tls, config
from runtimes.engine.base import EngineError
from runtimes.engine.fake import FakeEngine
from runtimes.engine.fake_process import Process
from runtimes.models import Domain, Environment, Hold, Instance, Team
from runtimes.places import Route, Table, covers, grown, needed
from tests import factories as make
from tests.doubles import add_router, routes, tell, together

pytestmark = pytest.mark.thorough

WORD = "the word"
QUIET = {"disable": True}
PROBED = {
    "match": [{"path": ["/.well-known/slipway"]}],
    "handle": [{"handler": "static_response", "status_code": 200, "body": WORD}],
    "terminal": True,
}
LOWERED = {
    "match": [{"header_regexp": {"Host": {"pattern": "[A-Z]"}}}],
    "handle": [
        {"handler": "templates", "mime_types": ["text/plain"]},
        {
            "handler": "static_response",
            "status_code": 308,
            "headers": {"Content-Type": ["text/plain"]},
            "body": '{{.RespHeader.Set "Location" (printf "//%s%s" (lower .Req.Host) .OriginalReq.RequestURI)}}',
        },
    ],
    "terminal": True,
}
FIND = [
    {"match": [{"file": {"root": "/etc/caddy/routes/hosts", "try_files": ["/{http.request.host}/*"]}}]},
    {
        "match": [
            {"vars_regexp": {"{http.matchers.file.relative}": {"name": "at", "pattern": "^/[^/]+/([0-9]+)-([0-9]+)$"}}}
        ]
    },
]
SECURE = {"root": "/etc/caddy/routes/secure", "try_files": ["/{http.request.host}"]}


def servers(tls: Tls) -> Any:
    """The servers of a router without places."""
    return config({}, WORD, tls)["apps"]["http"]["servers"]


def test_without_apps_everybody_gets_the_page_that_says_so() -> None:
    assert config({}, WORD, Tls()) == {
        "admin": {"listen": "unix//run/caddy/admin.sock"},
        "apps": {
            "http": {
                "http_port": 8080,
                "https_port": 8443,
                "servers": {
                    "apps": {
                        "listen": [":8080"],
                        "routes": [PROBED, LOWERED, *FIND, pages.unknown()],
                        "automatic_https": QUIET,
                        "protocols": ["h1", "h2"],
                        "errors": {"routes": [pages.silent()]},
                    },
                    "stopped": {
                        "listen": ["127.0.0.1:9001"],
                        "routes": [pages.stopped()],
                        "automatic_https": QUIET,
                    },
                    "maintenance": {
                        "listen": ["127.0.0.1:9002"],
                        "routes": [pages.maintenance()],
                        "automatic_https": QUIET,
                    },
                },
                "grace_period": "30s",
            }
        },
    }


def test_a_place_sends_requests_where_its_files_say() -> None:
    routes = config({1: 32}, WORD, Tls())["apps"]["http"]["servers"]["apps"]["routes"]
    block = routes[-2]
    assert block["match"] == [{"vars": {"{http.regexp.at.1}": ["1"]}}]
    made = block["handle"][0]["routes"]
    assert [place["match"] for place in made] == [[{"vars": {"{http.regexp.at.2}": [str(n)]}}] for n in range(32, 64)]
    assert made[1]["handle"] == [
        {
            "handler": "reverse_proxy",
            "upstreams": [{"dial": f"{{file./etc/caddy/routes/places/33/{slot}}}"} for slot in range(32)],
            "load_balancing": {
                "selection_policy": {"policy": "least_conn"},
                "try_duration": "5s",
                "try_interval": "100ms",
            },
            "stream_close_delay": "720h",
            "transport": {"protocol": "http", "keep_alive": {"idle_timeout": "1s"}},
        }
    ]


def test_with_tls_there_is_a_second_port_and_who_is_to_be_secure_is_sent_there() -> None:
    server = servers(Tls("internal", 443))["apps"]
    assert server["listen"] == [":8080", ":8443"]
    assert server["tls_connection_policies"] == [{}]
    redirect, hsts = server["routes"][2:4]
    assert redirect == {
        "match": [{"protocol": "http", "file": SECURE}],
        "handle": [
            {
                "handler": "static_response",
                "status_code": 308,
                "headers": {"Location": ["https://{http.request.host}{http.request.uri}"]},
            }
        ],
        "terminal": True,
    }
    assert hsts == {
        "match": [{"protocol": "https", "file": SECURE}],
        "handle": [
            {
                "handler": "headers",
                "response": {
                    "deferred": True,
                    "require": {"headers": {"Strict-Transport-Security": None}},
                    "set": {"Strict-Transport-Security": ["max-age=2592000"]},
                },
            }
        ],
    }
    other = servers(Tls("internal", 8443))["apps"]["routes"][2]["handle"][0]["headers"]
    assert other == {"Location": ["https://{http.request.host}:8443{http.request.uri}"]}


def test_a_certificate_is_got_only_for_who_is_listed() -> None:
    made = config({}, WORD, Tls("auto", 443, "https://acme.example/directory", "ops@example.org", trusted=True))
    assert made["apps"]["tls"] == {
        "automation": {
            "policies": [
                {
                    "on_demand": True,
                    "issuers": [
                        {
                            "module": "acme",
                            "ca": "https://acme.example/directory",
                            "email": "ops@example.org",
                            "trusted_roots_pem_files": ["/etc/caddy/acme-root.pem"],
                            "challenges": {"http": {"alternate_port": 8080}, "tls-alpn": {"alternate_port": 8443}},
                        }
                    ],
                }
            ],
            "on_demand": {"permission": {"module": "http", "endpoint": "http://127.0.0.1:9003/"}},
        }
    }
    listed = {"root": "/etc/caddy/routes/certified", "try_files": ["/{http.request.uri.query.domain}"]}
    assert made["apps"]["http"]["servers"]["permission"] == {
        "listen": ["127.0.0.1:9003"],
        "routes": [
            {
                "match": [{"file": listed}],
                "handle": [{"handler": "static_response", "status_code": 200}],
                "terminal": True,
            },
            {"handle": [{"handler": "static_response", "status_code": 403}]},
        ],
        "automatic_https": QUIET,
    }
    internal = config({}, WORD, Tls("internal"))["apps"]
    assert internal["tls"]["automation"]["policies"] == [{"on_demand": True, "issuers": [{"module": "internal"}]}]


def test_places_are_made_some_at_once_and_never_lose_slots() -> None:
    few = needed(Table({1: Route(), 33: Route(tuple("abcdefghijklmnopq"))}, {}))
    assert few == {0: 32, 1: 64}
    assert grown({}, few) == {0: 32, 1: 64, 2: 32}
    assert grown({0: 128, 7: 32}, few) == {0: 128, 1: 64, 2: 32}
    assert covers({0: 32, 1: 64, 2: 32}, few)
    assert not covers({0: 32, 1: 32}, few)
    assert not covers({0: 32}, few)


def test_the_files_say_where_hosts_and_places_lead_and_who_is_secure() -> None:
    table = Table(
        {17: Route(("10.0.0.1:5000", "10.0.0.2:5000"))}, {"shop.localhost": 17}, ("a.example",), ("b.example",)
    )
    with tarfile.open(fileobj=io.BytesIO(places.files(places.entries(table, {0: 32}), "routes-x"))) as tar:
        content = {each.name: (tar.extractfile(each) or io.BytesIO()).read().decode() for each in tar if each.isfile()}
        assert tar.getmember("next-routes-x").linkname == "routes-x"
    assert content == {
        "routes-x/hosts/shop.localhost/0-17": "",
        **{f"routes-x/places/17/{slot}": f"10.0.0.{1 + slot % 2}:5000" for slot in range(32)},
        "routes-x/secure/a.example": "",
        "routes-x/certified/b.example": "",
    }


@pytest.mark.parametrize("count", [1, 2, 3, 5, 7, 12, 13, 50])
def test_every_instance_gets_its_share(count: int) -> None:
    route = Route(tuple(f"10.0.0.{number}:5000" for number in range(count)))
    addresses = Counter(route.addresses(route.slots))
    assert len(addresses) == count
    assert max(addresses.values()) - min(addresses.values()) <= 1
    assert min(addresses.values()) >= 2


def test_what_does_not_serve_gets_a_page() -> None:
    assert set(Route().addresses(32)) == {places.STOPPED}
    assert set(Route(("10.0.0.1:5000",), maintenance=True).addresses(32)) == {places.MAINTENANCE}


def test_addresses_are_exchanged_without_loading_anything(shared_db: None, engine: FakeEngine) -> None:
    """Loading closes connections whose request was not read yet: no release may cost a request."""
    environment = make.app().production
    assert router.sync()
    engine.world.programs["caddy"] = lambda _: 1
    release = make.release(environment)
    facts = {"release": release, "process": "web", "index": 1, "state": "up", "address": "10.0.0.1"}
    Instance.objects.create(environment=environment, **facts)
    assert [router.sync(), router.sync()] == [True, False]
    assert routes(engine) == {"shop.localhost": ["10.0.0.1:5000"]}
    Environment.objects.filter(pk=environment.pk).update(maintenance=True)
    assert router.sync()
    assert routes(engine) == {"shop.localhost": []}


def test_hosts_come_and_go_without_loading_anything(shared_db: None, engine: FakeEngine) -> None:
    loads = count_loads(engine)
    app = make.app()
    assert [router.sync(), router.sync(), router.sync()] == [True, False, False]
    assert loads == [router.RELOAD]
    staging = Environment.objects.create(app=app, name="staging")
    Domain.objects.create(environment=staging, name="shop.example.org")
    assert [router.sync(), router.sync()] == [True, False]
    assert list(routes(engine)) == ["shop--staging.localhost", "shop.example.org", "shop.localhost"]
    staging.delete()
    assert [router.sync(), router.sync()] == [True, False]
    assert list(routes(engine)) == ["shop.localhost"]
    assert loads == [router.RELOAD]


def test_a_configuration_is_loaded_when_its_places_are_used_up(shared_db: None, engine: FakeEngine) -> None:
    loads = count_loads(engine)
    app = make.app()
    router.sync()
    for number in range(2 * places.BLOCK):
        Environment.objects.create(app=app, name=f"preview-{number}")
        if number % places.BLOCK in (0, places.BLOCK // 2, places.BLOCK - 2, places.BLOCK - 1):  # each takes a while
            router.sync()
    assert loads == [router.RELOAD] * 2
    assert len(routes(engine)) == 1 + 2 * places.BLOCK


def test_only_what_changed_is_told(shared_db: None, engine: FakeEngine) -> None:
    app, before = make.app(), put(engine)
    release = make.release(app.production)
    router.sync()
    exchanged = put(engine)
    assert exchanged != before
    facts = {"release": release, "process": "web", "index": 1, "state": "up", "address": "10.0.0.1"}
    Instance.objects.create(environment=app.production, **facts)
    assert router.sync()
    staging = Environment.objects.create(app=app, name="staging")
    Domain.objects.create(environment=staging, name="shop.example.org")
    assert router.sync()
    staging.delete()
    assert router.sync()
    assert routes(engine) == {"shop.localhost": ["10.0.0.1:5000"]}
    assert put(engine) == exchanged


def test_a_router_that_was_started_again_is_told_what_changes_by_a_script_of_its_own(
    shared_db: None, engine: FakeEngine
) -> None:
    app = make.app()
    router.sync()
    Environment.objects.create(app=app, name="staging")
    router.sync()
    engine.world.restart()
    engine.world.start(engine.world.find(f"{engine.namespace}-router"))
    Environment.objects.create(app=app, name="preview")
    assert router.sync()
    assert list(routes(engine)) == ["shop--preview.localhost", "shop--staging.localhost", "shop.localhost"]


def test_a_change_that_is_too_long_for_a_command_exchanges_all_files(
    shared_db: None, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make.app()
    router.sync()
    before = put(engine)
    monkeypatch.setattr(router, "MOST_CHANGES", 10)
    Environment.objects.create(app=app, name="staging")
    assert router.sync()
    assert put(engine) != before
    assert list(routes(engine)) == ["shop--staging.localhost", "shop.localhost"]


def test_what_broke_off_halfway_is_told_again_as_a_whole(shared_db: None, engine: FakeEngine) -> None:
    app = make.app()
    router.sync()
    before = put(engine)
    Environment.objects.create(app=app, name="staging")
    tell(engine, lambda _: 1)
    with pytest.raises(EngineError, match="refused"):
        router.sync()
    tell(engine)
    assert [router.sync(), router.sync()] == [True, False]
    assert list(routes(engine)) == ["shop--staging.localhost", "shop.localhost"]
    assert put(engine) != before


def test_what_broke_off_is_told_again_also_when_nothing_is_left_to_tell(shared_db: None, engine: FakeEngine) -> None:
    app = make.app()
    router.sync()
    app.delete()
    tell(engine, lambda _: 1)
    with pytest.raises(EngineError, match="refused"):
        router.sync()
    tell(engine)
    assert [router.sync(), router.sync()] == [True, False]
    assert routes(engine) == {}


def test_former_files_are_removed_when_nothing_else_is_to_be_done(
    shared_db: None, engine: FakeEngine, settings: Settings
) -> None:
    make.app()
    router.sync()
    (first,) = put(engine)
    settings.TLS = "internal"
    router.sync()
    assert len(put(engine)) == 2
    assert [router.sync(), router.sync()] == [False, False]
    (last,) = put(engine)
    assert first != last
    assert list(routes(engine)) == ["shop.localhost"]


def test_a_note_of_an_earlier_version_means_that_nothing_is_known(shared_db: None, engine: FakeEngine) -> None:
    make.app()
    router.sync()
    Hold.objects.filter(name="router").update(note='["basis", "files", [[0, 32]], [], ""]')
    assert [router.sync(), router.sync()] == [True, False]


def put(engine: FakeEngine) -> set[str]:
    """The folders in the router that have been filled with all files."""
    files = engine.world.find(f"{engine.namespace}-router").plan.files
    return {path.split("/")[3] for path in files.own if path.startswith("/etc/caddy/routes-")}


def test_settings_that_change_are_loaded(shared_db: None, engine: FakeEngine, settings: Settings) -> None:
    loads = count_loads(engine)
    make.app()
    router.sync()
    settings.TLS = "internal"
    assert [router.sync(), router.sync()] == [True, False]
    assert loads == [router.RELOAD] * 2


@pytest.mark.parametrize(
    ("tls", "reach", "may"),
    [("off", "here", False), ("internal", "unknown", True), ("auto", "elsewhere", False), ("auto", "here", True)],
)
def test_an_authority_is_asked_only_for_what_leads_here(
    db: None, settings: Settings, tls: str, reach: str, may: bool
) -> None:
    settings.TLS = tls
    Domain.objects.create(environment=make.app().production, name="shop.example.org", reach=reach)
    assert router.routes().certified == (("shop.example.org",) if may else ())


def test_only_domains_of_its_own_are_sent_to_https(db: None, settings: Settings) -> None:
    """The platform's own names have no certificate."""
    settings.TLS = "internal"
    environment = make.app().production
    Domain.objects.create(environment=environment, name="shop.example.org")
    assert router.routes().secure == ()
    Environment.objects.update(force_https=True)
    assert router.routes().secure == ("shop.example.org",)
    settings.TLS = "off"
    assert router.routes().secure == ()


def count_loads(engine: FakeEngine) -> list[tuple[str, ...]]:
    """What the router was asked to load from now on."""
    loads: list[tuple[str, ...]] = []

    def load(process: Process) -> int:
        loads.append(process.argv)
        return 0

    engine.world.programs["caddy"] = load
    return loads


def test_a_new_router_is_told_even_if_nothing_changed(shared_db: None, engine: FakeEngine) -> None:
    make.app()
    assert router.sync()
    engine.world.remove(f"{engine.namespace}-router")
    for ref in [ref for ref, one in engine.world.containers.items() if "router" in one.plan.name]:
        engine.world.remove(ref)
    add_router(engine)
    assert router.sync()
    assert list(routes(engine)) == ["shop.localhost"]


def test_what_was_refused_is_tried_again(shared_db: None, engine: FakeEngine) -> None:
    make.app()

    def refusing(process: Process) -> int:
        process.write(b"unknown field\n")
        return 1

    engine.world.programs["caddy"] = refusing
    with pytest.raises(EngineError, match="unknown field"):
        router.sync()
    engine.world.programs["caddy"] = lambda _: 0
    assert router.sync()


def test_files_that_were_not_taken_come_again_without_loading_anything(shared_db: None, engine: FakeEngine) -> None:
    loads = count_loads(engine)
    app = make.app()
    router.sync()
    Environment.objects.create(app=app, name="staging")
    tell(engine, lambda _: 1)
    with pytest.raises(EngineError):
        router.sync()
    tell(engine)
    assert [router.sync(), router.sync()] == [True, False]
    assert list(routes(engine)) == ["shop--staging.localhost", "shop.localhost"]
    assert loads == [router.RELOAD]


def test_a_router_that_is_away_is_named(shared_db: None, engine: FakeEngine) -> None:
    for ref in list(engine.world.containers):
        engine.world.remove(ref)
    with pytest.raises(EngineError, match="router is not running"):
        router.sync()


def test_of_two_who_tell_it_at_once_the_last_word_is_the_newest(shared_db: None, engine: FakeEngine) -> None:
    app = make.app()
    slow = threading.Event()

    def load(_: Process) -> int:
        slow.wait(0.05)
        return 0

    engine.world.programs["caddy"] = load

    def add(name: str) -> None:
        Environment.objects.create(app=app, name=name)
        router.sync()

    together(lambda: add("one"), lambda: add("two"), lambda: add("three"))
    assert len(routes(engine)) == 4


def test_requests_go_only_to_web_instances_of_the_live_release_that_are_up(db: None) -> None:
    environment = make.app().production
    live, old = make.release(environment), make.release(environment, "retired")

    def instance(release: object, process: str, index: int, state: str, address: str) -> None:
        facts = {"release": release, "process": process, "index": index, "state": state, "address": address}
        Instance.objects.create(environment=environment, **facts)

    instance(live, "web", 1, "up", "10.0.0.1")
    instance(live, "web", 2, "starting", "10.0.0.2")
    instance(live, "web", 3, "crashed", "10.0.0.3")
    instance(live, "web", 4, "stopping", "10.0.0.4")
    instance(live, "web", 5, "up", "")
    instance(live, "worker", 1, "up", "10.0.0.6")
    instance(old, "web", 1, "up", "10.0.0.7")
    table = router.routes()
    assert table.places == {environment.pk: Route(("10.0.0.1:5000",))}
    assert table.hosts == {"shop.localhost": environment.pk}


def test_an_app_that_is_going_has_no_address_any_more(db: None) -> None:
    """Its visitors are told so before its instances end."""
    make.app(destroyed_at=timezone.now())
    assert router.routes() == Table({}, {})


def test_no_app_can_take_the_address_of_another_ones_environment(db: None) -> None:
    """`shop--staging.localhost` is staging of shop, and cannot be the name of an app."""
    team = Team.objects.earliest("pk")
    with pytest.raises(ValidationError) as caught:
        create_app(team=team, name="shop--staging", source="sample", sample="flask")
    assert "name" in caught.value.message_dict
