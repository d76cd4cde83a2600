"""The nodejs buildpack: every package manager, built for real, started and asked."""

from __future__ import annotations

import json

import pytest

from tests.buildpacks.bundled.apps import node_app
from tests.buildpacks.bundled.harness import Workshop

pytestmark = pytest.mark.docker

RESTORED = "Dependencies have not changed: using what the last build installed"

NPM = node_app()
YARN = node_app(packageManager="yarn@1.22.22") | {"Procfile": "web: yarn start\n"}
BERRY = node_app(packageManager="yarn@4.9.2") | {".yarnrc.yml": "nodeLinker: node-modules\n"}
PNPM = node_app(packageManager="pnpm@10.12.1") | {"Procfile": "web: pnpm start\n"}


@pytest.mark.parametrize(
    ("manager", "source", "lock"),
    [
        ("npm", NPM, "package-lock.json"),
        ("yarn", YARN, "yarn.lock"),
        ("berry", BERRY, "yarn.lock"),
        ("pnpm", PNPM, "pnpm-lock.yaml"),
    ],
)
def test_each_package_manager_installs_builds_prunes_and_serves(
    workshop: Workshop, node_cache: str, manager: str, source: dict[str, str], lock: str
) -> None:
    first = workshop.build(source, "nodejs", volume=node_cache)
    assert "There is no lock file" in first.log
    source = source | {lock: first.read(lock)}
    built = workshop.build(source, "nodejs", volume=node_cache)
    assert built.report()["package_manager"] == manager
    with workshop.running(built) as app:
        answer = app.get().json()
    assert answer["node"].startswith("v24.")
    assert answer == {
        "ms": 172800000,
        "node": answer["node"],
        "environment": "production",
        "built": "built true",
        "development": False,
    }
    assert RESTORED in workshop.build(source, "nodejs", volume=node_cache).log
    package = json.loads(source["package.json"])
    package["dependencies"]["is-odd"] = "3.0.1"
    stale = source | {"package.json": json.dumps(package)}
    assert workshop.build(stale, "nodejs", volume=node_cache).reason == "lock-out-of-date"


def test_yarn_s_plug_n_play_travels_in_the_slug(workshop: Workshop, node_cache: str) -> None:
    source = BERRY | {".yarnrc.yml": "", "Procfile": "web: yarn start\n"}
    with workshop.running(workshop.build(source, "nodejs", volume=node_cache)) as app:
        assert app.get().json()["ms"] == 172800000


def test_scripts_run_around_the_build_and_postbuild_takes_its_place(workshop: Workshop, node_cache: str) -> None:
    scripts = {name: f"echo {name.upper()} $NODE_ENV $GREETING" for name in ("heroku-prebuild", "heroku-postbuild")}
    scripts |= {"heroku-cleanup": "ls node_modules", "build": "echo NEVER", "start": "node server.js"}
    built = workshop.build(node_app(scripts=scripts), "nodejs", volume=node_cache, config={"GREETING": "ahoy"})
    order = [
        built.log.index(text) for text in ("HEROKU-PREBUILD production ahoy", "Installing dep", "HEROKU-POSTBUILD")
    ]
    assert order == sorted(order)
    assert "NEVER" not in built.log
    assert built.log.endswith(built.log[built.log.rindex("Running heroku-cleanup") :])
    assert "is-number" not in built.log[built.log.rindex("Running heroku-cleanup") :]


def test_a_package_json_that_a_script_rewrote_is_the_one_that_counts(workshop: Workshop, node_cache: str) -> None:
    later = json.dumps({"engines": {"node": "24.x"}, "scripts": {"build": "true"}})
    package = {"engines": {"node": "24.x"}, "scripts": {"heroku-prebuild": f"echo '{later}' > package.json"}}
    built = workshop.build({"package.json": json.dumps(package)}, "nodejs", volume=node_cache)
    assert "-----> Running build\n" in built.log


def test_config_vars_add_flags_to_the_build_and_keep_devdependencies(workshop: Workshop, node_cache: str) -> None:
    config = {"NODE_BUILD_FLAGS": "--mode staging", "NPM_CONFIG_PRODUCTION": "false"}
    built = workshop.build(NPM, "nodejs", volume=node_cache, config=config)
    assert built.read("public/app.js") == "built true --mode,staging"
    assert "./node_modules/is-number" in built.names()
    assert built.one("slug")["process_types"] == {"web": "npm start"}


def test_an_older_node_comes_with_the_npm_that_suits_it(workshop: Workshop) -> None:
    built = workshop.build(node_app(engines={"node": "^20.17"}), "nodejs", volume=workshop.volume())
    assert built.report()["node_version"].startswith("20.")
    assert "with npm 10." in built.log


def build_only(script: str, **changes: object) -> dict[str, str]:
    """An app that needs Node while it is built and not while it runs."""
    source = node_app(scripts={"build": script}, dependencies={}, **changes)
    del source["server.js"]
    return source | {"Procfile": "web: python3 -m http.server $PORT\n"}


def test_node_stays_out_of_the_slug_where_it_only_builds(workshop: Workshop, node_cache: str) -> None:
    source = build_only("node build.js")
    built = workshop.build(source, "nodejs", volume=node_cache)
    assert "./public/app.js" in built.names()
    assert not {"./.heroku/node", "./node_modules"} & built.names()
    kept = workshop.build(source, "nodejs", volume=node_cache, config={"NODE_RUNTIME": "1"})
    assert "./.heroku/node/bin/node" in kept.names()


def test_folders_that_the_app_names_come_back_in_the_next_build(workshop: Workshop, node_cache: str) -> None:
    script = "mkdir -p .tool && echo run >> .tool/log && wc -l .tool/log"
    source = build_only(script, cacheDirectories=[".tool", "../escape", "/etc"])
    assert "1 .tool/log" in workshop.build(source, "nodejs", volume=node_cache).log
    assert "2 .tool/log" in workshop.build(source, "nodejs", volume=node_cache).log


def test_without_any_setting_npm_itself_tells_its_registry(workshop: Workshop) -> None:
    volume, nothing = workshop.volume(), {"NPM_CONFIG_REGISTRY": ""}
    source = build_only("node build.js")
    stack = "/usr/local/share/slipway/npm-registry"
    built = workshop.build(source, "nodejs", volume=volume, environment=nothing, emptied=stack)
    assert "asking npm for its default, once" in built.log
    assert built.exit_code == 0
    again = workshop.build(source, "nodejs", volume=volume, environment=nothing, emptied=stack)
    assert "asking npm" not in again.log


def test_the_stacks_of_the_platform_know_npms_default(workshop: Workshop) -> None:
    built = workshop.build(
        build_only("node build.js"), "nodejs", volume=workshop.volume(), environment={"NPM_CONFIG_REGISTRY": ""}
    )
    assert (built.exit_code, "asking npm" in built.log) == (0, False)
