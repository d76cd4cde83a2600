"""The pages about the platform itself: health, limits, cleaning up."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from builds import selfcheck
from builds.models import Finding
from console.models import Activity
from runtimes.models import App, LogChunk, PlatformLimits, Team
from tests.console import factories as make
from tests.doubles import queued


def test_a_part_that_fell_silent_is_not_well(signed_in: Callable[[str], Client]) -> None:
    selfcheck.note("worker builder", "It is at work.")
    selfcheck.note("disk", "100 of 200 MB are free.")
    Finding.objects.filter(name="worker builder").update(at=timezone.now() - timedelta(minutes=5))
    page = signed_in("root").get("/admin/health").content.decode()
    assert "It has said nothing since: is its process running?" in page
    assert "100 of 200 MB are free." in page
    assert page.count("Not well") == 3  # the other worker has never said anything, and no Redis is there


def test_health_is_shown_while_redis_is_away_and_says_so(
    signed_in: Callable[[str], Client], settings: Settings
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9"
    answer = signed_in("root").get("/admin/health")
    assert answer.status_code == 200
    assert "what is asked for waits, and pages show news late" in answer.content.decode()


def test_what_was_cleaned_up_is_not_counted_as_stored(signed_in: Callable[[str], Client], app: App) -> None:
    for _ in range(3):
        make.deploy(app)
    app.slugs.update(size=5_000_000, removed_at=None)
    gone = app.slugs.all()[0]
    app.slugs.filter(pk=gone.pk).update(removed_at=timezone.now())
    stored = {each.name: each for each in signed_in("root").get("/admin/health").context["stored"]}
    others = len({slug.sha256 for slug in app.slugs.filter(removed_at=None)})
    assert (stored["Slugs"].number, stored["Slugs"].size) == (str(others), others * 5_000_000)


def test_the_limits_are_changed_and_it_is_written_down(signed_in: Callable[[str], Client]) -> None:
    fields = {"free_disk": "0", "releases": "5", "sources": "4", "logs": "100"}
    assert signed_in("root").post("/admin/limits", fields).status_code == 302
    assert PlatformLimits.now().releases == 5
    assert Activity.objects.get(action="limits-change").target


def test_limits_that_cannot_be_come_back_with_the_reason(signed_in: Callable[[str], Client]) -> None:
    fields = {"free_disk": "0", "releases": "x", "sources": "4", "logs": "100"}
    assert signed_in("root").post("/admin/limits", fields).status_code == 422
    assert not PlatformLimits.objects.exists()


def test_a_clean_up_is_shown_before_and_asked_of_the_controller(
    signed_in: Callable[[str], Client], app: App, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    for _ in range(3):
        make.deploy(app)
    PlatformLimits.objects.create(releases=1)
    root = signed_in("root")
    assert "Clean up now" in root.get("/admin/limits").content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        root.post("/admin/limits/clean-up")
    assert "builds.tasks.clean_up" in [name for name, _ in queued()]


def test_pages_of_what_was_cleaned_up_still_tell_what_was(app: App, alice: Client) -> None:
    for _ in range(2):
        make.deploy(app, lines=[(1, "a line")])
    app.slugs.filter(releases__number=1).update(removed_at=timezone.now())
    LogChunk.objects.all().delete()
    ledger = alice.get("/apps/shop/releases/").content.decode()
    assert ledger.count("3f9c2ab") == 2
    assert "Roll back" not in ledger.split("</thead>")[1]
    page = alice.get("/apps/shop/deploys/1/")
    assert page.status_code == 200
    assert "not kept any more" in page.content.decode()
    assert alice.get("/apps/shop/deploys/2/").status_code == 200


def test_people_stand_on_pages_by_name(team: Team, signed_in: Callable[[str], Client]) -> None:
    root = signed_in("root")
    for number in range(35):
        make.user(f"person-{number:02}")
    first, second = (root.get(f"/admin/people?page={page}").content.decode() for page in (1, 2))
    assert "<strong>person-00</strong>" in first
    assert "<strong>person-34</strong>" not in first
    assert "Page 1 of 2" in first
    assert "<strong>person-34</strong>" in second
