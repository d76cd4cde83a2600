"""Uploads: what is unsafe, too large or broken is refused in a sentence; the rest comes out clean."""

import gzip
import io
import os
import random
import tarfile
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard
from pytest_django import Settings

from builds import archives
from builds.faults import BuildFailed
from tests.builds.tars import (
    clean,
    contents,
    directory,
    entry,
    file,
    hardlink,
    listed,
    symlink,
    tar,
    zip_link,
    zipped,
)

PACKERS: dict[str, Callable[[bytes], bytes]] = {"tar": bytes, "gz": gzip.compress, "zst": zstandard.compress}


def refused(data: bytes, **options: Any) -> BuildFailed:
    """The sentence with which an upload is refused."""
    with pytest.raises(BuildFailed) as caught:
        clean(data, **options)
    return caught.value


@pytest.mark.parametrize("packer", PACKERS)
def test_a_tar_is_read_however_it_is_compressed(packer: str) -> None:
    data = PACKERS[packer](tar(file("a", b"one"), directory("d"), file("d/b", b"two")))
    assert contents(clean(data)) == {"a": b"one", "d/b": b"two"}


def test_a_zip_keeps_modes_links_and_directories() -> None:
    data = zipped([("run", b"#!", 0o100755), ("d/", b"", 0o40755), ("d/b", b"two", 0o100644), zip_link("l", "d/b")])
    plain = clean(data)
    found = listed(plain)
    assert contents(plain) == {"run": b"#!", "d/b": b"two"}
    assert (found["run"].mode, found["d/b"].mode) == (0o755, 0o644)
    assert found["d"].isdir()
    assert (found["l"].issym(), found["l"].linkname) == (True, "d/b")


@pytest.mark.parametrize(
    "bad",
    [
        file("/etc/passwd"),
        file("../escape"),
        file("a/../../escape"),
        file(".."),
        entry("device", tarfile.CHRTYPE),
        entry("disk", tarfile.BLKTYPE),
        entry("pipe", tarfile.FIFOTYPE),
        symlink("out", "../outside"),
        symlink("a/out", "../../outside"),
        symlink("absolute", "/etc/passwd"),
        symlink("up", ".."),
        hardlink("hard", "../outside"),
        hardlink("hard", "/etc/passwd"),
        file("n" * 5000),
    ],
    ids=lambda bad: f"{bad[0].name[:20]} {bad[0].linkname}".strip(),
)
def test_what_leaves_the_tree_or_is_no_file_is_refused(bad: Any) -> None:
    failed = refused(tar(file("good"), bad))
    assert failed.reason == "archive-unsafe"
    assert bad[0].name[:100] in failed.message


@pytest.mark.parametrize(
    "bad",
    [
        ("../escape", b"", 0o100644),
        ("/etc/passwd", b"", 0o100644),
        ("pipe", b"", 0o10644),
        ("device", b"", 0o20644),
        zip_link("out", "../outside"),
        zip_link("absolute", "/etc/passwd"),
    ],
    ids=lambda bad: bad[0],
)
def test_a_zip_can_do_no_more_than_a_tar(bad: Any) -> None:
    assert refused(zipped([("good", b"", 0o100644), bad])).reason == "archive-unsafe"


def test_nothing_is_written_through_a_link() -> None:
    assert refused(tar(symlink("d", "e"), directory("e"), file("d/x"))).reason == "archive-unsafe"


def test_links_cannot_add_up_to_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("outside")
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    plain = clean(
        tar(directory("d"), directory("d/e"), symlink("d/e/up", "../.."), symlink("evil", "d/e/up/../../secret"))
    )
    with tarfile.open(fileobj=io.BytesIO(plain)) as found:
        found.extractall(inside, filter="fully_trusted")  # noqa: S202 that is what is tested
    assert not (inside / "evil").exists()
    assert (inside / "d/e/up").resolve() == inside


@pytest.mark.parametrize("target", ["x", "./x", "../x", "deep/er", "../d/x", "nowhere"])
def test_links_inside_the_tree_stay_as_they_are(target: str) -> None:
    assert listed(clean(tar(file("x"), symlink("d/link", target))))["d/link"].linkname == target


def test_a_hard_link_follows_its_file_out_of_the_wrapper() -> None:
    plain = clean(tar(file("top/a", b"one"), hardlink("top/b", "top/a")))
    assert listed(plain)["b"].linkname == "a"
    assert contents(plain)["a"] == b"one"


def test_a_link_out_of_the_chosen_directory_is_refused() -> None:
    data = tar(file("front/a"), symlink("front/up", "../back/secret"), file("back/secret"))
    assert refused(data, directory="front").reason == "archive-unsafe"
    data = tar(file("back/secret"), hardlink("front/a", "back/secret"))
    assert refused(data, directory="front").reason == "archive-unsafe"


