"""The static buildpack: which files are the site, and how they are served."""

from __future__ import annotations

import gzip
import json

import pytest

from tests.buildpacks.bundled.harness import Source, Workshop

pytestmark = pytest.mark.docker

LONG = "body { color: teal }\n" * 100


@pytest.fixture(scope="module")
def static_cache(workshop: Workshop) -> str:
    return workshop.volume()


def test_a_folder_is_served_with_the_headers_that_suit_each_file(workshop: Workshop, static_cache: str) -> None:
    source = {
        "index.html": "<h1>Home</h1>",
        "about.html": "<h1>About</h1>",
        "404.html": "<h1>Lost</h1>",
        "blog/index.html": "<h1>Blog</h1>",
        "app.3f9c2ab1.css": LONG,
        "plain.css": LONG,
        ".env": "SECRET=1",
        ".well-known/security.txt": "Contact: us",
        "package-lock.json": "{}",
        "static.json": json.dumps(
            {
                "headers": {"/blog/**": {"X-Robots-Tag": "noindex"}},
                "redirects": {"/old": {"url": "/about", "status": 302}},
            }
        ),
    }
    built = workshop.build(source, "static", volume=static_cache)
    assert built.one("slug")["process_types"] == {"web": "python3 .heroku/static/server.py"}
    with workshop.running(built) as app:
        home = app.get("/")
        assert (home.text, home.headers["Cache-Control"]) == ("<h1>Home</h1>", "no-cache")
        assert home.headers["Content-Type"] == "text/html; charset=utf-8"
        assert home.headers["X-Content-Type-Options"] == "nosniff"
        assert app.get("/about").text == app.get("/about.html?x=1").text == "<h1>About</h1>"

        blog = app.get("/blog/")
        assert (blog.text, blog.headers["X-Robots-Tag"]) == ("<h1>Blog</h1>", "noindex")
        moved = app.get("/blog")
        assert (moved.status, moved.headers["Location"]) == (301, "/blog/")
        moved = app.get("/old")
        assert (moved.status, moved.headers["Location"]) == (302, "/about")

        assert app.get("/app.3f9c2ab1.css").headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert app.get("/plain.css").headers["Cache-Control"] == "public, max-age=3600"

        lost = app.get("/no/such/page")
        assert (lost.status, lost.text, lost.headers["Cache-Control"]) == (404, "<h1>Lost</h1>", "no-cache")
        hidden = ["/.env", "/static.json", "/package-lock.json", "/.heroku/static/site.json", "/../../etc/passwd"]
        assert {app.get(path).status for path in [*hidden, "/%2e%2e/%2e%2e/etc/passwd"]} == {404}
        assert app.get("/.well-known/security.txt").text == "Contact: us"


def test_compressed_twins_validators_and_ranges(workshop: Workshop, static_cache: str) -> None:
    source = {"public/index.html": "<h1>Home</h1>", "public/style.css": LONG, "public/tiny.css": "a{}"}
    with workshop.running(workshop.build(source, "static", volume=static_cache)) as app:
        brotli = app.get("/style.css", {"Accept-Encoding": "gzip, br"})
        assert (brotli.headers["Content-Encoding"], brotli.headers["Vary"]) == ("br", "Accept-Encoding")
        zipped = app.get("/style.css", {"Accept-Encoding": "gzip, br;q=0"})
        assert zipped.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(zipped.body).decode() == LONG
        plain = app.get("/style.css")
        assert (plain.text, plain.headers["Content-Encoding"]) == (LONG, None)
        assert len({answer.headers["ETag"] for answer in (brotli, zipped, plain)}) == 3
        assert app.get("/tiny.css", {"Accept-Encoding": "br"}).headers["Content-Encoding"] is None

        known = app.get("/style.css", {"If-None-Match": f'"other", W/{plain.headers["ETag"]}'})
        assert (known.status, known.body) == (304, b"")
        part = app.get("/style.css", {"Range": "bytes=5-9"})
        assert (part.status, part.text, part.headers["Content-Range"]) == (206, LONG[5:10], f"bytes 5-9/{len(LONG)}")
        assert app.get("/style.css", {"Range": "bytes=-4"}).text == LONG[-4:]
        assert app.get("/style.css", {"Range": "bytes=999999-"}).status == 200

        app.container.stop(timeout=10)
        app.container.reload()
        assert app.container.attrs["State"]["ExitCode"] == 0


def test_a_built_front_end_is_a_single_page_app_without_node_in_its_slug(workshop: Workshop, node_cache: str) -> None:
    package = {
        "private": True,
        "scripts": {"build": "mkdir -p dist && cp page.html dist/index.html"},
        "dependencies": {"ms": "2.1.3"},
    }
    source = {"package.json": json.dumps(package), "page.html": "<h1>Page</h1>"}
    built = workshop.build(source, "nodejs", "python", "static", "procfile", volume=node_cache, automatic=True)
    assert [pack["name"] for pack in built.one("detected")["buildpacks"]] == ["nodejs", "static"]
    assert not {"./.heroku/node", "./node_modules"} & built.names()
    with workshop.running(built) as app:
        assert app.get("/some/deep/link").text == "<h1>Page</h1>"
        assert app.get("/missing.png").status == 404


MISTAKES: list[tuple[str, Source, str]] = [
    ("static-json-invalid", {"static.json": "[1]"}, "static.json is not valid"),
    ("root-missing", {"static.json": '{"root": "dist"}'}, 'names the folder "dist"'),
    ("root-missing", {"static.json": '{"root": "../../etc"}'}, 'names the folder "../../etc"'),
    ("no-index", {"static.json": "{}"}, "There is no index.html in any of the usual folders"),
]


@pytest.mark.parametrize(("reason", "source", "sentence"), MISTAKES, ids=[mistake[0] for mistake in MISTAKES])
def test_a_mistake_is_explained(
    workshop: Workshop, static_cache: str, reason: str, source: Source, sentence: str
) -> None:
    built = workshop.build(source, "static", volume=static_cache)
    assert (built.exit_code, built.reason) == (1, reason), built.log
    assert sentence in built.log
