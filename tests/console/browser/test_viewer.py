"""The log viewer in a real browser: every line once, in order, as text, however many there are."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Page, WebSocketRoute, expect

from builds.models import Build
from console.ansi import plain
from runtimes import journal as journals
from runtimes.models import App, Journal, LogChunk
from tests.console import factories as make

pytestmark = pytest.mark.e2e
DEPLOY = "/apps/shop/deploys/1/"


def say(journal: Journal, first: int, last: int) -> None:
    """Store lines `line N` of the running step, and ring."""
    elsewhere(journals.store, journal, [[1, 500, f"line {number}"] for number in range(first, last + 1)])


def elsewhere(work: Callable[..., Any], *args: Any) -> None:
    """Do it in a thread without an event loop, as a worker would."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work, *args).result()
        pool.submit(connections.close_all).result()


def numbers(page: Page) -> list[int]:
    """The numbers of all lines the viewer knows, in its order; walked through by scrolling from the start."""
    seen: dict[int, None] = {}
    page.locator(".log-pane").evaluate("pane => pane.scrollTop = 0")
    while True:
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        seen |= dict.fromkeys(int(each) for each in page.locator(".log-no").all_text_contents())
        further = (
            "pane => { const top = pane.scrollTop; pane.scrollTop += pane.clientHeight; return pane.scrollTop > top }"
        )
        if not page.locator(".log-pane").evaluate(further):
            return list(seen)


def test_lines_come_live_and_none_is_lost_or_repeated_by_a_reload(shop: App, visit: Callable[..., Page]) -> None:
    journal = make.deploy(shop, "building")
    say(journal, 1, 40)
    page = visit(DEPLOY)
    expect(page.get_by_text("line 40", exact=True)).to_be_visible()
    say(journal, 41, 60)
    expect(page.get_by_text("line 60", exact=True)).to_be_visible(timeout=15_000)
    page.reload()
    say(journal, 61, 80)
    expect(page.get_by_text("line 80", exact=True)).to_be_visible(timeout=15_000)
    assert numbers(page) == list(range(1, 81))


