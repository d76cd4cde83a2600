"""What every answer says to the browser."""

import os
import re
import subprocess
import sys
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import HttpCommunicator
from django.test import AsyncClient, Client

from console.asgi import application
from console.templatetags import slipway
from runtimes.models import App
from tests.console import factories as make


def test_nothing_inline_is_allowed(alice: Client) -> None:
    policy = alice.get("/").headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src 'self' 'nonce-" in policy


@pytest.mark.parametrize("address", ["/?q=%00", "/apps/shop/?environment=a%00b", "/apps/%00/"])
def test_a_nul_in_an_address_is_refused(alice: Client, address: str) -> None:
    assert alice.get(address).status_code == 400


BEHIND_TLS = """
import django
django.setup()
from django.conf import settings
from django.test import Client
answer = Client().get("/login", secure=True, headers={"Host": "localhost"})
print(answer.status_code, answer.headers.get("Strict-Transport-Security"), bool(answer.cookies["csrftoken"]["secure"]),
      settings.SESSION_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY, settings.SESSION_COOKIE_SAMESITE)
"""


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("https", "said"),
    [("true", "200 max-age=31536000 True True True Lax"), ("false", "200 None False False True Lax")],
)
def test_behind_tls_browsers_are_told_to_stay_there_and_cookies_go_nowhere_else(https: str, said: str) -> None:
    environment = os.environ | {"SLIPWAY_HTTPS": https, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BEHIND_TLS], env=environment, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == said


def test_each_answer_has_a_nonce_of_its_own(alice: Client) -> None:
    first, second = (alice.get("/").headers["Content-Security-Policy"] for _ in range(2))
    assert first != second


def test_pages_hold_nothing_that_the_policy_would_stop(app: App, alice: Client) -> None:
    make.deploy(app, "failed", failure="It broke.", lines=[(0, "one")])
    for address in (
        "/",
        "/apps/new",
        "/apps/shop/",
        "/apps/shop/deploys/1/",
        "/apps/shop/config/",
        "/apps/shop/settings/",
    ):
        page = alice.get(address).content.decode()
        assert not re.search(r"<[^>]+\s(style|on[a-z]+)=", page), address
        assert not re.search(r"<script(?![^>]*\bsrc=)", page), address
        assert "<style" not in page, address


def test_what_people_write_stays_text(app: App, alice: Client) -> None:
    make.deploy(app, "failed", message="<script>alert(1)</script>", failure="<img src=x>", lines=[(0, "<b>bold</b>")])
    page = alice.get("/apps/shop/deploys/1/").content.decode()
    assert "<script>alert" not in page
    assert "<img src=x>" not in page
    assert "&lt;b&gt;bold" in page


async def test_a_log_is_downloaded_as_a_file_of_plain_text(
    shared_db: None, app: App, async_client: AsyncClient
) -> None:
    await sync_to_async(make.deploy)(app, lines=[(0, "\x1b[31mred\x1b[0m"), (1, "<b>")])
    await async_client.aforce_login(await sync_to_async(make.known)("alice"))
    response: Any = await async_client.get("/apps/shop/deploys/1/log.txt")
    assert b"".join([part async for part in response.streaming_content]) == b"red\n<b>\n"
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="shop-1.txt"'
    assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_visitor_does_not_say_which_addresses_others_are_shown() -> None:
    """Daphne takes the root path from a header of whoever asks, and addresses are remembered for all."""
    slipway.url.cache_clear()
    for root in ("//evil.test", ""):
        browser = HttpCommunicator(application, "GET", "/nowhere", headers=[(b"host", b"localhost")])
        browser.scope["root_path"] = root
        answer = await browser.get_response()
        assert b'href="/"' in answer["body"], root
        assert b"evil" not in answer["body"], root
