"""What was installed goes into the build and comes back, without a link; or, where builds change it, with links."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

LIB = Path(__file__).parents[3] / "buildpacks" / "bundled" / "python" / "lib"
LEND = f"source {LIB}/output.sh; source {LIB}/tree.sh; source {LIB}/lend.sh; declare -A PROJECT=([package]=)"
EDITED = "edited in place by the last build"


class Cache:
    """The cache of an app, and the tree in the build of it."""

    def __init__(self, place: Path) -> None:
        self.root, self.build, self.uv = place / "python", place / "build", place / "python" / "uv"
        for folder in (self.uv, self.build / "lib", place / "older"):
            folder.mkdir(parents=True)
        (self.uv / "django.py").write_text("django")
        (self.build / "lib" / "django.py").hardlink_to(self.uv / "django.py")
        self.call("tree::open", self.root)
        self.keep()

    def call(self, function: str, *arguments: object) -> str:
        script = f'{LEND}; TREE_ROOT="$1"; shift; "$@"'
        command = ["/bin/bash", "-euo", "pipefail", "-c", script, "bash", str(self.root), function]
        done = subprocess.run([*command, *map(str, arguments)], check=False, capture_output=True, text=True)
        assert done.returncode in (0, 1), done.stderr
        return done.stdout + "!" * done.returncode

    def keep(self) -> None:
        (self.root / "stamp").touch()
        self.call("lend::keep", "key", self.build)
        self.let_pass()

    def let_pass(self) -> None:
        """Wait until the file system's clock has moved on: what is written next is newer."""
        last, probe = self.root / "last", self.root / "probe"
        last.touch()
        probe.touch()
        while probe.stat().st_mtime_ns <= last.stat().st_mtime_ns:
            probe.touch()

    def take_back(self) -> None:
        self.call("lend::take_back", self.build)

    def next_build(self) -> tuple[str, str]:
        """What is said at its beginning, and how restoring goes."""
        said = self.call("tree::open", self.root, self.uv) + self.call("lend::open", self.uv)
        restored = self.call("lend::restore", "key", self.build)
        self.let_pass()
        return said, restored

    def is_lent(self) -> bool:
        return not (self.root / "tree").exists()


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path)


def edit(tree: Path) -> None:
    (tree / "lib" / "django.py").write_text("spoilt")


def add(tree: Path) -> None:
    (tree / "lib" / "more.py").write_text("")


def take_away(tree: Path) -> None:
    (tree / "lib" / "django.py").unlink()


def change_mode(tree: Path) -> None:
    (tree / "lib").chmod(0o700)


def put_back_the_time(tree: Path) -> None:
    file = tree / "lib" / "django.py"
    before = file.stat()
    file.write_text("spoilt")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def put_another_in_its_place(tree: Path) -> None:
    tree.rename(tree.parent / "gone")
    (tree.parent / "older").rename(tree)


def link_elsewhere(tree: Path) -> None:
    tree.rename(tree.parent / "elsewhere")
    tree.symlink_to("elsewhere")


def test_what_builds_leave_alone_is_one_tree_that_goes_to_and_fro(cache: Cache) -> None:
    tree = cache.build.stat().st_ino
    for _ in range(3):
        cache.take_back()
        assert not cache.build.exists()
        assert not cache.is_lent()
        assert cache.next_build() == ("", "")
        assert cache.is_lent()
        assert cache.build.stat().st_ino == tree
        assert (cache.build / "lib" / "django.py").read_text() == "django"


@pytest.mark.parametrize("change", [edit, add, take_away, change_mode, put_back_the_time])
def test_what_a_build_changed_is_installed_anew_and_linked_from_then_on(
    cache: Cache, change: Callable[[Path], None]
) -> None:
    change(cache.build)
    cache.take_back()
    assert cache.build.exists()
    assert cache.next_build()[1] == "!"
    cache.keep()
    assert not cache.is_lent()
    assert cache.next_build()[1] == ""
    assert not cache.is_lent()


@pytest.mark.parametrize("change", [put_another_in_its_place, link_elsewhere])
def test_what_is_not_the_tree_that_was_lent_is_not_taken_for_it(cache: Cache, change: Callable[[Path], None]) -> None:
    change(cache.build)
    cache.take_back()
    assert cache.is_lent()
    assert cache.next_build()[1] == "!"


def test_an_edit_spoils_what_the_package_manager_keeps_whether_or_not_the_build_came_to_its_end(cache: Cache) -> None:
    edit(cache.build)
    said, restored = cache.next_build()
    assert EDITED in said
    assert restored == "!"
    assert not cache.uv.exists()


def test_an_edit_counts_from_when_all_was_installed(cache: Cache) -> None:
    (cache.root / "stamp").touch()
    cache.let_pass()
    edit(cache.build)
    cache.let_pass()
    cache.call("lend::keep", "key", cache.build)
    assert EDITED in cache.next_build()[0]
    assert not cache.uv.exists()


def test_a_build_that_was_killed_costs_the_tree_and_nothing_else(cache: Cache) -> None:
    add(cache.build)
    assert cache.next_build() == ("", "!")
    assert (cache.uv / "django.py").read_text() == "django"
    assert not (cache.root / "lent").exists()
    assert cache.next_build() == ("", "!")


def test_a_tree_for_other_requirements_stays_where_it_is(cache: Cache) -> None:
    cache.take_back()
    assert cache.call("lend::restore", "other", cache.build) == "!"
    assert not cache.is_lent()
    assert not cache.build.exists()
