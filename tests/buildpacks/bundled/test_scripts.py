"""The buildpacks' scripts by themselves: no container."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest

from tests.buildpacks.bundled.harness import BUNDLED

PACKS = sorted(path.name for path in BUNDLED.iterdir() if path.is_dir())
SHARED = ("output.sh", "report.sh", "settings.sh", "tree.sh", "index.sh")


def load(pack: str, name: str) -> ModuleType:
    """A script of a buildpack as a module."""
    spec = importlib.util.spec_from_file_location(f"{pack}_{name}", BUNDLED / pack / "lib" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def bash(*lines: str, **variables: str) -> str:
    command = ["/bin/bash", "-c", "\n".join(lines)]
    return subprocess.run(
        command, env={"PATH": "/usr/bin:/bin", **variables}, capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("name", SHARED)
def test_copies_of_a_shared_room_are_equal(name: str) -> None:
    copies = {path.read_text() for path in BUNDLED.glob(f"*/lib/{name}")}
    assert len(copies) == 1


@pytest.mark.parametrize("pack", PACKS)
def test_every_buildpack_has_what_the_platform_runs(pack: str) -> None:
    scripts = {path.name: path for path in (BUNDLED / pack / "bin").iterdir()}
    assert {"detect", "compile", "release"} <= set(scripts)
    assert all(path.stat().st_mode & 0o111 for path in scripts.values())


VERSIONS = ["0.1.2", "1.2.3", "1.9.0", "18.20.4", "20.17.0", "22.9.0", "22.22.2", "24.15.0", "26.0.0", "27.0.0-rc.1"]


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("*", "26.0.0"),
        ("lts/*", "26.0.0"),
        ("22.x", "22.22.2"),
        ("22", "22.22.2"),
        ("v20", "20.17.0"),
        ("~22.9", "22.9.0"),
        ("^22.9.0", "22.22.2"),
        ("^0.1.0", "0.1.2"),
        (">=18 <22", "20.17.0"),
        (">= 18 < 22.10", "22.9.0"),
        ("1.0.0 - 1.5", "1.2.3"),
        ("<=24", "24.15.0"),
        (">24", "26.0.0"),
        ("18 || ^20.17.0", "20.17.0"),
        ("^23", None),
    ],
)
def test_a_range_is_read_as_npm_reads_it(text: str, chosen: str | None) -> None:
    packument: dict[str, dict[str, dict[str, str]]] = {"versions": {version: {} for version in VERSIONS}}
    assert load("nodejs", "versions").choose(packument, text, None) == chosen


def test_what_is_no_range_is_refused() -> None:
    with pytest.raises(ValueError, match="the newest"):
        load("nodejs", "versions").choose({"versions": {"1.0.0": {}}}, "the newest", None)


def test_an_npm_is_chosen_that_runs_on_this_node() -> None:
    engines = {"10.9.2": "^18.17.0 || >=20.5.0", "11.2.0": "^20.17.0 || >=22.9.0", "12.0.0": "^22.22.2 || >=26"}
    packument = {"versions": {version: {"engines": {"node": text}} for version, text in engines.items()}}
    choose = load("nodejs", "versions").choose
    assert choose(packument, "*", (22, 9, 0)) == "11.2.0"
    assert choose(packument, "*", (22, 22, 2)) == "12.0.0"
    assert choose(packument, "*", (18, 20, 4)) == "10.9.2"


def concurrency(pack: str, **variables: str) -> str:
    script = BUNDLED / pack / "lib" / "profile" / "WEB_CONCURRENCY.sh"
    return bash("nproc() { echo 4; }", f"source {script}", 'echo "${WEB_CONCURRENCY:-}"', **variables).strip()


@pytest.mark.parametrize(("memory", "workers"), [("128", "1"), ("512", "2"), ("1024", "4"), ("16000", "9")])
def test_python_s_workers_fit_cores_and_memory(memory: str, workers: str) -> None:
    assert concurrency("python", MEMORY_AVAILABLE=memory) == workers
    assert concurrency("python", MEMORY_AVAILABLE=memory, WEB_CONCURRENCY="7") == "7"


@pytest.mark.parametrize(("memory", "workers"), [("256", "1"), ("512", "1"), ("2560", "5"), ("32768", "16")])
def test_node_s_workers_fit_memory(memory: str, workers: str) -> None:
    assert concurrency("nodejs", MEMORY_AVAILABLE=memory) == workers
    assert concurrency("nodejs", MEMORY_AVAILABLE=memory, WEB_CONCURRENCY="7") == "7"


def test_settings_are_read_exactly_and_config_vars_win(tmp_path: Path) -> None:
    (tmp_path / "GREETING").write_bytes(b"two\nlines\n")
    (tmp_path / "OFF").write_bytes(b"0")
    output = bash(
        f"source {BUNDLED}/python/lib/settings.sh",
        "settings::get GREETING; printf '|'; settings::get OTHER; printf '|'",
        "settings::on OFF || printf off; settings::on GREETING && printf on",
        ENV_DIR=str(tmp_path),
        GREETING="platform",
        OTHER="platform",
    )
    assert output == "two\nlines\n|platform|offon"


def test_a_report_is_yaml_whatever_the_value(tmp_path: Path) -> None:
    output = bash(
        f"source {BUNDLED}/python/lib/report.sh",
        f"report::begin {tmp_path}/report",
        "report::set key 'a \"quoted\" back\\slash'$'\\n''second line'",
        f"cat {tmp_path}/report",
    )
    name, value = output.split(": ", 1)
    assert (name, json.loads(value)) == ("key", 'a "quoted" back\\slash second line')


def test_pip_s_settings_are_said_in_uv_s_words_without_passwords_in_the_fingerprint(tmp_path: Path) -> None:
    output = bash(
        f"source {BUNDLED}/python/lib/settings.sh; source {BUNDLED}/python/lib/index.sh",
        "index::carry_over",
        'echo "${UV_DEFAULT_INDEX}|${UV_INDEX}|${UV_INSECURE_HOST}|${SSL_CERT_FILE}|${UV_INDEX_STRATEGY}"',
        "index::fingerprint",
        ENV_DIR=str(tmp_path),
        CACHE_DIR=str(tmp_path),
        PIP_INDEX_URL="https://user:secret@mirror.example/simple",
        PIP_EXTRA_INDEX_URL="https://a.example/simple https://b.example/simple",
        PIP_TRUSTED_HOST="a.example",
        PIP_CERT="/ca.crt",
    )
    first, *fingerprint = output.splitlines()
    assert first.split("|") == [
        "https://user:secret@mirror.example/simple",
        "https://a.example/simple https://b.example/simple",
        "a.example",
        "/ca.crt",
        "unsafe-best-match",
    ]
    assert fingerprint[0] == "https://mirror.example/simple"


@pytest.mark.parametrize(
    ("constraint", "words"),
    [("^3.11", ">=3.11,<4"), ("~3.11", ">=3.11,<3.12"), (">=3.10", ">=3.10"), ("*", ""), (None, "")],
)
def test_poetry_s_python_is_said_in_pep_440_s_words(constraint: str | None, words: str) -> None:
    assert load("python", "pyproject").poetry_python(constraint) == words


@pytest.mark.parametrize(
    ("name", "forever"),
    [
        ("app.3f9c2ab1.js", True),
        ("assets/index-BVx3k2aP.css", True),
        ("_next/static/chunks/main.js", True),
        ("app.20240101.js", False),
        ("my-document.pdf", False),
        ("My-Document.pdf", False),
        ("photo-IMG_1234.jpg", False),
        ("style.css", False),
    ],
)
def test_only_a_checksum_in_the_name_makes_a_file_immutable(name: str, forever: bool) -> None:
    assert ("immutable" in load("static", "prepare").cache_control(Path("/site") / name)) is forever


def test_bytecode_of_unchanged_sources_stays_and_of_changed_ones_is_made(tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    (packages / "tests").mkdir(parents=True)
    (packages / "same.py").write_text("x = 1\n")
    (packages / "changed.py").write_text("x = 1\n")
    (packages / "broken.py").write_text("x = (\n")
    (packages / "tests" / "heavy.py").write_text("x = 3\n")
    run_bytecode(packages)
    before = inodes_of_bytecode(packages)
    assert set(before) == {"same", "changed"}
    (packages / "changed.py").write_text("x = 10\n")
    run_bytecode(packages)
    after = inodes_of_bytecode(packages)
    assert after["same"] == before["same"]
    assert after["changed"] != before["changed"]


def inodes_of_bytecode(folder: Path) -> dict[str, int]:
    """By the name of the module; what is made anew is another file."""
    return {path.name.split(".")[0]: path.stat().st_ino for path in folder.rglob("*.pyc")}


def run_bytecode(*arguments: Path) -> None:
    script: Sequence[str] = [sys.executable, "-I", "-S", str(BUNDLED / "python" / "lib" / "bytecode.py")]
    subprocess.run([*script, *map(str, arguments)], check=True)


@pytest.mark.parametrize("before", ["", "install::anew; install::keep lend::keep; "])
def test_an_app_that_cannot_be_installed_itself_says_why_and_leaves_the_kept_packages_alone(
    tmp_path: Path, before: str
) -> None:
    for place in ("tree", "python", "build/.heroku/python"):
        (tmp_path / place).mkdir(parents=True)
    (tmp_path / "key").write_text("first")
    (tmp_path / "base").write_text("same")
    lib = BUNDLED / "python" / "lib"
    said = bash(
        "set -euo pipefail",
        f"source {lib}/tree.sh; source {lib}/lend.sh; source {lib}/install.sh; declare -A PROJECT=([package]=yes)",
        "output::indent() { cat; }; mistakes::explain() { echo explained; exit 0; }",
        "install::compile_bytecode() { :; }",
        'list::install() { install::open_environment; touch "${BUILD_DIR}/.heroku/python/package"; }',
        f"{before}install::run false",
        KEY="second", BASE="same", INSTALLER="uv", MANAGER="list", TREE_ROOT=str(tmp_path), CACHE_DIR=str(tmp_path),
        BUILD_DIR=str(tmp_path / "build"), UV_CACHE_DIR=str(tmp_path / "uv"),
    )  # fmt: skip
    assert said.split() == ["explained"]
    assert (tmp_path / "key").read_text() == ("second" if before else "first")
    assert [path.name for path in (tmp_path / "tree").iterdir()] == (["package"] if before else [])
