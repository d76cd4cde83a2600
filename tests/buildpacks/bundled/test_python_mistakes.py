"""Mistakes that people make: each fails the build with a reason for machines and a sentence that says what to do."""

from __future__ import annotations

import pytest

from tests.buildpacks.bundled.apps import PIPFILE, POETRY_PROJECT, django_project
from tests.buildpacks.bundled.harness import Source, Workshop

pytestmark = pytest.mark.docker


EMPTY = {"requirements.txt": ""}


def requirements(text: str, **more: str) -> Source:
    return {"requirements.txt": text, **more}


NEWER = """
[project]
name = "thing"
version = "1"
requires-python = ">=3.99"
"""

MISTAKES: list[tuple[str, Source, str]] = [
    ("package-manager-none", {"app.py": "", "backend/requirements.txt": ""}, "Found instead: backend/requirements.txt"),
    ("package-manager-several", requirements("", Pipfile=PIPFILE), "Multiple Python package manager files were found"),
    ("lock-missing", {"Pipfile": PIPFILE}, "No 'Pipfile.lock' found!"),
    ("lock-missing", {"pyproject.toml": POETRY_PROJECT}, "No 'poetry.lock' found!"),
    ("pyproject-missing", {"uv.lock": "version = 1\n"}, "not the pyproject.toml it was made from"),
    ("pyproject-invalid", {"pyproject.toml": "[project\n"}, "pyproject.toml cannot be read"),
    ("setup-py-only", {"setup.py": ""}, "requirements.txt with a single line: ."),
    ("python-version-invalid", {**EMPTY, ".python-version": "3.11\n3.12\n"}, "does not name one Python version"),
    ("python-version-invalid", {**EMPTY, "runtime.txt": "3.11\n"}, "one line such as python-3.11"),
    ("python-version-unavailable", {**EMPTY, ".python-version": "3.99"}, "debian-13 has Python 3.13"),
    ("python-version-unavailable", {"pyproject.toml": NEWER}, "which pyproject.toml (requires-python) asks for"),
    ("requirements-encoding", {"requirements.txt": "flask\n".encode("utf-16")}, "PowerShell"),
    ("requirements-merge-conflict", requirements("flask\n<<<<<<< HEAD\n=======\n"), "was not finished, at line 2"),
    ("requirements-include-missing", requirements("-r requirements/base.txt\n"), "includes requirements/base.txt"),
    ("requirement-unreadable", requirements("pip install flask\n"), 'Commands ("pip install …")'),
    ("requirement-not-found", requirements("no-such-package-of-slipway\n"), "Its name is misspelt"),
    ("requirement-version-not-found", requirements("flask==99.0\n"), "does not have the version"),
    ("requirements-conflict", requirements("flask==3.1.1\nwerkzeug<1\n"), "Two requirements exclude each other"),
    ("requirement-needs-other-python", requirements("django==6.0\n"), "does not work with Python 3.11"),
    (
        "hash-mismatch",
        requirements(f"itsdangerous==2.2.0 --hash=sha256:{'0' * 64}\n"),
        "checksum that your file demands",
    ),
    ("git-failed", requirements("thing @ git+https://127.0.0.1:9/a/b.git\n"), "from Git could not be fetched"),
    ("index-unreachable", requirements("--index-url https://127.0.0.1:9/simple\nflask\n"), "does not answer"),
    (
        "system-library-missing",
        requirements("--no-binary pygraphviz\npygraphviz==1.14\n"),
        "apt buildpack before python",
    ),
    ("collectstatic-static-root", django_project("STATIC_ROOT = None"), 'STATIC_ROOT = BASE_DIR / "staticfiles"'),
    ("collectstatic-missing-module", django_project("import environ"), "No module named 'environ'"),
    ("collectstatic-missing-setting", django_project("os.environ['NOT_SET']"), "KeyError: 'NOT_SET'"),
    ("collectstatic-other", django_project("raise RuntimeError('no')"), "Django's own message stands above"),
    ("hook-post-compile", {**EMPTY, "bin/post_compile": "#!/bin/sh\nexit 7\n"}, "own script bin/post_compile failed"),
]


@pytest.mark.parametrize(("reason", "source", "sentence"), MISTAKES, ids=[mistake[0] for mistake in MISTAKES])
def test_a_mistake_is_explained(
    workshop: Workshop, python_cache: str, reason: str, source: Source, sentence: str
) -> None:
    environment = {"UV_HTTP_RETRIES": "0"}  # nobody listens where these tests knock
    built = workshop.build(source, "python", volume=python_cache, environment=environment)
    assert built.exit_code == 1
    assert built.one("failed")["reason"] == "compile"
    assert built.reason == reason, built.log
    assert sentence in built.log
    assert not built.slug


def test_an_unknown_installer_is_explained(workshop: Workshop, python_cache: str) -> None:
    built = workshop.build(requirements(""), "python", volume=python_cache, config={"PYTHON_INSTALLER": "conda"})
    assert built.reason == "installer-unknown"