def test_a_lost_connection_loses_no_line_and_repeats_none(shop: App, visit: Callable[..., Page]) -> None:
    journal = make.deploy(shop, "building")
    say(journal, 1, 10)
    page = visit("/")
    sockets: list[WebSocketRoute] = []

    def through(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    page.route_web_socket(re.compile("/ws/"), through)
    page.goto(DEPLOY)
    expect(page.get_by_text("line 10", exact=True)).to_be_visible()
    page.wait_for_timeout(300)
    sockets[-1].close(code=1001)
    say(journal, 11, 30)
    expect(page.get_by_text("line 30", exact=True)).to_be_visible(timeout=20_000)
    say(journal, 31, 40)
    expect(page.get_by_text("line 40", exact=True)).to_be_visible(timeout=20_000)
    assert numbers(page) == list(range(1, 41))
    assert len(sockets) >= 2


def test_without_websockets_the_log_still_comes(shop: App, visit: Callable[..., Page]) -> None:
    journal = make.deploy(shop, "building")
    say(journal, 1, 10)
    page = visit("/")
    page.route_web_socket(re.compile("/ws/"), lambda socket: socket.close(code=1006))
    page.goto(DEPLOY)
    expect(page.get_by_text("line 10", exact=True)).to_be_visible()
    say(journal, 11, 20)
    expect(page.get_by_text("line 20", exact=True)).to_be_visible(timeout=30_000)
    assert numbers(page) == list(range(1, 21))


def test_the_end_of_a_deploy_changes_the_page_without_a_reload(shop: App, visit: Callable[..., Page]) -> None:
    journal = make.deploy(shop, "building")
    say(journal, 1, 5)
    page = visit(DEPLOY)
    expect(page).to_have_title("#1 Building · shop · Slipway")
    journal.build.move("failed", failure="Python stopped with exit code 1.")
    journal.steps.get(key="buildpack:1").move("failed")
    elsewhere(journals.close, journal)
    expect(page.get_by_role("heading", name="Python failed")).to_be_visible(timeout=15_000)
    expect(page).to_have_title("#1 Failed · shop · Slipway")
    assert "failed" in (page.locator("#favicon").get_attribute("href") or "")
    expect(page.locator(".said")).to_contain_text("line 5")
    elsewhere(lambda: Build.objects.update(failure="Python was killed."))
    page.evaluate("document.body.dispatchEvent(new CustomEvent('news'))")
    expect(page.get_by_text("Python was killed.")).to_be_visible()


def test_of_a_hundred_thousand_lines_a_few_hundred_are_drawn(shop: App, visit: Callable[..., Page]) -> None:
    journal = make.deploy(shop, "building")
    for first in range(1, 100_001, 1000):
        lines = [[1, 500, f"line {number}"] for number in range(first, first + 1000)]
        LogChunk.objects.create(journal=journal, first=first, count=1000, lines=lines)
    page = visit(DEPLOY)
    expect(page.get_by_text("line 100000", exact=True)).to_be_visible()
    assert page.locator(".log-line").count() < 400
    page.locator("body").press("g")
    expect(page.get_by_text("line 1", exact=True)).to_be_visible(timeout=15_000)
    page.goto(f"{DEPLOY}#L50000")
    expect(page.locator(".log-line.is-chosen")).to_contain_text("line 50000", timeout=15_000)
    assert page.locator(".log-line").count() < 400


def test_hostile_text_is_shown_and_never_obeyed(shop: App, visit: Callable[..., Page], complaints: list[str]) -> None:
    texts = [
        "<img src=x onerror=alert(1)>",
        "\x1b]8;;javascript:alert(1)\x07click\x1b]8;;\x07",
        "if \u202ereversed\u202c",
        "\x1b[31mred\x1b[38;5;208morange\x1b[48;2;1;2;3mtrue\x1b[7minverse\x1b[0m",
        "\x1b[38;2;url(x);1;2mstrange\x1b[999999999m",
        "&lt;b&gt;",
    ]
    make.deploy(shop, "building", lines=[(4, text) for text in texts])
    page = visit(DEPLOY)
    expect(page.locator(".log-line")).to_have_count(len(texts))
    assert page.locator(".log-text").all_text_contents() == [plain(text) for text in texts]
    assert page.locator(".log img, .log script, .log-text a").count() == 0
    assert page.locator(".log-text .c1").all_text_contents() == ["red"]
    assert complaints == []


def test_browser_and_server_read_terminal_codes_alike(shop: App, visit: Callable[..., Page]) -> None:
    page = visit("/")
    texts = [
        "plain",
        "\x1b[1mbold\x1b[m",
        "\x1b",
        "a\x1b[",
        "\x1b]0;t\x1b\\x",
        "\x1b(B",
        "\x1b[?25lx",
        "\u2066i\u2069",
        "\x1b[31",
    ]
    script = """async (texts) => {
        const { pieces, plain } = await import("/static/console/log/ansi.js");
        return texts.map((text) => [plain(text), pieces(text).map((piece) => piece.text).join("")]);
    }"""
    assert page.evaluate(script, texts) == [[plain(text), plain(text)] for text in texts]


def test_folding_searching_and_choosing_lines(shop: App, visit: Callable[..., Page]) -> None:
    lines = [(0, "queued"), *((3, f"step {number}") for number in range(100)), (4, "error: it broke")]
    make.deploy(shop, "failed", lines=lines, failure="It broke.")
    page = visit(DEPLOY)
    head = page.get_by_role("button", name="Node.js")
    expect(head).to_have_attribute("aria-expanded", "false")
    expect(page.locator(".log-text", has_text="error: it broke")).to_be_visible()
    page.locator("#step-400 a").click()
    expect(head).to_have_attribute("aria-expanded", "true")
    page.locator("body").press("/")
    page.keyboard.type("STEP 5")
    expect(page.locator(".log-hits")).to_have_text("11")
    page.keyboard.press("Enter")
    expect(page.locator(".log-hits")).to_have_text("1/11")
    expect(page.locator("mark").first).to_have_text("step 5")
    page.locator('[data-line="7"]').click()
    page.locator('[data-line="9"]').click(modifiers=["Shift"])
    assert page.url.endswith("#L7-L9")
    expect(page.locator(".log-line.is-chosen")).to_have_count(3)
    page.get_by_role("button", name="First error").click()
    expect(page.locator(".log-text", has_text="error: it broke")).to_be_visible()


def test_what_instances_print_is_searched_and_chosen_and_what_is_chosen_is_what_one_takes_away(
    shop: App, visit: Callable[..., Page], complaints: list[str]
) -> None:
    make.deploy(shop)
    make.instances(shop, "web", ["up", "up"])
    make.printed(shop, [(f"web.{number % 2 + 1}", f"GET /{number}") for number in range(100)])
    page = visit("/apps/shop/logs/")
    expect(page.get_by_text("GET /99", exact=True)).to_be_visible()
    page.get_by_role("searchbox", name="Search the log").fill("get /5")
    expect(page.locator(".log-hits")).to_have_text("11")
    page.get_by_label("Instances", exact=True).select_option("web.1")
    expect(page.get_by_text("GET /98", exact=True)).to_be_visible()
    expect(page.get_by_text("GET /99", exact=True)).to_have_count(0)
    expect(page.get_by_role("link", name="Download as text")).to_have_attribute("href", re.compile("instance=web.1$"))
    assert complaints == []


def test_reading_further_up_stops_following_and_counts_what_is_new(shop: App, visit: Callable[..., Page]) -> None:
    journal = make.deploy(shop, "building")
    say(journal, 1, 300)
    page = visit(DEPLOY)
    expect(page.get_by_text("line 300", exact=True)).to_be_visible()
    page.locator(".log-pane").hover()
    page.mouse.wheel(0, -1500)
    expect(page.get_by_role("button", name="Follow")).to_have_attribute("aria-pressed", "false")
    say(journal, 301, 337)
    expect(page.get_by_text("37 new lines")).to_be_visible(timeout=15_000)
    page.get_by_text("37 new lines").click()
    expect(page.get_by_text("line 337", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Follow")).to_have_attribute("aria-pressed", "true")


def test_times_wrapping_and_copying_are_there_on_demand(shop: App, visit: Callable[..., Page]) -> None:
    make.deploy(shop, "building", lines=[(4, "\x1b[32mfirst\x1b[0m"), (4, "second " + "long " * 200), (4, "third")])
    page = visit(DEPLOY, permissions=["clipboard-read", "clipboard-write"])
    expect(page.get_by_text("third", exact=True)).to_be_visible()
    expect(page.locator(".log-time")).to_have_count(0)
    page.get_by_role("button", name="Timestamps").click()
    expect(page.locator(".log-time").first).to_have_text(re.compile(r"^\d\d:\d\d:\d\d\.\d{3}$"))
    pane = page.locator(".log-pane")
    wider = "pane => pane.scrollWidth > pane.clientWidth"
    assert pane.evaluate(wider)
    page.get_by_role("button", name="Wrap long lines").click()
    expect(page.locator(".log.log-wrap")).to_be_visible()
    page.wait_for_function(f"() => !({wider})(document.querySelector('.log-pane'))")
    page.locator('[data-line="1"]').click()
    page.locator('[data-line="2"]').click(modifiers=["Shift"])
    page.get_by_role("button", name="Copy the log").click()
    expect(page.get_by_role("button", name="Copy the log")).to_have_attribute("aria-pressed", "true")
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied.splitlines()[0] == "first"
    assert "third" not in copied


def test_a_hidden_tab_takes_lines_and_paints_them_when_it_is_seen(shop: App, visit: Callable[..., Page]) -> None:
    journal = make.deploy(shop, "building")
    say(journal, 1, 20)
    page = visit(DEPLOY)
    expect(page.get_by_text("line 20", exact=True)).to_be_visible()
    turn = """({ hidden }) => {
        Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(turn, {"hidden": True})
    say(journal, 21, 40)
    page.wait_for_timeout(1_500)
    assert page.get_by_text("line 40", exact=True).count() == 0
    page.route("**/log?*", lambda route: route.abort())  # what is shown now came while nobody looked
    page.evaluate(turn, {"hidden": False})
    expect(page.get_by_text("line 40", exact=True)).to_be_visible(timeout=3_000)


@pytest.mark.parametrize(
    ("code", "said"), [(4401, "You are signed out."), (4403, "You may not see this any more."), (4404, "This is gone.")]
)
def test_a_socket_that_is_refused_says_why_and_does_not_come_again(
    code: int, said: str, shop: App, visit: Callable[..., Page]
) -> None:
    make.deploy(shop, "building", lines=[(4, "a line")])
    page = visit("/")
    knocks: list[str] = []

    def refuse(socket: WebSocketRoute) -> None:
        knocks.append(socket.url)
        socket.close(code=code)

    page.route_web_socket(re.compile("/deploys/1/"), refuse)
    page.goto(DEPLOY)
    expect(page.locator("#connection")).to_contain_text(said)
    page.wait_for_timeout(2_000)
    assert len(knocks) == 1


def test_a_lost_connection_is_told_until_it_is_back(shop: App, visit: Callable[..., Page]) -> None:
    make.deploy(shop, "building", lines=[(4, "a line")])
    page = visit("/")
    away = [True]

    def through(socket: WebSocketRoute) -> None:
        if away[0]:
            socket.close(code=1006)
        else:
            socket.connect_to_server()

    page.route_web_socket(re.compile("/ws/"), through)
    page.goto(DEPLOY)
    expect(page.locator("#connection")).to_contain_text("Reconnecting", timeout=20_000)
    away[0] = False
    expect(page.locator("#connection")).to_be_hidden(timeout=30_000)


def test_without_a_script_the_log_is_plain_text(shop: App, visit: Callable[..., Page]) -> None:
    make.deploy(shop, "building", lines=[(0, "\x1b[1mbold\x1b[0m <b>")])
    page = visit(DEPLOY, java_script_enabled=False)
    assert "bold <b>" in page.locator(".log-plain").inner_text()
    expect(page.get_by_role("button", name="Cancel deploy")).to_be_visible()


def test_what_instances_print_is_read_on_a_phone_and_chosen_by_instance(shop: App, visit: Callable[..., Page]) -> None:
    make.deploy(shop)
    make.instances(shop, "web", ["up"])
    make.instances(shop, "worker", ["up"])
    make.printed(shop, [("web.1", "a line of web " * 9), ("worker.1", "a line of worker")])
    page = visit("/apps/shop/logs/", viewport={"width": 390, "height": 844})
    lines = page.locator(".log-text")
    expect(lines).to_have_count(2)
    pane = page.locator(".log-pane").bounding_box()
    for box in (lines.nth(place).bounding_box() for place in range(2)):
        assert pane
        assert box
        assert box["width"] > pane["width"] * 0.7
        assert box["x"] + box["width"] <= pane["x"] + pane["width"] + 1
    expect(page.locator(".log-time")).to_have_count(0)
    page.click("[data-do=times]")
    expect(page.locator(".log-time")).to_have_count(2)
    page.select_option(".log-only select", "worker.1")
    expect(lines).to_have_text(["a line of worker"])
