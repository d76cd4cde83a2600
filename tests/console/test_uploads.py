"""Archives that people upload while the platform cannot keep them: whose fault it is, and that nothing stays."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from buildpacks.models import Buildpack
from builds.models import Build
from runtimes.models import App, Team
from tests.doubles import queued

pytestmark = pytest.mark.usefixtures("unwritable")
SENTENCE = "The platform failed, not your archive: The archive cannot be stored: Not a directory."


def archive() -> SimpleUploadedFile:
    return SimpleUploadedFile("new.tar.gz", b"\x1f\x8b and more")


def at_the_field(page: str) -> bool:
    """Whether the sentence stands in the archive's field."""
    return SENTENCE in page.partition('id="field-archive"')[2].partition("</div>")[0]


def test_a_new_app_says_so_at_the_field_and_is_not_made(alice: Client, team: Team) -> None:
    answer = alice.post("/apps/new", {"name": "basket", "team": team.pk, "source": "archive", "archive": archive()})
    assert answer.status_code == 422
    assert at_the_field(answer.content.decode())
    assert not App.objects.exists()


def test_a_changed_source_says_so_at_the_field_and_is_as_it_was(alice: Client, app: App) -> None:
    App.objects.update(source="archive", archive="1/upload", archive_name="old.tar.gz")
    answer = alice.post("/apps/shop/settings/source", {"source": "archive", "archive": archive(), "directory": "new"})
    assert answer.status_code == 422
    assert at_the_field(answer.content.decode())
    assert "Stored now: old.tar.gz" in answer.content.decode()
    app.refresh_from_db()
    assert (app.archive, app.archive_name, app.directory) == ("1/upload", "old.tar.gz", "")


def test_a_deploy_says_so_on_the_apps_page_and_is_not_queued(alice: Client, app: App) -> None:
    answer = alice.post("/apps/shop/deploy", {"archive": archive()}, follow=True)
    assert answer.redirect_chain == [("/apps/shop/", 302)]
    assert SENTENCE in answer.content.decode()
    assert not Build.objects.exists()


def test_a_new_buildpack_says_so_at_the_field_and_is_not_listed(signed_in: Callable[[str], Client]) -> None:
    form = {"name": "ruby", "kind": "upload", "archive": archive()}
    answer = signed_in("root").post("/admin/buildpacks/new", form)
    assert answer.status_code == 422
    assert at_the_field(answer.content.decode())
    assert not Buildpack.objects.filter(name="ruby").exists()
    assert queued() == []
