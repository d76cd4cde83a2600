"""bin/compile and its surroundings: where it runs, what it is given, what it may do to the builder."""

from __future__ import annotations

import pytest

from tests.buildpacks.harness import Builder, Outcome

pytestmark = pytest.mark.docker

CONFIG: dict[str, str | bytes] = {
    "PLAIN": "value",
    "LINES": "one\ntwo\n\n",
    "EMPTY": "",
    "BYTES": b"\xff\xfe\x01",
    "PATH": "/nonsense",
}


@pytest.fixture(scope="module")
def recorded(builder: Builder) -> Outcome:
    """A build whose one buildpack writes down all that it is given."""
    outcome = builder.build({"Procfile": "web: run"}, "recorder", config=CONFIG)
    assert outcome.exit_code == 0, outcome.log
    return outcome


def test_every_script_runs_in_the_buildpack_s_own_root(builder: Builder) -> None:
    outcome = builder.build({}, "own-root")
    assert outcome.exit_code == 0
    assert "a file of the buildpack's own\n" in outcome.log
    assert outcome.one("buildpack")["report"] == {"own": "a file of the buildpack's own"}


def test_scripts_committed_without_their_executable_bit_run(builder: Builder) -> None:
    outcome = builder.build({}, "not-executable")
    assert outcome.exit_code == 0
    assert "the helper ran\n" in outcome.log


def test_scripts_without_a_first_line_for_the_kernel_are_bash_s(builder: Builder) -> None:
    outcome = builder.build({}, "no-shebang")
    assert outcome.exit_code == 0
    assert "bash runs me\n" in outcome.log


def test_compile_and_report_get_build_dir_cache_dir_and_env_dir(recorded: Outcome) -> None:
    expected = f"{recorded.build_dir}\n/tmp/cache/app\n/slipway/env\n"
    assert recorded.read("recorded/arguments") == expected
    assert recorded.read("recorded/report-arguments") == expected


def test_config_vars_are_files_with_the_exact_bytes(recorded: Outcome) -> None:
    members = recorded.members()
    for name, value in CONFIG.items():
        content = value if isinstance(value, bytes) else value.encode()
        assert members[f"./recorded/env-dir/{name}"].size == len(content)
    assert recorded.read("recorded/env-dir/LINES") == "one\ntwo\n\n"


def test_build_dir_is_new_in_each_build_and_never_app(builder: Builder, recorded: Outcome) -> None:
    again = builder.build({}, "recorder")
    assert again.read("recorded/arguments") != recorded.read("recorded/arguments")
    assert not recorded.read("recorded/arguments").startswith("/app")


def test_app_is_empty_and_writable_and_nothing_of_the_request_lies_about(recorded: Outcome) -> None:
    assert recorded.read("recorded/home") == ""
    assert recorded.exit_code == 0
    assert recorded.read("recorded/inbox").split() == ["buildpacks", "env", "run"]


def test_app_is_empty_even_if_the_image_left_something_there(builder: Builder) -> None:
    outcome = builder.build({}, "recorder", stray={"app/.bashrc": "", "app/.config/deep/file": ""})
    assert outcome.read("recorded/home") == ""


def test_a_link_from_app_into_the_build_directory_survives_to_the_next_buildpack(builder: Builder) -> None:
    outcome = builder.build({}, "links-home", "uses-home")
    assert outcome.exit_code == 0
    assert "found at /app\n" in outcome.log


def test_build_dir_and_cache_dir_share_a_file_system_and_cache_dir_may_be_removed(builder: Builder) -> None:
    outcome = builder.build({}, "one-filesystem", "counts-builds")
    assert outcome.exit_code == 0, outcome.log
    assert "cached builds: 1\n" in outcome.log


def test_the_exit_status_of_compile_is_kept_and_ends_the_build(builder: Builder) -> None:
    outcome = builder.build({}, "failing", "plain")
    failed = outcome.one("failed")
    assert outcome.exit_code == 1
    assert (failed["reason"], failed["buildpack"], failed["code"]) == ("compile", "failing", 7)
    assert failed["message"].startswith("The failing buildpack failed to compile the app (exit status 7).\n")
    assert "about to fail\n\n !     The failing buildpack failed to compile the app (exit status 7).\n" in outcome.log
    assert [event["state"] for event in outcome.all("step.end")] == ["done", "failed"]
    assert "Plain app detected" not in outcome.log


def test_both_streams_arrive_in_order_and_byte_for_byte(builder: Builder) -> None:
    raw = builder.build({}, "streams").raw
    assert b"".join(b"out %d\nerr %d\n" % (number, number) for number in range(1, 6)) in raw
    assert b"\x1b[31mred\x1b[0m\n10%\r50%\r100%\n" in raw
    assert b"nul \x00 and \xff\xfe bytes\n" + b"x" * 1048576 + b"\n" in raw


def test_every_buildpack_is_asked_for_its_report_and_its_failures_are_ignored(builder: Builder) -> None:
    outcome = builder.build({}, "recorder", "failing-report")
    assert outcome.exit_code == 0
    assert [(event["index"], event["report"]) for event in outcome.all("buildpack")] == [(0, {}), (1, {})]
    assert outcome.read("recorded/report")
    assert "this line is the report's" not in outcome.log
    assert "and this one its complaint" not in outcome.log


def test_a_report_that_hangs_is_stopped_and_holds_up_nothing_else(builder: Builder) -> None:
    outcome = builder.build({}, "hanging-report", "plain", seconds=3)
    assert outcome.exit_code == 0, outcome.log
    assert [event["report"] for event in outcome.all("buildpack")] == [{"began": "yes"}, {}]


def test_a_failed_compile_is_asked_for_its_report_too_and_that_gives_the_reason(builder: Builder) -> None:
    outcome = builder.build({}, "failing")
    assert outcome.one("buildpack")["report"] == {"failure_reason": "flux-missing", "python_version": "3.10"}
    assert outcome.one("failed")["detail"] == "flux-missing"


def test_the_image_has_the_apt_sources_list_that_scripts_read(builder: Builder) -> None:
    assert builder.build({}, "sources-list").exit_code == 0


def test_to_apt_what_only_the_build_image_has_is_missing(builder: Builder) -> None:
    log = builder.build({}, "asks-apt").log
    assert "libc6:\n  Installed: 2." in log
    assert "gcc:" not in log


def test_steps_and_events_come_in_the_order_of_the_work(builder: Builder) -> None:
    outcome = builder.build({"Procfile": "web: x"}, "plain", "release-web")
    told = [(event["event"], event.get("step", event.get("index"))) for event in outcome.events]
    assert told == [
        ("step.begin", "detect"),
        ("detected", None),
        ("step.end", "detect"),
        ("step.begin", "buildpack:0"),
        ("buildpack", 0),
        ("step.end", "buildpack:0"),
        ("step.begin", "buildpack:1"),
        ("label", 1),
        ("buildpack", 1),
        ("step.end", "buildpack:1"),
        ("step.begin", "package"),
        ("step.end", "package"),
        ("slug", None),
        ("cache", None),
    ]
    assert [event["version"] for event in outcome.all("buildpack")] == ["1", "1"]
    assert outcome.one("label")["label"] == "Release web"
