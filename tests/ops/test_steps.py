"""A step says that it is done and how long it took, or shows why it failed."""

import shlex

from tests.ops.bash import Checkout


def test_a_step_that_succeeds_is_one_line(checkout: Checkout) -> None:
    done = checkout.bash("step::run quiet 'Make it' echo whispered")
    assert done.returncode == 0
    assert "✓ Make it" in done.stdout
    assert "whispered" not in done.stdout
    assert (checkout.path / "var" / "log" / "quiet.log").read_text() == "whispered\n"


def test_a_step_that_fails_shows_the_end_of_its_log_and_keeps_its_status(checkout: Checkout) -> None:
    failed = checkout.bash("step::run loud 'Make it' bash -c 'seq 100; echo the reason >&2; exit 7'")
    assert failed.returncode == 7
    assert "✗ Make it failed (exit status 7)" in failed.stderr
    assert "the reason" in failed.stderr
    assert " 50\n" not in failed.stderr


def test_a_step_that_says_why_it_cannot_go_on_is_one_line(checkout: Checkout) -> None:
    script = "source bin/lib/slipway.sh; echo much else; step::fail 'Install sed.'"
    failed = checkout.bash(f"step::run tool 'Make it' bash -c {shlex.quote(script)}")
    assert failed.returncode == 1
    assert [line.partition("✗ ")[2] for line in failed.stderr.splitlines()] == ["Install sed."]


def test_a_missing_package_that_cannot_be_installed_is_named_in_one_line(checkout: Checkout) -> None:
    refused = checkout.bash("host::may_be_root() { false; }; host::install tool-one tool-two")
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1
    assert "Install these packages, then run it again: tool-one tool-two" in refused.stderr
