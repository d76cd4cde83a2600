"""What people may send to the console by hand: nothing of it breaks anything. See docs/hostile-inputs.md."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import Settings

from runtimes.models import App, Environment
from tests.console import factories as make

pytestmark = pytest.mark.thorough

NONSENSE = [
    "-1",
    "1e9",
    "9" * 30,
    "\u0661\u0662",
    "%00",
    "NaN",
    "1;drop table",
    "../../etc/passwd",
    "<script>",
    "\U0001f4a3",
    "1 OR 1=1",
]


@pytest.mark.parametrize(
    "address",
    [
        "/?page={}",
        "/?q={}",
        "/apps/switch?q={}",
        "/apps/shop/?environment={}",
        "/apps/shop/deploys/1/log?since={}&limit={}",
        "/apps/shop/deploys/1/log/search?q={}",
        "/apps/shop/logs/?instance={}",
        "/apps/shop/logs/lines?since={}",
        "/apps/shop/activity/?actor={}&action={}&page={}",
        "/apps/new?sample={}",
    ],
)
def test_nonsense_in_an_address_is_no_fault_of_the_platform(address: str, app: App, alice: Client) -> None:
    make.deploy(app, lines=[(1, "a line")])
    answers = {value: alice.get(address.replace("{}", value)).status_code for value in NONSENSE}
    assert {value: code for value, code in answers.items() if code not in (200, 400, 404)} == {}


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Shop",
        "1shop",
        "shop_1",
        "-shop",
        "shop;id",
        "$(id)",
        "shop shop",
        "a" * 31,
        "admin",
        "a--b",
        "sho\u200dp",
        "\x00",
    ],
)
def test_a_name_that_is_none_makes_no_app(name: str, team: Any, alice: Client) -> None:
    data = {"name": name, "team": str(team.pk), "source": "sample", "sample": "flask"}
    assert alice.post("/apps/new", data).status_code == 422
    assert not App.objects.exists()


@pytest.mark.parametrize("name", ["", "Staging", "a b", "../x", "production", "x" * 31, "\x00"])
def test_a_name_that_is_none_makes_no_environment(name: str, app: App, alice: Client) -> None:
    alice.post("/apps/shop/settings/environments", {"name": name})
    assert [each.name for each in Environment.objects.all()] == ["production"]


@pytest.mark.parametrize(
    "ref", ["-x", "--upload-pack=id", "a..b", "a b", "a;id", "$(id)", "main\nHost: x", "x" * 201, "\x00"]
)
def test_a_ref_that_git_could_take_for_something_else_starts_nothing(ref: str, app: App, alice: Client) -> None:
    alice.post("/apps/shop/deploy", {"ref": ref})
    assert not app.journals.exists()


@pytest.mark.parametrize("quantity", ["-1", "1.5", "", "1e3", "99999", "\u0661", "0x10", "1\n"])
def test_a_number_of_instances_that_is_none_scales_nothing(quantity: str, app: App, alice: Client) -> None:
    make.deploy(app)
    make.instances(app, "web", ["up"])
    alice.post("/apps/shop/processes/scale", {"process": "web", "quantity": quantity})
    assert app.production.processes.get().quantity == 1


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "localhost@evil.example", "", "a" * 300])
def test_a_host_that_is_not_the_consoles_is_refused(host: str, settings: Settings, alice: Client) -> None:
    settings.ALLOWED_HOSTS = ["localhost"]
    assert alice.get("/", headers={"host": host}).status_code == 400


def test_what_a_proxy_would_say_is_not_believed_from_anybody(settings: Settings, alice: Client) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    spoofed = {"x-forwarded-host": "evil.example", "x-forwarded-proto": "https", "x-forwarded-for": "127.0.0.1"}
    answer = alice.get("/login", headers=spoofed, follow=True)
    assert answer.status_code == 200
    assert "evil.example" not in answer.content.decode()
    assert not answer.wsgi_request.is_secure()


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"])
def test_nobody_is_sent_away_by_what_an_address_says(
    back: str, alice: Client, signed_in: Callable[[str], Client]
) -> None:
    assert alice.post("/account/theme", {"theme": "dark", "next": back}).headers["Location"] == "/"
    data = {"username": "alice", "password": "alice", "next": back}
    assert "evil" not in signed_in("").post("/login", data).headers["Location"]


@pytest.mark.parametrize(
    "text",
    [
        "<img src=x onerror=alert(1)>",
        "\x1b]8;;javascript:alert(1)\x07x",
        "\u202egnp.exe",
        "{{ 7|add:7 }}",
        "{% debug %}",
    ],
)
def test_what_a_build_says_is_shown_and_never_obeyed(text: str, app: App, alice: Client) -> None:
    make.deploy(app, "failed", lines=[(4, text)], failure=text)
    page = alice.get("/apps/shop/deploys/1/").content.decode()
    assert "<img src=x" not in page
    assert 'href="javascript' not in page
    assert "\u202e" not in page.split("Its last lines")[1].split("</pre>")[0]
    assert "7|add:7" in page or "{{" not in text


@pytest.mark.parametrize(
    "header",
    [
        {"HX-Request": "true", "HX-Current-URL": "https://evil.example/<script>evil</script>", "HX-Target": "evil<b>"},
        {"HX-Request": "false", "HX-Trigger-Name": "<script>evil</script>", "HX-Prompt": "evil\u0661"},
        {"Accept-Language": "evil-<script>," * 50},
        {"Content-Type": "evil/<script>; charset=evil"},
        {"Cookie": 'theme="><script>evil</script>; sessionid=evil; csrftoken=evil'},
        {"Referer": "https://evil.example/<script>evil</script>", "User-Agent": "evil\x7f" * 500},
    ],
)
def test_no_header_changes_what_a_page_says(header: dict[str, str], app: App, alice: Client) -> None:
    kept = alice.cookies.output(attrs=[], header="", sep=";")
    if "Cookie" in header:
        header = {"Cookie": f"{header['Cookie']}; {kept.strip()}"}
    answer = alice.get("/apps/shop/", headers=header)
    assert answer.status_code == 200
    assert "evil" not in answer.content.decode()


def test_each_input_of_the_list_has_a_test_that_is_there() -> None:
    named = re.findall(r"`([a-z0-9_/]+\.py)(?:::(\w+))?`", (settings.BASE_DIR / "docs/hostile-inputs.md").read_text())
    assert len(named) > 30
    tests = settings.BASE_DIR / "tests"
    assert [each for each in named if f"def {each[1] or 'test_'}" not in (tests / each[0]).read_text()] == []
