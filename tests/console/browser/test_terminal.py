"""The terminal in a real browser, with a socket in its place: what is drawn, what is sent, and how it ends."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from runtimes.models import App
from tests.console import factories as make

pytestmark = pytest.mark.e2e


class Line:
    """The server's end of the terminal's socket."""

    def __init__(self) -> None:
        self.heard: list[str | bytes] = []
        self.sockets: list[WebSocketRoute] = []

    def answer(self, socket: WebSocketRoute) -> None:
        """Greet whoever comes."""
        self.sockets.append(socket)
        socket.on_message(lambda message: self.heard.append(message))  # noqa: PLW0108 - a builtin cannot be handed over
        socket.send('{"t": "hello"}')

    def write(self, data: bytes) -> None:
        """What the shell writes."""
        self.sockets[-1].send(data)

    @property
    def typed(self) -> bytes:
        """What was typed."""
        return b"".join(each for each in self.heard if isinstance(each, bytes))


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def page(shop: App, visit: Callable[..., Page], line: Line) -> Page:
    """Alice's open shell."""
    make.deploy(shop)
    opened = make.shell(shop, make.known("alice"), "open")
    page = visit("/")
    page.route_web_socket("**/ws/apps/shop/shells/*/", line.answer)
    page.goto(f"/apps/shop/shells/{opened.pk}/")
    return page


def test_the_policy_lets_it_draw_every_colour(page: Page, line: Line, complaints: list[str]) -> None:
    rows = page.locator(".xterm-rows")
    expect(rows).to_be_visible()
    line.write("\x1b[31mred\x1b[0m \x1b[38;2;250;120;10mtrue\x1b[0m Grüße, 你好\r\n".encode())
    expect(rows).to_contain_text("Grüße, 你好")
    expect(rows.get_by_text("red", exact=True)).to_have_css("color", "rgb(255, 141, 133)")
    expect(rows.get_by_text("true", exact=True)).to_have_css("color", "rgb(250, 120, 10)")
    assert complaints == []


def test_a_character_that_comes_in_two_pieces_is_one(page: Page, line: Line) -> None:
    expect(page.locator(".xterm-rows")).to_be_visible()
    for piece in ("ö".encode()[:1], "ö".encode()[1:] + b" whole"):
        line.write(piece)
    expect(page.locator(".xterm-rows")).to_contain_text("ö whole")


def test_what_is_typed_and_how_large_it_is_are_sent(page: Page, line: Line) -> None:
    expect(page.locator(".xterm-rows")).to_be_visible()
    page.keyboard.type("lä")
    page.keyboard.press("Control+c")
    page.keyboard.press("Tab")
    page.wait_for_timeout(200)
    assert line.typed == "lä\x03\t".encode()
    sizes = [each for each in line.heard if isinstance(each, str) and "size" in each]
    page.set_viewport_size({"width": 700, "height": 500})
    page.wait_for_timeout(300)
    assert len(sizes) < len([each for each in line.heard if isinstance(each, str) and "size" in each])


def test_pieces_that_were_drawn_are_answered(page: Page, line: Line) -> None:
    expect(page.locator(".xterm-rows")).to_be_visible()
    for number in range(10):
        line.write(b"%d " % number)
    expect(page.locator(".xterm-rows")).to_contain_text("8 9")
    page.wait_for_timeout(200)
    assert '{"ack":10}' in line.heard


def test_the_keyboard_gets_out_again(page: Page, line: Line) -> None:
    expect(page.get_by_label("Terminal", exact=True)).to_be_focused()
    page.keyboard.press("Shift+F6")
    expect(page.get_by_role("button", name="Close shell")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_timeout(200)
    assert '{"end":true}' in line.heard


def test_the_end_is_told_and_another_is_offered(page: Page, line: Line) -> None:
    expect(page.locator(".xterm-rows")).to_be_visible()
    line.sockets[-1].send('{"t": "over", "ending": "It ended with exit status 0."}')
    line.sockets[-1].close(code=1000)
    expect(page.get_by_role("status").get_by_text("It ended with exit status 0.")).to_be_visible()
    expect(page.get_by_role("link", name="Open another")).to_be_visible()
    expect(page.get_by_role("button", name="Close shell")).to_be_hidden()


def test_a_lost_connection_comes_back_to_the_same_shell(page: Page, line: Line) -> None:
    rows = page.locator(".xterm-rows")
    expect(rows).to_be_visible()
    line.write(b"before")
    expect(rows).to_contain_text("before")
    line.sockets[-1].close(code=1011)
    for _ in range(100):
        if len(line.sockets) > 1:
            break
        page.wait_for_timeout(100)
    line.write(b"again")
    expect(rows).to_contain_text("again")
    expect(rows).not_to_contain_text("before")


def test_one_that_went_to_another_window_says_so_and_does_not_come_back(page: Page, line: Line) -> None:
    expect(page.locator(".xterm-rows")).to_be_visible()
    line.sockets[-1].close(code=4409)
    expect(page.get_by_role("status").get_by_text("This shell is shown in another window now.")).to_be_visible()
    page.wait_for_timeout(1500)
    assert len(line.sockets) == 1
