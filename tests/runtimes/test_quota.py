"""How much of a log is kept."""

from runtimes.quota import Quota


def kept(quota: Quota, lines: list[str]) -> list[str]:
    """What of these lines is stored in the end."""
    return [line for line in lines if quota.take(line)] + quota.rest()


def numbered(count: int) -> list[str]:
    return [f"line {number}" for number in range(1, count + 1)]


def test_a_log_within_its_quota_is_whole() -> None:
    assert kept(Quota(lines=10), numbered(10)) == numbered(10)


def test_of_a_longer_log_head_and_tail_stay_and_a_note_counts_what_does_not() -> None:
    lines = kept(Quota(lines=10), numbered(100))
    assert lines[:5] == numbered(5)
    assert lines[6:] == numbered(100)[-5:]
    assert "90 lines left out" in lines[5]
    assert len(lines) == 11


def test_characters_count_as_well_as_lines() -> None:
    long = ["x" * 100 for _ in range(50)]
    lines = kept(Quota(characters=1000), [*numbered(1), *long, "the end"])
    assert lines[0] == "line 1"
    assert lines[-1] == "the end"
    assert sum(map(len, lines)) < 1200
    assert any("left out" in line for line in lines)


def test_a_single_line_larger_than_the_quota_does_not_stop_what_follows() -> None:
    lines = kept(Quota(characters=100), ["x" * 500, "the end"])
    assert lines[-1] == "the end"
    assert "1 lines left out" in lines[0]


def test_nothing_is_held_back_twice() -> None:
    quota = Quota(lines=4)
    assert kept(quota, numbered(20))[-1] == "line 20"
    assert quota.rest() == []


def test_the_head_is_full_once_for_all() -> None:
    quota = Quota(lines=4, characters=1000)
    assert kept(quota, numbered(20))
    assert not quota.take("later")
    assert quota.rest() == ["later"]
