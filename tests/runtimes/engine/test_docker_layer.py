"""A slug's tar as an image's layer."""

import io
import tarfile

import pytest

from runtimes.engine.base import EngineError
from runtimes.engine.docker_layer import layer
from tests.runtimes.engine.tars import cut

LONG = "deep/" * 30 + "é" * 20
FORMATS = (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT)


def packed(*members: tuple[tarfile.TarInfo, bytes], format_: int = tarfile.GNU_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format_) as tar:
        for member, content in members:
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def file(name: str, content: bytes = b"", **facts: object) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    for fact, value in facts.items():
        setattr(member, fact, value)
    return member, content


def unpacked(tar: bytes, pieces: int = 1000) -> dict[str, tuple[tarfile.TarInfo, bytes]]:
    chunks = [tar[start : start + pieces] for start in range(0, len(tar), pieces)]
    with tarfile.open(fileobj=io.BytesIO(b"".join(layer(chunks, "/app", 1000)))) as made:
        found = {}
        for member in made:
            content = made.extractfile(member) if member.isreg() else None
            found[member.name] = (member, content.read() if content else b"")
        return found


@pytest.mark.parametrize("format_", FORMATS)
def test_every_member_lies_below_the_directory_with_its_content(format_: int) -> None:
    made = unpacked(packed(file("./a", b"x" * 1500), file("./deep/b", b"y"), format_=format_))
    assert {name: content for name, (_, content) in made.items()} == {
        "app": b"",
        "app/a": b"x" * 1500,
        "app/deep/b": b"y",
    }


@pytest.mark.parametrize("format_", FORMATS[:2])
def test_names_of_any_length_are_kept(format_: int) -> None:
    assert unpacked(packed(file(f"./{LONG}", b"x"), format_=format_))[f"app/{LONG}"][1] == b"x"


def test_a_name_that_had_just_enough_room_gets_more() -> None:
    name = "n" * 98
    assert list(unpacked(packed(file(f"./{name}"), file("./after", b"z")))) == ["app", f"app/{name}", "app/after"]


def test_a_name_of_two_fields_becomes_one() -> None:
    name = "/".join(["folder"] * 25)
    assert f"app/{name}" in unpacked(packed(file(name), format_=tarfile.USTAR_FORMAT))


@pytest.mark.parametrize("format_", FORMATS[:2])
@pytest.mark.parametrize("target", ["../a", "/usr/bin/python3", "x" * 150])
def test_symbolic_links_point_where_they_did(format_: int, target: str) -> None:
    made = unpacked(packed(file("./bin/link", type=tarfile.SYMTYPE, linkname=target), format_=format_))
    assert made["app/bin/link"][0].linkname == target


@pytest.mark.parametrize("format_", FORMATS[:2])
def test_hard_links_move_with_what_they_link(format_: int) -> None:
    made = unpacked(packed(file("./a", b"x"), file("./b", type=tarfile.LNKTYPE, linkname="./a"), format_=format_))
    assert made["app/b"][0].linkname == "app/a"


def test_owner_mode_and_time_stay_and_the_top_belongs_to_the_user() -> None:
    made = unpacked(packed(file("./", type=tarfile.DIRTYPE, mode=0o700), file("./a", mode=0o755, uid=7, mtime=99)))
    facts = {name: (member.uid, member.mode, member.mtime) for name, (member, _) in made.items()}
    assert facts == {"app": (1000, 0o755, 0), "app/a": (7, 0o755, 99)}


def test_other_records_of_a_member_are_kept() -> None:
    made = unpacked(packed(file("./é", mtime=1.5, pax_headers={"comment": "c" * 95}), format_=tarfile.PAX_FORMAT))
    member = made["app/é"][0]
    assert (member.mtime, member.pax_headers["comment"]) == (1.5, "c" * 95)


def test_a_file_of_many_gigabytes_has_its_size() -> None:
    header = tarfile.TarInfo("./big")
    header.size = 9 * 1024**3
    stream = layer([header.tobuf(tarfile.GNU_FORMAT), b"x"], "app", 1000)
    next(stream)
    assert tarfile.TarInfo.frombuf(next(stream), "utf-8", "strict").size == header.size


@pytest.mark.parametrize("name", ["../escape", "./a/../../escape", "/etc/passwd"])
def test_a_name_that_leads_out_is_refused(name: str) -> None:
    with pytest.raises(EngineError, match="leads out"):
        unpacked(packed(file(name)))


def test_a_hard_link_that_leads_out_is_refused() -> None:
    with pytest.raises(EngineError, match="leads out"):
        unpacked(packed(file("./a", type=tarfile.LNKTYPE, linkname="../etc/shadow")))


@pytest.mark.parametrize("stream", [cut(), [b"no tar at all" * 100], []])
def test_what_is_no_whole_tar_is_refused(stream: list[bytes]) -> None:
    with pytest.raises(EngineError, match="tar"):
        list(layer(stream, "/app", 1000))
