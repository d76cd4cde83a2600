"""The router's configuration, as a whole literal, and when it is loaded."""

import threading
from collections import Counter

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from builds.create import create_app
from runtimes import caddy, router
from runtimes.caddy import Route, config
from runtimes.engine.base import EngineError
from runtimes.engine.fake import FakeEngine
from runtimes.engine.fake_process import Process
from runtimes.models import Environment, Instance, Team
from tests import factories as make
from tests.doubles import add_router, routes, together


def page(status: int, headline: str, advice: str) -> dict[str, object]:
    answer = {
        "handler": "static_response",
        "status_code": status,
        "headers": {"Content-Type": ["text/html; charset=utf-8"], "Cache-Control": ["no-store"]},
        "body": caddy.PAGE.format(headline=headline, advice=advice),
    }
    return {"handle": [answer]}


UNKNOWN = page(404, "There is no app at this address.", "Check its name in the console.")
STOPPED = page(503, "This app is not running.", "Deploy it, or scale its web process up, in the console.")
MAINTENANCE = page(503, "This app is being worked on.", "It will be back soon.")


def test_without_apps_everybody_gets_the_page_that_says_so() -> None:
    quiet = {"disable": True}
    assert config({}) == {
        "admin": {"listen": "unix//run/caddy/admin.sock"},
        "apps": {
            "http": {
                "servers": {
                    "apps": {"listen": [":8080"], "routes": [UNKNOWN], "automatic_https": quiet},
                    "stopped": {"listen": ["127.0.0.1:9001"], "routes": [STOPPED], "automatic_https": quiet},
                    "maintenance": {"listen": ["127.0.0.1:9002"], "routes": [MAINTENANCE], "automatic_https": quiet},
                },
                "grace_period": "30s",
            }
        },
    }


def test_each_host_goes_where_its_files_say() -> None:
    assert config({"a.localhost": Route()})["apps"]["http"]["servers"]["apps"]["routes"] == [
        {
            "match": [{"host": ["a.localhost"]}],
            "handle": [
                {
                    "handler": "reverse_proxy",
                    "upstreams": [{"dial": f"{{file./etc/caddy/routes/a.localhost/{slot}}}"} for slot in range(24)],
                    "load_balancing": {
                        "selection_policy": {"policy": "least_conn"},
                        "try_duration": "5s",
                        "try_interval": "100ms",
                    },
                    "stream_close_delay": "720h",
                    "transport": {"protocol": "http", "keep_alive": {"idle_timeout": "1s"}},
                }
            ],
            "terminal": True,
        },
        UNKNOWN,
    ]


@pytest.mark.parametrize("count", [1, 2, 3, 5, 7, 12, 13, 50])
def test_every_instance_gets_its_share(count: int) -> None:
    addresses = Counter(Route(tuple(f"10.0.0.{number}:5000" for number in range(count))).addresses)
    assert len(addresses) == count
    assert max(addresses.values()) - min(addresses.values()) <= 1
    assert min(addresses.values()) >= 2


def test_what_does_not_serve_gets_a_page() -> None:
    assert set(Route().addresses) == {caddy.STOPPED}
    assert set(Route(("10.0.0.1:5000",), maintenance=True).addresses) == {caddy.MAINTENANCE}


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


def test_a_configuration_is_loaded_only_when_it_changed(shared_db: None, engine: FakeEngine) -> None:
    loads: list[tuple[str, ...]] = []

    def load(process: Process) -> int:
        loads.append(process.argv)
        return 0

    engine.world.programs["caddy"] = load
    app = make.app()
    assert [router.sync(), router.sync(), router.sync()] == [True, False, False]
    Environment.objects.create(app=app, name="staging")
    assert [router.sync(), router.sync()] == [True, False]
    assert loads == [router.RELOAD] * 2
    assert list(routes(engine)) == ["shop--staging.localhost", "shop.localhost"]


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
    assert router.routes() == {"shop.localhost": Route(("10.0.0.1:5000",))}


def test_an_app_that_is_going_has_no_address_any_more(db: None) -> None:
    """Its visitors are told so before its instances end."""
    make.app(destroyed_at=timezone.now())
    assert router.routes() == {}


def test_no_app_can_take_the_address_of_another_ones_environment(db: None) -> None:
    """`shop--staging.localhost` is staging of shop, and cannot be the name of an app."""
    team = Team.objects.earliest("pk")
    with pytest.raises(ValidationError) as caught:
        create_app(team=team, name="shop--staging", source="sample", sample="flask")
    assert "name" in caught.value.message_dict
