"""Mistakes that people make: each fails the build with a reason for machines and a sentence that says what to do."""

from __future__ import annotations

import json

import pytest

from tests.buildpacks.bundled.apps import node_app
from tests.buildpacks.bundled.harness import Source, Workshop

pytestmark = pytest.mark.docker


def script(text: str) -> Source:
    return node_app(scripts={"build": text, "start": "node server.js"}, dependencies={}, devDependencies={})


MISTAKES: list[tuple[str, Source, str]] = [
    ("package-json-invalid", {"package.json": '{"name": "x",}'}, "package.json is not valid JSON"),
    ("heroku-is-a-file", node_app() | {".heroku": ""}, "Remove the file from the source"),
    ("node-range-invalid", node_app(engines={"node": "the newest"}), 'engines.node = "the newest"'),
    ("node-version-unavailable", node_app(engines={"node": "999.x"}), "The newest of each line: 2"),
    ("package-manager-version-unavailable", node_app(engines={"npm": "999.x"}), 'No published npm fits "999.x"'),
    ("package-manager-unknown", node_app(packageManager="bun@1.0.0"), "does not know: bun"),
    ("lock-several", node_app() | {"package-lock.json": "{}", "yarn.lock": ""}, "Two different lockfiles found"),
    (
        "lock-of-other-manager",
        node_app(packageManager="pnpm@10.12.1") | {"package-lock.json": "{}"},
        'package.json says packageManager "pnpm"',
    ),
    (
        "lock-out-of-date",
        node_app() | {"package-lock.json": json.dumps({"lockfileVersion": 3, "packages": {"": {}}})},
        "package-lock.json does not fit package.json",
    ),
    ("package-not-found", node_app(dependencies={"@slipway/no-such-package": "1"}), "no such package or version"),
    ("package-not-found", node_app(dependencies={"ms": "99.0.0"}), "no such package or version"),
    (
        "package-other-platform",
        node_app(dependencies={"x": "file:x"}) | {"x/package.json": '{"name":"x","version":"1.0.0","os":["win32"]}'},
        "exists only for another system",
    ),
    ("command-missing", script("no-such-tool --build"), "no-such-tool: not found"),
    ("module-missing", script("node -e 'require(\"./Missing\")'"), "Cannot find module './Missing'"),
    (
        "out-of-memory",
        script("node --max-old-space-size=16 -e 'a=[];for(;;)a.push(new Array(1e5).fill(a))'"),
        "ran out of memory",
    ),
    ("script-failed", script("exit 3"), 'The script "build" of package.json failed'),
]


@pytest.mark.parametrize(("reason", "source", "sentence"), MISTAKES, ids=[mistake[0] for mistake in MISTAKES])
def test_a_mistake_is_explained(
    workshop: Workshop, node_cache: str, reason: str, source: Source, sentence: str
) -> None:
    built = workshop.build(source, "nodejs", volume=node_cache)
    assert built.exit_code == 1
    assert built.one("failed")["reason"] == "compile"
    assert built.reason == reason, built.log
    assert sentence in built.log
    assert not built.slug


def test_a_registry_that_does_not_answer_is_explained(workshop: Workshop) -> None:
    built = workshop.build(
        node_app(), "nodejs", volume=workshop.volume(), config={"NPM_CONFIG_REGISTRY": "https://127.0.0.1:9"}
    )
    assert built.reason == "registry-unreachable"
    assert "The npm registry does not answer: https://127.0.0.1:9" in built.log


def test_node_modules_in_the_source_is_replaced_with_a_warning(workshop: Workshop, node_cache: str) -> None:
    source = {**script('node -e \'console.log(require("ms")("1s"))\''), "node_modules/ms/index.js": "broken("}
    package = json.loads(str(source["package.json"])) | {"dependencies": {"ms": "2.1.3"}}
    built = workshop.build({**source, "package.json": json.dumps(package)}, "nodejs", volume=node_cache)
    assert "node_modules is part of the source" in built.log
    assert "       1000\n" in built.log
    assert built.exit_code == 0
