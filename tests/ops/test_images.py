"""An image is made again when what it is made of has changed, and only then."""

from tests.ops.bash import Checkout

LIBRARIES = "source bin/lib/debian.sh; source bin/lib/image.sh;"


def recipe(checkout: Checkout, *parts: str) -> str:
    return checkout.bash(f"{LIBRARIES} image::recipe {' '.join(parts)}").stdout


def test_the_same_contents_give_the_same_recipe(checkout: Checkout) -> None:
    (checkout.path / "folder").mkdir()
    (checkout.path / "folder" / "file").write_text("one")
    assert recipe(checkout, "word", "folder") == recipe(checkout, "word", "folder")


def test_a_changed_file_gives_another_recipe(checkout: Checkout) -> None:
    (checkout.path / "folder").mkdir()
    (checkout.path / "folder" / "file").write_text("one")
    before = recipe(checkout, "folder")
    (checkout.path / "folder" / "file").write_text("two")
    assert recipe(checkout, "folder") != before


def test_a_new_name_gives_another_recipe(checkout: Checkout) -> None:
    (checkout.path / "folder").mkdir()
    (checkout.path / "folder" / "file").write_text("one")
    before = recipe(checkout, "folder")
    (checkout.path / "folder" / "file").rename(checkout.path / "folder" / "other")
    assert recipe(checkout, "folder") != before


def test_only_certificates_that_mozilla_does_not_list_are_the_hosts_own(checkout: Checkout) -> None:
    ours = "-----BEGIN CERTIFICATE-----\nb3Vycw==\n-----END CERTIFICATE-----\n"
    theirs = "-----BEGIN CERTIFICATE-----\ndGhlaXJz\n-----END CERTIFICATE-----\n"
    (checkout.path / "mozilla").mkdir()
    (checkout.path / "mozilla" / "theirs.crt").write_text(theirs)
    (checkout.path / "bundle.crt").write_text(theirs + ours + ours)
    extra = checkout.bash(
        f"{LIBRARIES} debian::extra_certificates mozilla", SLIPWAY_CA_BUNDLE=str(checkout.path / "bundle.crt")
    )
    assert extra.stdout == ours


def test_a_mirror_that_is_set_is_where_packages_come_from(checkout: Checkout) -> None:
    mirror = "https://mirror.example/debian https://mirror.example/security"
    sources = checkout.bash(f"{LIBRARIES} debian::sources bookworm", SLIPWAY_DEBIAN_MIRROR=mirror).stdout
    assert sources.splitlines() == [
        "deb https://mirror.example/debian bookworm main",
        "deb https://mirror.example/debian bookworm-updates main",
        "deb https://mirror.example/security bookworm-security main",
    ]


def test_apt_s_sources_are_lines_in_the_file_that_buildpacks_read(checkout: Checkout) -> None:
    folder = checkout.path / "apt" / "sources.list.d"
    folder.mkdir(parents=True)
    (folder / "debian.sources").write_text(
        "Types: deb\n# a snapshot\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\n"
        "Components: main\nSigned-By: /usr/share/keyrings/debian.gpg\n\n"
        "Types: deb\nURIs: http://mirror.example/security\nSuites: bookworm-security\nComponents: main contrib\n"
    )
    made = checkout.bash("runtimes/image/sources-list apt && runtimes/image/sources-list apt")
    assert made.returncode == 0, made.stderr
    assert (folder.parent / "sources.list").read_text().splitlines() == [
        "deb [signed-by=/usr/share/keyrings/debian.gpg] http://mirror.example/debian bookworm main",
        "deb [signed-by=/usr/share/keyrings/debian.gpg] http://mirror.example/debian bookworm-updates main",
        "deb http://mirror.example/security bookworm-security main contrib",
    ]
    assert not list(folder.iterdir())


def test_an_unknown_stack_is_refused_by_name(checkout: Checkout) -> None:
    refused = checkout.bash(f"{LIBRARIES} debian::suite debian-99")
    assert refused.returncode == 1
    assert "There is no stack debian-99" in refused.stderr
