"""The python buildpack: every package manager, built for real, started and asked."""

from __future__ import annotations

import struct

import pytest

from tests.buildpacks.bundled.apps import FIXTURES, FLASK, PACKAGE, PIPFILE, POETRY_PROJECT, django_project
from tests.buildpacks.bundled.harness import Built, Source, Workshop

pytestmark = pytest.mark.docker


def packages(workshop: Workshop, built: Built) -> list[str]:
    """What is installed for the running app, as it says itself."""
    with workshop.running(built) as app:
        answer = app.get().json()
    assert answer["prefix"] == "/app/.heroku/python"
    return list(answer["packages"])


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_requirements_are_installed_with_either_installer(
    workshop: Workshop, python_cache: str, installer: str
) -> None:
    source = {**FLASK, "requirements.txt": "-r base.txt\n", "base.txt": "flask\n"}
    built = workshop.build(source, "python", volume=python_cache, config={"PYTHON_INSTALLER": installer})
    assert f"Installing requirements.txt with {installer}" in built.log
    assert "flask" in packages(workshop, built)


def test_pipenv_installs_its_lock_without_development_packages(workshop: Workshop, python_cache: str) -> None:
    source = {**FLASK, "Pipfile": PIPFILE}
    tool = ("uv", "tool", "run", "--quiet", "--from", "pipenv>=2025", "pipenv", "lock", "--quiet")
    lock = workshop.tool(source, *tool, result="Pipfile.lock", volume=python_cache)
    built = workshop.build({**source, "Pipfile.lock": lock}, "python", volume=python_cache)
    assert "as Pipfile.lock asks for 3.11" in built.log
    installed = packages(workshop, built)
    assert "flask" in installed
    assert "iniconfig" not in installed
    stale = {**source, "Pipfile.lock": lock, "Pipfile": PIPFILE.replace('flask = "*"', 'flask = ">=3"')}
    assert workshop.build(stale, "python", volume=python_cache).reason == "lock-out-of-date"


def test_poetry_installs_its_lock_without_development_packages(workshop: Workshop, python_cache: str) -> None:
    source = {**FLASK, "pyproject.toml": POETRY_PROJECT, "poetry.lock": (FIXTURES / "poetry.lock").read_text()}
    installed = packages(workshop, workshop.build(source, "python", volume=python_cache))
    assert "flask" in installed
    assert "pytest" not in installed
    stale = {**source, "pyproject.toml": POETRY_PROJECT.replace("3.1.1", "3.1.0")}
    assert workshop.build(stale, "python", volume=python_cache).reason == "lock-out-of-date"


def test_uv_installs_its_lock_and_the_app_itself(workshop: Workshop, python_cache: str) -> None:
    lock = workshop.tool(PACKAGE, "uv", "lock", "--quiet", result="uv.lock", volume=python_cache)
    locked = {**PACKAGE, "uv.lock": lock}
    installed = packages(workshop, workshop.build(locked, "python", volume=python_cache))
    assert {"flask", "thing"} <= set(installed)
    assert "iniconfig" not in installed
    stale = {**locked, "pyproject.toml": PACKAGE["pyproject.toml"].replace('"flask"', '"flask", "itsdangerous<2"')}
    assert workshop.build(stale, "python", volume=python_cache).reason == "lock-out-of-date"


def test_a_pyproject_alone_installs_its_dependencies_and_the_app_itself(workshop: Workshop, python_cache: str) -> None:
    built = workshop.build(PACKAGE, "python", volume=python_cache)
    assert "There is no lock file" in built.log
    assert {"flask", "thing"} <= set(packages(workshop, built))


def test_django_s_static_files_are_collected(workshop: Workshop, python_cache: str) -> None:
    built = workshop.build(django_project(), "python", volume=python_cache)
    assert "1 static file copied" in built.log
    assert built.read("staticfiles/style.css") == "body { color: teal }\n"


