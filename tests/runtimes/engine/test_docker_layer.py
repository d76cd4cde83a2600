"""A slug's tar as layers of an image."""

import io
import tarfile

import pytest

from runtimes.engine.base import EngineError
from runtimes.engine.docker_layer import layers
from tests.runtimes.engine.tars import built_at, cut, file, folder, link, packed

LONG = "deep/" * 30 + "é" * 20
FORMATS = (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT)


def split(tar: bytes, pieces: int = 1000) -> tuple[bytes, bytes]:
    """The layer of what was installed, and the rest."""
    chunks = [tar[start : start + pieces] for start in range(0, len(tar), pieces)]
    both = {True: b"", False: b""}
    for installed, piece in layers(chunks, "/app", 1000):
        both[installed] += piece
    return both[True], both[False]


def read(layer: bytes) -> dict[str, tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(layer)) as made:
        found = {}
        for member in made:
            assert member.name not in found
            content = made.extractfile(member) if member.isreg() else None
            found[member.name] = (member, content.read() if content else b"")
        return found


def unpacked(tar: bytes) -> dict[str, tuple[tarfile.TarInfo, bytes]]:
    """Of a tar in which nothing was installed."""
    installed, rest = split(tar)
    assert not installed
    return read(rest)


@pytest.mark.parametrize("format_", FORMATS)
def test_every_member_lies_below_the_directory_with_its_content(format_: int) -> None:
    made = unpacked(packed(file("./a", b"x" * 1500), file("./deep/b", b"y"), format_=format_))
    assert {name: content for name, (_, content) in made.items()} == {
        "app": b"",
        "app/a": b"x" * 1500,
        "app/deep": b"",
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
    stream = layers([header.tobuf(tarfile.GNU_FORMAT), b"x"], "app", 1000)
    next(stream)
    assert tarfile.TarInfo.frombuf(next(stream)[1], "utf-8", "strict").size == header.size


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
        list(layers(stream, "/app", 1000))


def test_what_was_installed_lies_apart_and_is_the_same_after_the_next_build() -> None:
    (installed, rest), (again, changed) = split(built_at(7)), split(built_at(8, file("./new", b"new")))
    assert list(read(installed)) == [
        *("app", "app/.heroku", "app/.heroku/python", "app/.heroku/python/django.py"),
        *("app/vendor", "app/vendor/gem.rb"),
    ]
    assert list(read(rest)) == ["app", "app/.heroku", "app/Procfile", "app/vendor"]
    assert again == installed
    assert list(read(changed)) == [*read(rest), "app/new"]


def test_the_last_word_on_a_folder_that_is_in_both_is_the_slugs() -> None:
    installed, rest = map(read, split(packed(folder("./vendor", mode=0o711, mtime=9), file("./vendor/a"))))
    assert installed["app/vendor"][0].mtime == 0
    assert (rest["app/vendor"][0].mode, rest["app/vendor"][0].mtime) == (0o711, 9)


def test_a_link_in_place_of_what_was_installed_is_the_apps_own() -> None:
    made = unpacked(packed(file("./node_modules", type=tarfile.SYMTYPE, linkname="../modules"), file("./vendor")))
    assert list(made) == ["app", "app/node_modules", "app/vendor"]


def test_a_hard_link_lies_where_its_target_does_below_folders_as_they_are() -> None:
    crossing = link("./bin/django.py", "./.heroku/python/django.py"), link("./.heroku/python/Procfile", "./Procfile")
    installed, rest = map(read, split(built_at(7, *crossing)))
    assert installed["app/bin/django.py"][0].linkname == "app/.heroku/python/django.py"
    assert rest["app/.heroku/python/Procfile"][0].linkname == "app/Procfile"
    assert rest["app/.heroku/python"][0].mode == 0o700
    assert "app/bin" in installed
    assert not {"app/bin/django.py", "app/.heroku/python/django.py"} & set(rest)
