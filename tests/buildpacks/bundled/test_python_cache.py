"""What is kept between builds of a Python app, and what must never be."""

from __future__ import annotations

import json

import pytest

from tests.buildpacks.bundled.apps import FLASK
from tests.buildpacks.bundled.harness import Workshop

pytestmark = pytest.mark.docker

RESTORED = "Requirements have not changed: using what the last build installed"
AHEAD = "(while the buildpack before was at work)"


def front_end(build: str) -> dict[str, str]:
    """A front end whose build is a line of shell."""
    return {"package.json": json.dumps({"engines": {"node": "24.x"}, "scripts": {"build": build}})}


FRONT_END = front_end("true")


def test_unchanged_requirements_are_not_installed_again_and_changed_ones_leave_nothing_behind(
    workshop: Workshop,
) -> None:
    volume = workshop.volume()
    first = workshop.build({**FLASK, "requirements.txt": "flask\nms-cv\n"}, "python", volume=volume)
    assert "Installing requirements.txt" in first.log
    second = workshop.build({**FLASK, "requirements.txt": "flask\nms-cv\n", "new.py": ""}, "python", volume=volume)
    assert RESTORED in second.log
    assert "./.heroku/python/bin/flask" in second.names()
    third = workshop.build({**FLASK, "requirements.txt": "flask\n"}, "python", volume=volume)
    assert RESTORED not in third.log
    with workshop.running(third) as app:
        installed = app.get().json()["packages"]
    assert "flask" in installed
    assert "ms-cv" not in installed


def test_what_no_line_pins_is_as_new_as_in_a_first_build(workshop: Workshop) -> None:
    volume = workshop.volume()
    workshop.build({**FLASK, "requirements.txt": "flask\nclick<8.2\n"}, "python", volume=volume)
    changed = workshop.build({**FLASK, "requirements.txt": "flask\n"}, "python", volume=volume)
    fresh = workshop.build({**FLASK, "requirements.txt": "flask\n"}, "python", volume=workshop.volume())
    assert " - click==" in changed.log
    assert changed.names() == fresh.names()


def test_a_mistake_in_the_requirements_costs_nothing_of_what_was_installed(workshop: Workshop) -> None:
    volume, right = workshop.volume(), {**FLASK, "requirements.txt": "flask\n"}
    workshop.build(right, "python", volume=volume)
    wrong = {**FLASK, "requirements.txt": "flask\nno-such-package-of-slipway\n"}
    assert workshop.build(wrong, "python", volume=volume).exit_code == 1
    assert RESTORED in workshop.build(right, "python", volume=volume).log


def test_a_change_in_an_included_file_counts(workshop: Workshop, python_cache: str) -> None:
    source = {**FLASK, "requirements.txt": "-r base.txt\n-c limits.txt\n", "base.txt": "flask\n", "limits.txt": ""}
    workshop.build(source, "python", volume=python_cache)
    assert RESTORED in workshop.build(source, "python", volume=python_cache).log
    assert RESTORED not in workshop.build({**source, "limits.txt": "click<8.2\n"}, "python", volume=python_cache).log


def test_a_package_from_the_source_itself_is_installed_each_time(workshop: Workshop, python_cache: str) -> None:
    project = '[project]\nname = "inner"\nversion = "1"\n'
    project += '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    source = {**FLASK, "requirements.txt": "flask\n./inner\n", "inner/pyproject.toml": project}
    source |= {"inner/inner.py": "text = 'old'\n"}
    workshop.build(source, "python", volume=python_cache)
    again = workshop.build({**source, "inner/inner.py": "text = 'new'\n"}, "python", volume=python_cache)
    assert again.read(".heroku/python/lib/python3.11/site-packages/inner.py") == "text = 'new'\n"


def test_who_edits_an_installed_file_in_place_does_not_spoil_later_builds(workshop: Workshop) -> None:
    volume = workshop.volume()
    flask = ".heroku/python/lib/python3.11/site-packages/flask/app.py"
    vandal = f"#!/bin/sh\necho '# spoilt' >> {flask}\n"
    source = {**FLASK, "requirements.txt": "flask\n"}
    spoilt = workshop.build({**source, "bin/post_compile": vandal}, "python", volume=volume)
    assert "# spoilt" in spoilt.read(flask)
    healed = workshop.build(source, "python", volume=volume)
    assert "edited in place" in healed.log
    assert "# spoilt" not in healed.read(flask)


def test_the_cache_of_a_failed_build_does_no_harm(workshop: Workshop) -> None:
    volume = workshop.volume()
    failed = workshop.build(
        {**FLASK, "requirements.txt": "flask\nno-such-package-of-slipway\n"}, "python", volume=volume
    )
    assert failed.exit_code == 1
    with workshop.running(workshop.build({**FLASK, "requirements.txt": "flask\n"}, "python", volume=volume)) as app:
        assert app.get().status == 200


def test_python_s_packages_are_installed_while_node_s_build_runs(workshop: Workshop) -> None:
    volume = workshop.volume()
    source = {**FLASK, **FRONT_END, "requirements.txt": "flask\ntabulate\n"}
    built = workshop.build(source, "nodejs", "python", volume=volume)
    places = [built.log.index(text) for text in ("Installing requirements.txt", "+ tabulate==", AHEAD)]
    assert places == sorted(places)
    with workshop.running(built) as app:
        assert "tabulate" in app.get().json()["packages"]
    again = workshop.build(source, "nodejs", "python", volume=volume)
    assert AHEAD not in again.log
    assert RESTORED in again.log


def test_what_node_s_build_makes_of_the_requirements_is_what_counts(workshop: Workshop) -> None:
    source = {**FLASK, **front_end("printf 'flask\\n' > requirements.txt"), "requirements.txt": "flask\ntabulate\n"}
    built = workshop.build(source, "nodejs", "python", volume=workshop.volume())
    assert AHEAD not in built.log
    with workshop.running(built) as app:
        assert "tabulate" not in app.get().json()["packages"]


def test_what_cannot_be_installed_ahead_is_explained_where_it_belongs(workshop: Workshop) -> None:
    source = {**FLASK, **FRONT_END, "requirements.txt": "no-such-package-of-slipway\n"}
    built = workshop.build(source, "nodejs", "python", volume=workshop.volume())
    assert built.one("failed")["buildpack"] == "python"
    assert built.log.count("no-such-package-of-slipway was not found") == 1
