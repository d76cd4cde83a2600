"""Making an app and changing where it comes from."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils import timezone

from builds.create import GIT_URL, change_source, create_app
from runtimes.models import App, Team
from runtimes.models.apps import RESERVED_NAMES
from tests import factories as make
from tests.doubles import Watched

pytestmark = pytest.mark.django_db


def create(**facts: Any) -> App:
    given: dict[str, Any] = {
        "team": Team.objects.earliest("pk"),
        "name": "shop",
        "source": "sample",
        "sample": "flask",
    } | facts
    return create_app(**given)


def test_a_new_source_brings_nothing_back_that_changed_meanwhile() -> None:
    made = create()
    meanwhile = App.objects.filter(pk=made.pk)
    change_source(
        made,
        source="archive",
        archive=Watched(lambda: meanwhile.update(destroyed_at=timezone.now(), git_secret="other")),
    )
    made.refresh_from_db()
    assert (made.source, made.archive_name, made.git_secret) == ("archive", "app.tar.gz", "other")
    assert made.destroyed_at


@pytest.mark.parametrize("name", ["a", "shop", "shop-2", "a1-b2-c3", "x" * 30])
def test_good_names(name: str) -> None:
    assert create(name=name).production.hostname == f"{name}.localhost"


@pytest.mark.parametrize(
    "name",
    ["", "1shop", "-shop", "Shop", "sh op", "shop_1", "shöp", "shop\n", "x" * 31, "a--b", *sorted(RESERVED_NAMES)],
)
def test_bad_names_are_refused_at_their_field(name: str) -> None:
    with pytest.raises(ValidationError) as caught:
        create(name=name)
    assert list(caught.value.message_dict) == ["name"]
    assert not App.objects.exists()


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/alice/shop.git",
        "https://host:8443/a/b",
        "git@github.com:alice/shop.git",
        "ssh://git@host/alice/shop.git",
        "alice@host:shop",
    ],
)
def test_git_addresses_that_work(url: str) -> None:
    assert create(source="git", git_url=url).git_url == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://host/x",
        "git://host/x",
        "file:///etc/passwd",
        "/etc/passwd",
        "../x",
        "ext::sh -c id",
        "https://user:password@host/x",
        "https://token@host/x",
        "--upload-pack=id",
        "-oProxyCommand=id@host:x",
        "https://host/x\n--y",
        "https://host/a b",
        "https://-host/x",
        "git@-host:x",
        "https://host",
    ],
)
def test_git_addresses_that_are_none_or_carry_a_secret_are_refused(url: str) -> None:
    assert not GIT_URL.fullmatch(url)
    with pytest.raises(ValidationError) as caught:
        create(source="git", git_url=url)
    assert list(caught.value.message_dict) == ["git_url"]


@pytest.mark.parametrize("url", ["https://127.0.0.1/x.git", "git@169.254.169.254:x.git", "ssh://git@localhost/x.git"])
def test_git_addresses_that_lead_to_the_platform_itself_are_refused(url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        create(source="git", git_url=url)
    assert "Nothing is fetched from there." in caught.value.message_dict["git_url"][0]


def test_an_archive_is_needed_where_it_is_the_source_and_kept() -> None:
    with pytest.raises(ValidationError) as caught:
        create(source="archive")
    assert list(caught.value.message_dict) == ["archive"]
    app = create(source="archive", archive=ContentFile(b"data", "shop.tar.gz"))
    assert app.archive_name == "shop.tar.gz"
    assert storages["sources"].open(app.archive).read() == b"data"


def test_two_uploads_never_lie_in_one_place() -> None:
    app = create(source="archive", archive=ContentFile(b"one", "a.zip"))
    before = app.archive
    change_source(app, archive=ContentFile(b"two", "b.zip"))
    assert app.archive != before
    assert storages["sources"].open(app.archive).read() == b"two"


def test_an_empty_secret_keeps_the_one_there_is() -> None:
    app = create(source="git", git_url="https://host/x.git", git_secret="hunter2")
    change_source(app, git_url="https://host/y.git", git_secret="")
    app.refresh_from_db()
    assert (app.git_url, app.git_secret) == ("https://host/y.git", "hunter2")


def test_a_change_that_is_refused_changes_nothing() -> None:
    app = create(source="git", git_url="https://host/x.git")
    with pytest.raises(ValidationError):
        change_source(app, git_url="ftp://host/x")
    app.refresh_from_db()
    assert app.git_url == "https://host/x.git"


def test_people_see_the_apps_of_their_teams() -> None:
    alice, charlie = make.user("alice"), make.user("charlie")
    app = create()
    app.team.memberships.create(user=alice)
    assert list(App.objects.visible_to(alice)) == [app]
    assert list(App.objects.visible_to(charlie)) == []
    charlie.is_superuser = True
    assert list(App.objects.visible_to(charlie)) == [app]
    charlie.is_active = False
    assert list(App.objects.visible_to(charlie)) == []