def test_a_project_in_a_folder_has_its_static_files_collected_too(workshop: Workshop, python_cache: str) -> None:
    source = {f"site/web/{path}": content for path, content in django_project().items()}
    source["requirements.txt"] = source.pop("site/web/requirements.txt")
    built = workshop.build(source, "python", volume=python_cache)
    assert "1 static file copied" in built.log
    assert built.read("site/web/staticfiles/style.css") == "body { color: teal }\n"


def test_collectstatic_can_be_switched_off(workshop: Workshop, python_cache: str) -> None:
    built = workshop.build(django_project(), "python", volume=python_cache, config={"DISABLE_COLLECTSTATIC": "1"})
    assert "Leaving out collectstatic, because DISABLE_COLLECTSTATIC is set" in built.log
    assert "./staticfiles" not in built.names()


def test_config_vars_reach_django_but_not_pip(workshop: Workshop, python_cache: str) -> None:
    source = django_project("open(BASE_DIR / 'seen', 'w').write(os.environ['GREETING'])")
    hostile = dict.fromkeys(("PATH", "PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH", "BUILD_DIR", "UID"), "nonsense")
    built = workshop.build(source, "python", volume=python_cache, config={**hostile, "GREETING": "two\nlines\n"})
    assert built.read("seen") == "two\nlines\n"


@pytest.mark.parametrize(
    ("files", "asked_by"),
    [
        ({".python-version": "# ours\n3.11\n"}, ".python-version asks for 3.11"),
        ({"runtime.txt": "python-3.11\n"}, "runtime.txt asks for 3.11"),
    ],
)
def test_version_files_are_honoured(workshop: Workshop, python_cache: str, files: Source, asked_by: str) -> None:
    built = workshop.build({**FLASK, "requirements.txt": "flask\n", **files}, "python", volume=python_cache)
    assert asked_by in built.log
    assert built.report()["python_version"].startswith("3.11.")


def test_another_patch_release_of_the_stack_s_python_is_a_warning(workshop: Workshop, python_cache: str) -> None:
    source = {"requirements.txt": "", "runtime.txt": "python-3.11.99\n", "Procfile": "web: python3\n"}
    built = workshop.build(source, "python", volume=python_cache)
    assert built.exit_code == 0
    assert "runtime.txt asks for Python 3.11.99; the stack has 3.11." in built.log


def test_underscore_hooks_run_once_with_python_on_the_path(workshop: Workshop, python_cache: str) -> None:
    hook = '#!/bin/sh\necho "after: $(command -v python) $GREETING"\n'
    source = {
        **FLASK,
        "requirements.txt": "flask\n",
        "bin/pre_compile": "#!/bin/sh\necho before\n",
        "bin/post_compile": hook,
    }
    built = workshop.build(source, "python", volume=python_cache, config={"GREETING": "hello"})
    assert built.log.count("Running bin/pre_compile hook") == 1
    assert built.log.count("after: /app/.heroku/python/bin/python hello") == 1


def test_instances_get_their_environment(workshop: Workshop, python_cache: str) -> None:
    built = workshop.build({**FLASK, "requirements.txt": "flask\n"}, "python", volume=python_cache)
    with workshop.running(built) as app:
        seen = app.exec(
            'echo "$WEB_CONCURRENCY $PYTHONUNBUFFERED $FORWARDED_ALLOW_IPS $(command -v flask) $PYTHONPATH"'
        )
        pip = app.exec("pip --version")
    assert seen.split() == ["2", "true", "*", "/app/.heroku/python/bin/flask", "/app"]
    assert "/app/.heroku/python/lib" in pip


def test_bytecode_is_made_in_the_build_and_holds_in_the_slug(workshop: Workshop, python_cache: str) -> None:
    built = workshop.build({**FLASK, "requirements.txt": "flask\n"}, "python", volume=python_cache)
    package = "./.heroku/python/lib/python3.11/site-packages/flask"
    with built.tar() as archive:
        content = archive.extractfile(f"{package}/__pycache__/__init__.cpython-311.pyc")
        assert content is not None
        header = content.read(16)
        source = archive.getmember(f"{package}/__init__.py")
    # PEP 552: after the magic number and no flags, the source's time and size
    assert struct.unpack("<III", header[4:]) == (0, int(source.mtime), source.size)
