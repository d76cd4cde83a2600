"""The ledger: what each release was, who made it when, from where, of what, and how long it took."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from runtimes.models import App, Image, Instance, Release, Slug
from tests.console import factories as make

pytestmark = pytest.mark.django_db


def rows(client: Client, address: str = "/apps/shop/releases/") -> list[str]:
    """The ledger's rows as people read them."""
    table = client.get(address).content.decode().partition("<tbody>")[2].partition("</tbody>")[0]
    return [" ".join(re.sub(r"<[^>]*>", " ", row).split()) for row in table.split("<tr>")[1:]]


def released(app: App, kind: str, description: str, **facts: Any) -> Release:
    """One more release without a build, which took 3 seconds and was live until now."""
    live = app.production.live
    assert live
    app.production.releases.filter(state="live").update(state="retired")
    now = timezone.now()
    made_of = {"slug": live.slug, "image": live.image, "commands": live.commands} | facts
    return Release.objects.create(
        environment=app.production,
        number=Release.objects.next_number(app.production),
        kind=kind,
        description=description,
        journal=make.deploy(app, "queued"),
        state="live",
        created_by=make.known("olga"),
        created_at=now - timedelta(hours=2),
        live_at=now - timedelta(hours=2, seconds=-3),
        **made_of,
    )


def test_each_row_says_what_changed_who_did_it_when_from_where_of_what_how_long_and_how_it_is(
    app: App, alice: Client
) -> None:
    make.deploy(app, by=make.known("alice"), commit="c0ffee0" * 5, message="Show the basket")
    released(app, "config", "Config changed")
    released(app, "promotion", "Promoted from staging v7")
    image = Image.objects.create(app=app, reference="registry.example/shop:2", digest="sha256:" + "ab" * 32, size=9)
    released(app, "deploy", "", slug=None, image=image)
    released(app, "rollback", "Rolled back to v1", slug=Release.objects.get(number=1).slug, image=None)
    ledger = rows(alice)
    assert [row.split()[0] for row in ledger] == ["v5", "v4", "v3", "v2", "v1"]
    back, of_image, promoted, config, first = ledger
    assert "Deploy c0ffee0 Show the basket 41.2 MB" in first
    assert "by alice 4.7 s" in first
    for row, words in ((config, "Config changed c0ffee0"), (promoted, "Promoted from staging v7 c0ffee0")):
        assert words in row
        assert "2 hours ago by olga 3.0 s" in row.replace("2 h ago", "2 hours ago")
        assert "Was live" in row
    assert "Deploy registry.example/shop:2 abababababab" in of_image
    assert "Rolled back to v1 c0ffee0" in back
    assert "Live" in back.split("Rolled")[0]


def test_a_slug_of_no_commit_is_known_by_its_digits(app: App, alice: Client) -> None:
    make.deploy(app, commit="", message="")
    slug = Release.objects.get().slug
    assert slug
    assert f"Deploy {slug.short}" in rows(alice)[0]


def test_older_releases_stand_on_further_pages(app: App, alice: Client) -> None:
    make.deploy(app)
    facts = {"environment": app.production, "slug": Release.objects.get().slug, "state": "retired"}
    journal = Release.objects.get().journal
    Release.objects.bulk_create(Release(number=number, journal=journal, **facts) for number in range(2, 33))
    first, second = (rows(alice, f"/apps/shop/releases/?page={page}") for page in (1, 2))
    assert [row.split()[0] for row in (*first, *second)] == [f"v{number}" for number in range(32, 0, -1)]
    assert len(second) == 2
    assert "Page 1 of 2" in alice.get("/apps/shop/releases/").content.decode()


def test_what_cannot_be_gone_back_to_is_said_where_one_was(app: App, alice: Client) -> None:
    make.deploy(app)
    staging = app.environments.create(name="staging")
    live = Release.objects.get()
    Release.objects.create(environment=staging, number=1, slug=live.slug, journal=live.journal, state="failed")
    answer = alice.post("/apps/shop/releases/1/back", {"environment": "staging"}, follow=True)
    assert answer.redirect_chain[-1][0] == "/apps/shop/releases/?environment=staging"
    assert "v1 cannot be rolled back to" in answer.content.decode()


def test_another_archive_is_not_taken_for_the_same_because_neither_has_a_commit(app: App, alice: Client) -> None:
    make.deploy(app, commit="", message="")
    make.deploy(app, commit="", message="")
    Slug.objects.filter(releases__number=2).update(sha256="f" * 64)
    first, second = (Release.objects.get(number=number) for number in (1, 2))
    staging = app.environments.create(name="staging")
    facts = {"environment": staging, "number": 1, "state": "live", "journal": first.journal}
    old = Release.objects.create(slug=first.slug, commands=first.commands, **facts)
    address = "/apps/shop/compare?environment=production&to=staging"
    look = alice.get(address).content.decode()
    assert "Another one than now." in look
    assert first.slug
    assert second.slug
    assert first.slug.short in look
    assert second.slug.short in look
    Release.objects.filter(pk=old.pk).update(slug=second.slug)
    assert "The same as now." in alice.get(address).content.decode()
    said = alice.get("/apps/shop/deploys/2/").content.decode().partition("Since v1:")[2]
    assert first.slug.short in said
    assert second.slug.short in said


def test_what_crashed_is_shown_with_its_exit_code_its_count_and_its_last_lines(app: App, alice: Client) -> None:
    make.deploy(app)
    make.instances(app, "worker", ["crashed"], crashes=4, exit_code=137, oom=True)
    make.instances(app, "web", ["up"])
    make.printed(app, [("worker.1", "cannot <b>allocate</b> memory"), ("web.1", "GET /")])
    page = alice.get("/apps/shop/processes/").content.decode()
    assert "worker.1 crashed 4 times" in page
    assert "out of memory" in page
    assert "cannot &lt;b&gt;allocate&lt;/b&gt; memory" in page
    assert "GET /" not in page
    Instance.objects.filter(process="worker").update(oom=False, exit_code=3)
    assert "exit code 3" in alice.get("/apps/shop/processes/").content.decode()
