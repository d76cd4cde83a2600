"""The other stack, debian-13 with Python 3.13, and a Python that the stack does not have."""

from __future__ import annotations

import json
import platform

import pytest

from buildpacks.registry import BUNDLED
from tests.buildpacks.bundled.apps import FLASK
from tests.buildpacks.bundled.harness import ROOT, Workshop

pytestmark = pytest.mark.docker

FLASK_SAMPLE = ROOT / "builds" / "samples" / "flask"
RESTORED = "Requirements have not changed: using what the last build installed"
MIRROR = "/tmp/cache/mirror"  # beside what belongs to the app, in the volume of its cache

# An interpreter as the managed runtimes have it, made of the other stack's own, at the place where uv looks for it:
# a mirror stands for the address that uv knows, and the list is one of its own.
MAKE_MIRROR = f"""
set -e
known='https://[a-z.]+/astral-sh/python-build-standalone/releases/download'
prefix="$(grep -aoE "$known" "$(command -v uv)" | head -n 1)"
mkdir -p python/bin python/lib {MIRROR}/1
cp -L /usr/bin/python3.11 python/bin/
ln -s python3.11 python/bin/python3
cp -R /usr/lib/python3.11 python/lib/
rm python/lib/python3.11/sitecustomize.py  # a link into /etc
tar -czf {MIRROR}/1/runtime.tar.gz python
sed "s|PREFIX|${{prefix}}|" list.json >{MIRROR}/list.json
python3 -c 'import platform; print(platform.python_version())' >version
"""


def test_the_flask_sample_serves_its_page_from_python_3_13(trixie: Workshop) -> None:
    built = trixie.build(FLASK_SAMPLE, *BUNDLED, volume=trixie.volume(), automatic=True)
    assert "Using Python 3.13." in built.log
    with trixie.running(built) as app:
        assert "Served by <b>web.1</b>" in app.get().text
        assert app.exec("python --version").startswith("Python 3.13.")


def test_what_was_installed_on_one_stack_is_not_used_on_another(workshop: Workshop, trixie: Workshop) -> None:
    source, volume = {**FLASK, "requirements.txt": "flask\n"}, workshop.volume()
    workshop.build(source, "python", volume=volume)
    moved = trixie.build(source, "python", volume=volume)
    assert RESTORED not in moved.log
    with trixie.running(moved) as app:
        assert app.get().json()["python"].startswith("3.13.")
    assert RESTORED in trixie.build(source, "python", volume=volume).log


def test_a_python_that_the_stack_lacks_comes_from_the_configured_source_and_stays(
    workshop: Workshop, trixie: Workshop
) -> None:
    volume = trixie.volume()
    listed = {
        "name": "cpython",
        "arch": {"family": platform.machine(), "variant": None},
        "os": "linux",
        "libc": "gnu",
        "major": 3,
        "minor": 11,
        "patch": 2,
        "prerelease": "",
        "url": "PREFIX/1/runtime.tar.gz",
        "sha256": None,
        "variant": None,
        "build": None,
    }
    files = {"list.json": json.dumps({f"cpython-3.11.2-linux-{platform.machine()}-gnu": listed})}
    version = workshop.tool(files, "bash", "-c", MAKE_MIRROR, result="version", volume=volume).strip()
    configured = {
        "UV_PYTHON_INSTALL_MIRROR": f"file://{MIRROR}",
        "UV_PYTHON_DOWNLOADS_JSON_URL": f"{MIRROR}/list.json",
    }
    source = {**FLASK, "requirements.txt": "flask\n", ".python-version": "3.11\n"}
    built = trixie.build(source, "python", volume=volume, environment=configured)
    assert f"Using Python {version}, as .python-version asks for 3.11" in built.log
    assert built.report()["python_version"] == version
    with trixie.running(built) as app:
        assert app.get().json()["python"] == version
    again = trixie.build(source, "python", volume=volume)
    assert f"Using Python {version}" in again.log
    assert RESTORED in again.log


def test_a_python_that_nobody_has_is_told_with_what_each_stack_has(trixie: Workshop) -> None:
    source = {"requirements.txt": "", ".python-version": "3.11\n"}
    environment = {"UV_PYTHON_INSTALL_MIRROR": "https://127.0.0.1:9"}
    built = trixie.build(source, "python", volume=trixie.volume(), environment=environment)
    assert built.reason == "python-version-unavailable"
    assert "This stack has Python 3.13." in built.log
    assert "Stack debian-12 has Python 3.11" in built.log
    assert "UV_PYTHON_INSTALL_MIRROR" in built.log
