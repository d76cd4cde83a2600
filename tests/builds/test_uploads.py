"""Several tars on their way into a container as one."""

import io
import tarfile

from builds.uploads import bundle, together


def tar(*members: tarfile.TarInfo) -> list[bytes]:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(b"x" * member.size))
    return [buffer.getvalue()]


def member(name: str, **facts: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    for fact, value in facts.items():
        setattr(info, fact, value)
    return info


def unpacked(parts: dict[str, list[bytes]]) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(b"".join(together(parts)))) as archive:
        return {info.name: info for info in archive}


def test_each_lies_in_its_folder() -> None:
    made = b"".join(together({"": bundle({"order": b"1"}), "env": bundle({"KEY": b"value"})}))
    with tarfile.open(fileobj=io.BytesIO(made)) as archive:
        contents = {info.name: file.read() for info in archive if (file := archive.extractfile(info))}
    assert contents == {"order": b"1", "env/KEY": b"value"}


def test_folders_belong_to_the_build_user_and_what_they_lie_in_to_root() -> None:
    made = unpacked({"packs/0-a": tar(member("bin/deep/tool", uid=1000)), "packs/1-b": tar(), "env": tar()})
    owners = {name: info.uid for name, info in made.items() if info.isdir()}
    users = ("packs/0-a", "packs/0-a/bin", "packs/0-a/bin/deep", "packs/1-b", "env")
    assert owners == {"packs": 0, **dict.fromkeys(users, 1000)}


def test_no_folder_comes_twice() -> None:
    parts = {"packs/a": tar(member("./", type=tarfile.DIRTYPE), member("bin/one"), member("bin/two"))}
    with tarfile.open(fileobj=io.BytesIO(b"".join(together(parts)))) as archive:
        assert sorted(archive.getnames()) == ["packs", "packs/a", "packs/a/bin", "packs/a/bin/one", "packs/a/bin/two"]


def test_files_keep_owner_mode_and_content_of_any_size() -> None:
    made = unpacked({"a": tar(member("tool", size=1000, mode=0o755, uid=7), member("n" * 300, size=3))})
    assert [(made[name].size, made[name].uid) for name in ("a/tool", "a/" + "n" * 300)] == [(1000, 7), (3, 0)]
    assert made["a/tool"].mode == 0o755


def test_links_go_with_what_they_link() -> None:
    hard = member("hard", type=tarfile.LNKTYPE, linkname="tool")
    made = unpacked({"a": tar(member("tool"), hard, member("soft", type=tarfile.SYMTYPE, linkname="../tool"))})
    assert (made["a/hard"].linkname, made["a/soft"].linkname) == ("a/tool", "../tool")


def test_long_values_of_many_parts_come_whole() -> None:
    value = b"\0\xff" * 100_000
    made = b"".join(together({"env": bundle({"BIG": value, "EMPTY": b""})}))
    with tarfile.open(fileobj=io.BytesIO(made)) as archive:
        file = archive.extractfile("env/BIG")
        assert file
        assert file.read() == value
