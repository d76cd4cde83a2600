"""Automatic detection with all bundled buildpacks: the ones that belong to an app, in their order, and no others."""

from __future__ import annotations

import pytest

from buildpacks.registry import BUNDLED
from tests.buildpacks.bundled.harness import ROOT, Source, Workshop

pytestmark = pytest.mark.docker

SAMPLES = ROOT / "builds" / "samples"


def test_a_bare_procfile_is_enough(workshop: Workshop, python_cache: str) -> None:
    source = {"Procfile": "web: python3 -m http.server $PORT\n", "index.txt": "as it is"}
    built = workshop.build(source, *BUNDLED, volume=python_cache, automatic=True)
    assert [pack["name"] for pack in built.one("detected")["buildpacks"]] == ["procfile"]
    with workshop.running(built) as app:
        assert app.get("/index.txt").text == "as it is"


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ({"Procfile": "web: x\n", "package.json": "{}"}, "there is a package.json"),
        ({"index.html": ""}, "No Procfile at the root"),
    ],
)
def test_procfile_declines_what_another_buildpack_knows_better(
    workshop: Workshop, python_cache: str, source: Source, named: str
) -> None:
    built = workshop.build(source, "procfile", volume=python_cache)
    assert built.one("failed")["reason"] == "not-detected"
    assert named in built.log


def test_the_flask_sample_serves_its_page(workshop: Workshop, python_cache: str) -> None:
    built = workshop.build(SAMPLES / "flask", *BUNDLED, volume=python_cache, automatic=True)
    assert [pack["name"] for pack in built.one("detected")["buildpacks"]] == ["python"]
    with workshop.running(built) as app:
        assert "Served by <b>web.1</b>" in app.get().text


def test_the_django_vue_sample_shows_its_front_end_and_a_row(workshop: Workshop, node_cache: str) -> None:
    built = workshop.build(SAMPLES / "django-vue", *BUNDLED, volume=node_cache, automatic=True)
    assert [pack["name"] for pack in built.one("detected")["buildpacks"]] == ["nodejs", "python"]
    assert built.one("slug")["release_command"] == "python manage.py check"
    assert built.log.count("Applying harbour.0002_first_greeting... OK") == 1
    with workshop.running(built) as app:
        page = app.get().text
        assert "Ahoy from a row in the database" in page
        script = page.split('<script type="module" src="')[1].split('"')[0]
        answer = app.get(script)
        assert (answer.status, answer.headers["Content-Type"]) == (200, 'text/javascript; charset="utf-8"')
        assert "immutable" in answer.headers["Cache-Control"]
        assert "Who answers?" in answer.text
        assert app.get("/instance").json()["instance"] == "web.1"
        assert "System check identified no issues" in app.exec("python manage.py check 2>&1")
