"""What scripts and hooks find in their environment, and what the export file of a buildpack adds."""

from __future__ import annotations

import pytest

from tests.buildpacks.harness import Builder, Outcome, Pack

pytestmark = pytest.mark.docker

HOOK = '#!/bin/sh\nmkdir -p recorded\ncat "/proc/$$/environ" >"recorded/$(basename "$0")"\n'
BASE = {
    "HOME": "/app",
    "LANG": "C.UTF-8",
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "STACK": "heroku-22",
    "SOURCE_VERSION": "0123abcd",
    "BUILDPACK_LOG_FILE": "/dev/null",
    "CURL_CONNECT_TIMEOUT": "30",
    "CURL_TIMEOUT": "600",
    "APT_CONFIG": "/usr/local/lib/slipway/lib/apt.conf",
}


def without_request(environment: dict[str, str]) -> dict[str, str]:
    """An environment without REQUEST_ID, which differs in each build and must be there."""
    assert environment["REQUEST_ID"].startswith("request-")
    return {name: value for name, value in environment.items() if name != "REQUEST_ID"}


@pytest.fixture(scope="module")
def alone(builder: Builder) -> Outcome:
    return builder.build(
        {"bin/pre-compile": HOOK},
        Pack("recorder", env={"OWN_MIRROR": "https://mirror.example/"}),
        config={"SECRET": "s3cret"},
        environment={"PIP_INDEX_URL": "https://index.example/simple"},
    )


@pytest.fixture(scope="module")
def after_exporter(builder: Builder) -> Outcome:
    """An exporting buildpack with settings of its own, then a recording one."""
    return builder.build(
        {"bin/post-compile": HOOK + "freshly-installed\n"},
        Pack("exporter", env={"ONLY_EXPORTER": "1"}),
        "recorder",
        config={"DEFAULTED": "by the user", "SECRET": "s3cret"},
    )


@pytest.mark.parametrize("script", ["detect", "compile", "release", "report"])
def test_scripts_get_a_clean_environment_with_the_installation_s_and_their_own_settings(
    alone: Outcome,
    script: str,
) -> None:
    assert without_request(alone.recorded(script)) == BASE | {
        "OWN_MIRROR": "https://mirror.example/",
        "PIP_INDEX_URL": "https://index.example/simple",
    }


def test_a_hook_gets_config_vars_but_no_buildpack_s_own_settings(alone: Outcome) -> None:
    environment = alone.recorded("pre-compile")
    assert environment["SECRET"] == "s3cret"
    assert environment["PIP_INDEX_URL"] == "https://index.example/simple"
    assert "OWN_MIRROR" not in environment


def test_tools_are_told_about_the_installation_s_certificates_where_there_are_any(builder: Builder) -> None:
    outcome = builder.build({}, "recorder", stray={"slipway/ca.crt": "a bundle"})
    names = ["SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO"]
    bundles = dict.fromkeys([*names, "CURL_CA_BUNDLE"], "/slipway/ca.crt")
    assert without_request(outcome.recorded("compile")) == BASE | bundles


@pytest.mark.parametrize("script", ["detect", "compile"])
def test_exports_reach_later_detects_and_compiles_as_bash_means_them(after_exporter: Outcome, script: str) -> None:
    assert without_request(after_exporter.recorded(script)) == BASE | {
        "PATH": f"{after_exporter.build_dir}/tools:{BASE['PATH']}",
        "DEFAULTED": "by default",
        "DECLARED": "declared",
        "CHOSEN": "yes",
        "LINES_TWO": "one\ntwo",
    }


@pytest.mark.parametrize("script", ["release", "report", "exporter-release", "exporter-report"])
def test_exports_reach_no_release_and_no_report(after_exporter: Outcome, script: str) -> None:
    environment = after_exporter.recorded(script)
    assert environment["PATH"] == BASE["PATH"]
    assert "DEFAULTED" not in environment


def test_a_buildpack_s_export_is_there_in_its_own_post_compile_hook(after_exporter: Outcome) -> None:
    assert after_exporter.exit_code == 0
    assert after_exporter.log.count("the tool answers\n") == 2


def test_in_a_hook_config_vars_win_over_exports(after_exporter: Outcome) -> None:
    assert after_exporter.recorded("post-compile")["DEFAULTED"] == "by the user"
    assert after_exporter.recorded("post-compile")["DECLARED"] == "declared"


def test_config_vars_that_would_break_the_tools_break_nothing(builder: Builder) -> None:
    nonsense = [
        *("BUILD_DIR", "CACHE_DIR", "ENV_DIR", "PATH", "PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH", "LD_PRELOAD"),
        *("HOME", "STACK", "GIT_DIR", "UID", "SHELLOPTS", "BASH_ENV", "IFS", "LANG", "LIBRARY_PATH"),
    ]
    harmless = ["name", "value", "path", "status", "index", "directory", "file", "stage", "pid", "limit", "ref"]
    config = dict.fromkeys([*nonsense, *harmless], "nonsense")
    outcome = builder.build({"bin/pre-compile": HOOK + "python3 -c 'print(40 + 2)'\n"}, "recorder", config=config)
    assert outcome.exit_code == 0, outcome.log
    assert "42\n" in outcome.log
    environment = outcome.recorded("pre-compile")
    assert without_request(environment) == BASE | dict.fromkeys(harmless, "nonsense")


def test_a_config_var_too_long_for_an_environment_is_left_out_with_a_word(builder: Builder) -> None:
    outcome = builder.build({"bin/pre-compile": HOOK}, "plain", config={"LONG": "x" * 140000, "SHORT": "line\n"})
    assert outcome.exit_code == 0, outcome.log
    assert "Config var LONG is too long" in outcome.log
    assert outcome.recorded("pre-compile")["SHORT"] == "line\n"


@pytest.mark.parametrize(
    ("pack", "after", "warned"),
    [
        ("export-exit", None, True),
        ("export-errexit", "kept", False),
        ("export-nounset", None, True),
        ("hanging-export", None, True),
    ],
)
def test_an_export_that_breaks_keeps_what_it_set_and_never_takes_the_driver_down(
    builder: Builder,
    pack: str,
    after: str | None,
    warned: bool,
) -> None:
    outcome = builder.build({}, pack, "recorder", seconds=5)
    assert outcome.exit_code == 0, outcome.log
    assert outcome.recorded("compile")["BEFORE"] == "kept"
    assert outcome.recorded("compile").get("AFTER") == after
    assert (f"The export file of {pack} stopped early" in outcome.log) is warned