def test_what_comes_out_belongs_to_the_build_user_and_has_plain_modes() -> None:
    plain = clean(
        tar(
            file("setuid", mode=0o4755, uid=0, gid=0, uname="root", gname="root"),
            file("secret", mode=0o600),
            file("old", mtime=-5),
            directory("d"),
        )
    )
    found = listed(plain)
    assert {(info.uid, info.gid, info.uname, info.gname) for info in found.values()} == {(1000, 1000, "", "")}
    assert [found[name].mode for name in ("setuid", "secret", "d")] == [0o755, 0o644, 0o755]
    assert found["old"].mtime == 0


@pytest.mark.parametrize("when", ["nan", "inf", "-inf", "1e300"])
def test_a_time_that_is_none_does_no_harm(when: str) -> None:
    assert listed(clean(tar(file("a", pax_headers={"mtime": when}))))["a"].size == 7


def test_empty_directories_stay() -> None:
    assert listed(clean(tar(file("a"), directory("empty"))))["empty"].isdir()


def test_directories_that_an_archive_only_implies_are_written_out() -> None:
    """Whoever unpacks would make them as another user: nobody could build in them."""
    found = listed(clean(tar(file("a/b/c"), file("a/d"), file("e"))))
    assert list(found) == ["a", "a/b", "a/b/c", "a/d", "e"]
    assert {(found[name].isdir(), found[name].uid) for name in ("a", "a/b")} == {(True, 1000)}


def test_git_s_own_files_are_left_out() -> None:
    data = tar(file("a"), file(".git/config"), file("sub/.git/HEAD"), file(".gitignore"), file(".github/x"))
    assert sorted(contents(clean(data))) == [".github/x", ".gitignore", "a"]


@pytest.mark.parametrize("prefix", ["app-1.0/", "./app/", "./"])
def test_the_directory_that_everything_lies_in_is_taken_off(prefix: str) -> None:
    data = tar(directory(prefix.rstrip("/")), file(f"{prefix}a", b"one"), file(f"{prefix}d/b", b"two"))
    assert contents(clean(data)) == {"a": b"one", "d/b": b"two"}


def test_a_zip_from_finder_is_unwrapped_too() -> None:
    data = zipped([("app/a", b"one", 0o100644), ("__MACOSX/app/._a", b"junk", 0o100644)])
    assert contents(clean(data)) == {"a": b"one"}


def test_a_single_file_is_no_wrapper() -> None:
    assert contents(clean(tar(file("main.py")))) == {"main.py": b"content"}


@pytest.mark.parametrize("spelling", ["web", "web/", "/web", "./web", "web/."])
def test_only_the_chosen_directory_is_taken(spelling: str) -> None:
    data = tar(file("top/web/a", b"one"), file("top/other"), file("top/website"))
    assert contents(clean(data, directory=spelling)) == {"a": b"one"}


@pytest.mark.parametrize("spelling", [".", "./", "/"])
def test_the_root_can_be_chosen_as_well(spelling: str) -> None:
    assert contents(clean(tar(file("a"), file(".hidden/b")), directory=spelling)) == {
        "a": b"content",
        ".hidden/b": b"content",
    }


def test_a_hidden_directory_is_one_like_any_other() -> None:
    assert list(contents(clean(tar(file(".app/a"), file("b")), directory=".app"))) == ["a"]


@pytest.mark.parametrize("spelling", ["missing", "../top", "..", "a"])
def test_a_directory_that_is_not_there_is_named(spelling: str) -> None:
    failed = refused(tar(file("top/a"), file("b")), directory=spelling)
    assert failed.reason == "directory-missing"
    assert spelling in failed.message


def test_an_archive_without_files_is_refused() -> None:
    assert refused(tar(directory("d"))).reason == "archive-empty"


def truncated() -> Iterator[tuple[str, bytes]]:
    content = random.Random(0).randbytes(3000)  # noqa: S311 it shall be the same each time
    whole = tar(file("a", content), file("b", content), file("c", content))
    for name, packer in PACKERS.items():
        packed = packer(whole)
        for share in (0.1, 0.25, 0.5):
            yield f"{name} cut at {share}", packed[: int(len(packed) * share)]
    yield "tar cut between two files", whole[: 512 + 3072]
    yield "zst cut between two files", zstandard.compress(whole[: 512 + 3072])
    data = bytearray(gzip.compress(whole))
    data[len(data) // 2] ^= 0xFF
    yield "gz with a wrong byte", bytes(data)
    data = bytearray(gzip.compress(whole))
    data[-6] ^= 0xFF
    yield "gz with a wrong checksum", bytes(data)
    broken = bytearray(whole)
    broken[512 + 3072 + 100] ^= 0xFF
    yield "tar with a broken second header", bytes(broken)
    packed = zipped([("a", content, 0o100644), ("b", content, 0o100644)])
    yield "zip cut", packed[: len(packed) // 2]
    damaged = bytearray(packed)
    damaged[60:90] = bytes(30)
    yield "zip with wrong bytes", bytes(damaged)
    yield "nothing", b""
    yield "some text", b"no archive at all, but a text\n" * 50
    yield "gz of text", gzip.compress(b"text" * 500)
    yield "zst of text", zstandard.compress(b"text" * 500)
    yield "magic alone", b"PK\x03\x04"


@pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data in truncated()])
def test_an_archive_that_is_broken_anywhere_is_refused_and_never_taken_in_part(data: bytes) -> None:
    failed = refused(data)
    assert failed.reason == "archive-broken"
    assert ".tar.gz" in failed.message


