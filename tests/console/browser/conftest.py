"""The console in a real browser: Daphne in a thread of this process, on the tests' own database."""

import asyncio
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from daphne.server import Server
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.db import connections
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django import Settings
from twisted.internet import reactor as _reactor

from runtimes.models import App
from tests.console import factories as make

reactor: Any = _reactor


@pytest.fixture(scope="session")
def console() -> Iterator[Server]:
    """The console, answering at a port of its own."""
    from console.asgi import application  # noqa: PLC0415 - only after Django is set up

    with_files = ASGIStaticFilesHandler(application)
    server = Server(with_files, endpoints=["tcp:port=0:interface=127.0.0.1"], signal_handlers=False, verbosity=0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.listening_addresses:
        assert thread.is_alive(), "The console's server did not start"
        time.sleep(0.01)
    yield server
    reactor.callFromThread(reactor.stop)
    thread.join(10)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for the tests here. The thread that drives it may ask the database: nobody else runs in it."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained about: errors of scripts, breaches of the policy, answers that failed."""
    return []


@pytest.fixture
def visit(
    shared_db: None, settings: Settings, console: Server, chromium: Browser, complaints: list[str]
) -> Iterator[Callable[..., Page]]:
    """Open a page as somebody who is signed in."""
    settings.ALLOWED_HOSTS = ["localhost"]
    contexts = []

    def open_page(path: str, person: str = "alice", **options: Any) -> Page:
        port = console.listening_addresses[0][1]
        context = chromium.new_context(base_url=f"http://localhost:{port}", **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"{path}: {error}"))
        page.on("response", lambda got: complaints.append(f"{got.status} {got.url}") if got.status >= 400 else None)
        page.on("console", lambda said: complaints.append(f"{path}: {said.text}") if said.type == "error" else None)
        page.goto("/login")
        page.fill("#id_username", person)
        page.fill("#id_password", person)
        page.click("button.btn-primary")
        page.wait_for_url("**/")
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    _wait_for_quiet(console)
    connections.close_all()


def _wait_for_quiet(console: Server) -> None:
    """Until nobody reads the database any more, it cannot be put back as it was.

    A view whose browser has gone ends in its thread all the same, soon after its task.
    """
    deadline = time.monotonic() + 20
    while console.connections or _tasks():
        assert time.monotonic() < deadline, f"Still at work: {console.connections}"
        time.sleep(0.05)
    time.sleep(0.3)


def _tasks() -> int:
    """How many things the server's loop is doing, but for this question."""

    async def others() -> int:
        return len(asyncio.all_tasks()) - 1

    return asyncio.run_coroutine_threadsafe(others(), reactor._asyncioEventloop).result(10)


@pytest.fixture
def shop(shared_db: None) -> App:
    """An app of Alice's team, in a database that the server sees too."""
    return make.app("shop", make.team("Alice's team", alice="admin", vera="viewer"))
