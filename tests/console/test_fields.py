"""What may stand in a form: addresses of Git, refs, directories, archives."""

import pytest
from django.core.exceptions import ValidationError

from console.forms.fields import check_archive_name, check_directory, check_git_url, check_ref


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example.com/team/shop.git",
        "https://git.example.com:8443/team/shop",
        "ssh://git@git.example.com/team/shop.git",
        "git@git.example.com:team/shop.git",
        "https://10.0.0.8/team/shop.git",
    ],
)
def test_addresses_that_git_can_fetch_are_taken(url: str) -> None:
    check_git_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "/srv/git/shop.git",
        "http://git.example.com/shop.git",
        "git://git.example.com/shop.git",
        "ext::sh -c id",
        "--upload-pack=id",
        "-oProxyCommand=id@host:x",
        "git@host:-x",
        "ssh://-oProxyCommand=id/x",
        "https://user:secret@git.example.com/shop.git",
        "https://git.example.com/",
        "https://exa mple.com/shop.git",
        "https://git.example.com/shop.git\nHost: x",
        "https://git.example.com:99999/shop.git",
    ],
)
def test_addresses_that_git_cannot_fetch_are_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        check_git_url(url)


@pytest.mark.parametrize("ref", ["main", "release/2.1", "v1.0.0", "3f9c2ab", "feature/a-b_c"])
def test_refs_are_taken(ref: str) -> None:
    check_ref(ref)


@pytest.mark.parametrize("ref", ["-x", "a..b", "--upload-pack=id", "a b", "a;b", "main\n", "a/", "x.lock", "@{1}"])
def test_refs_that_git_takes_for_something_else_are_refused(ref: str) -> None:
    with pytest.raises(ValidationError):
        check_ref(ref)


@pytest.mark.parametrize("path", ["/etc", "../secrets", "a/../../b", "a\\b", "a\x00b"])
def test_directories_outside_the_source_are_refused(path: str) -> None:
    with pytest.raises(ValidationError):
        check_directory(path)


def test_only_archives_that_can_be_unpacked_are_taken() -> None:
    for name in ("a.tar.gz", "a.tgz", "a.TAR.ZST", "a.zip"):
        check_archive_name(name)
    with pytest.raises(ValidationError):
        check_archive_name("a.rar")