def test_an_encrypted_zip_is_refused_in_words_of_its_own() -> None:
    data = bytearray(zipped([("a", b"secret", 0o100644)]))
    for place in (data.index(b"PK\x03\x04") + 6, data.index(b"PK\x01\x02") + 8):
        data[place] |= 1
    assert "encrypted" in refused(bytes(data)).message


def test_too_many_files_are_refused(settings: Settings) -> None:
    settings.SOURCE_FILES = 3
    assert len(contents(clean(tar(*(file(f"f{n}") for n in range(3)))))) == 3
    failed = refused(tar(*(file(f"f{n}") for n in range(4))))
    assert failed.reason == "archive-too-large"
    assert "3 files" in failed.message


def test_directories_cannot_be_had_without_number(settings: Settings) -> None:
    settings.SOURCE_FILES = 3
    assert refused(tar(file("a"), *(directory(f"d{n}") for n in range(7)))).reason == "archive-too-large"


def test_too_many_bytes_are_refused(settings: Settings) -> None:
    settings.SOURCE_BYTES = 1024 * 1024
    failed = refused(gzip.compress(tar(file("a", bytes(600_000)), file("b", bytes(600_000)))))
    assert failed.reason == "archive-too-large"
    assert "1.0 MB" in failed.message


def test_what_is_not_taken_may_be_more_but_not_endless(settings: Settings) -> None:
    settings.SOURCE_BYTES = 100_000
    beside = file("beside", bytes(200_000))
    assert list(contents(clean(tar(file("web/a"), beside), directory="web"))) == ["a"]
    assert refused(tar(file("web/a"), beside, beside), directory="web").reason == "archive-too-large"


def declaring(size: int, content: bytes) -> bytes:
    """A zip whose only file says that it has `size` bytes."""
    data = bytearray(zipped([("a", content, 0o100644)]))
    for magic, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = data.index(magic) + place
        data[start : start + 4] = size.to_bytes(4, "little")
    return bytes(data)


def test_content_beyond_the_declared_size_of_a_zip_does_not_slip_through() -> None:
    assert refused(declaring(10, bytes(5_000_000))).reason == "archive-broken"
    assert contents(clean(declaring(0, bytes(5_000_000)))) == {"a": b""}


def test_a_declared_size_that_is_not_there_is_a_broken_archive() -> None:
    assert refused(declaring(5000, b"short")).reason == "archive-broken"


def test_a_huge_link_target_is_not_read(settings: Settings) -> None:
    data = zipped([("a", b"", 0o100644), ("link", bytes(20_000_000), 0o120777)])
    tracemalloc.start()
    assert refused(data).reason == "archive-broken"
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8_000_000


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_that_announces_too_much_is_not_read(kind: bytes) -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = kind, 12_000_000
    data = zlib.compress(header.tobuf(tarfile.GNU_FORMAT) + bytes(12_000_000))
    packed = gzip.compress(zlib.decompress(data))
    tracemalloc.start()
    assert refused(packed).reason == "archive-broken"
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8_000_000


def test_headers_that_announce_headers_end_somewhere() -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XGLTYPE, 0
    assert refused(header.tobuf(tarfile.GNU_FORMAT) * 3000 + bytes(1024)).reason == "archive-broken"


@pytest.mark.thorough
def test_many_files_do_not_pile_up_in_memory() -> None:
    packed = gzip.compress(tar(*(file(f"d{n % 100}/f{n}", b"x" * 200) for n in range(800))), 1)
    out = io.BytesIO()
    with archives.opened(io.BytesIO(packed)) as members:
        tracemalloc.start()
        assert archives.write_clean(members(), out) == 800
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 1_500_000


@pytest.mark.thorough
def test_a_large_file_is_streamed() -> None:
    packed = gzip.compress(tar(file("large", bytes(24_000_000))), 1)
    with archives.opened(io.BytesIO(packed)) as members, Path(os.devnull).open("wb") as out:
        tracemalloc.start()
        archives.write_clean(members(), out)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 8_000_000


def test_a_stream_is_a_file_that_is_read_once() -> None:
    seen: list[bytes] = []
    stream = archives.Stream(iter([b"ab", b"", b"cde"]), on_read=seen.append)
    assert stream.seek(0) == 0
    assert (stream.read(3), stream.read()) == (b"ab", b"cde")
    assert b"".join(seen) == b"abcde"
    with pytest.raises(io.UnsupportedOperation):
        stream.seek(0)
