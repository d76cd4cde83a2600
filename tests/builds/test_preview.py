"""A preview of detection: the source is fetched, the buildpacks are asked, nothing is built and nothing stays."""

from collections.abc import Callable

import pytest
from django.core.files.storage import storages
from pytest_django import Settings

from buildpacks import registry
from builds import preview
from builds.driver import COMMAND
from builds.models import Build, Detection
from runtimes.config import set_vars
from runtimes.engine.base import EngineError
from runtimes.engine.fake import FakeEngine
from runtimes.engine.fake_process import Process
from runtimes.models import App
from tests.builder import Builder
from tests.doubles import queued


@pytest.fixture
def previewed(app: App, engine: FakeEngine, builder: Builder) -> Callable[[], Detection]:
    """Asks for a preview, has it carried out, and gives what came of it."""

    def run() -> Detection:
        detection = preview.start_preview(app)
        preview.carry_out(detection)
        detection.refresh_from_db()
        assert not [one.name for one in engine.observe() if "preview" in one.name]
        return detection

    return run


def test_what_applies_is_written_down_and_nothing_is_built(
    app: App, previewed: Callable[[], Detection], builder: Builder
) -> None:
    found = previewed()
    assert (found.state, found.found) == ("done", [{"name": "procfile", "label": "Procfile"}])
    assert (builder.orders[0]["only"], builder.orders[0]["automatic"]) == ("detect", True)
    assert builder.files_given[f"/tmp/build_preview-{found.pk}/app.py"] == b"pass\n"
    assert not Build.objects.exists()
    assert storages["sources"].listdir(str(app.pk)) == ([], [])


def test_the_apps_own_list_does_not_limit_whom_a_preview_asks(
    app: App, previewed: Callable[[], Detection], builder: Builder
) -> None:
    registry.sync()
    app.app_buildpacks.create(buildpack=registry.find(["python"])[0], position=0)
    previewed()
    assert [each["name"] for each in builder.orders[0]["buildpacks"]] == [each.name for each in registry.usable()]


def test_a_second_click_finds_the_preview_that_is_on_its_way(app: App) -> None:
    first = preview.start_preview(app)
    assert preview.start_preview(app) == first
    assert queued().count(("builds.tasks.preview", [first.pk])) == 1


def test_the_next_preview_takes_the_place_of_the_last(app: App, previewed: Callable[[], Detection]) -> None:
    first, second = previewed(), previewed()
    assert [first.state, second.state, Detection.objects.get()] == ["done", "done", second]


def test_a_source_that_cannot_be_fetched_is_said(app: App, previewed: Callable[[], Detection]) -> None:
    with storages["sources"].open(app.archive, "wb") as archive:
        archive.write(b"no archive")
    found = previewed()
    assert found.state == "failed"
    assert "cannot be read" in found.output


@pytest.mark.thorough
def test_buildpacks_that_do_not_answer_are_ended(
    previewed: Callable[[], Detection], monkeypatch: pytest.MonkeyPatch, engine: FakeEngine
) -> None:
    def hang(process: Process) -> int:
        process.sleep(3600)
        return 0

    monkeypatch.setattr(preview, "SECONDS", 0)
    engine.world.programs[COMMAND] = hang
    found = previewed()
    assert found.state == "failed"
    assert "took longer than 0 seconds" in found.output


def test_no_secret_that_a_buildpack_prints_is_kept(
    app: App, previewed: Callable[[], Detection], engine: FakeEngine
) -> None:
    set_vars(app, {"API_KEY": "s3cret-of-shop"})
    app.git_secret = "token-of-shop"
    app.save()

    def talkative(process: Process) -> int:
        process.write(process.files.read("/slipway/env/API_KEY") + b"\ntoken-of-shop, unended")
        return 0

    engine.world.programs[COMMAND] = talkative
    assert previewed().output.splitlines()[-2:] == ["[redacted]", "[redacted], unended"]


def test_of_what_buildpacks_print_without_end_the_end_is_kept(
    previewed: Callable[[], Detection], engine: FakeEngine
) -> None:
    def endless(process: Process) -> int:
        for number in range(5_000):
            process.write(b"line %d\n" % number)
        return 0

    engine.world.programs[COMMAND] = endless
    output = previewed().output
    assert len(output) <= preview.MOST_CHARACTERS
    assert output.splitlines()[-1] == "line 4999"


def test_the_platforms_fault_reads_as_the_platforms(app: App, engine: FakeEngine, builder: Builder) -> None:
    detection = preview.start_preview(app)
    engine.world.away = True
    with pytest.raises(EngineError):
        preview.carry_out(detection)
    detection.refresh_from_db()
    assert detection.state == "failed"
    assert detection.output.startswith("The platform failed, not your app:")


def test_a_preview_whose_worker_is_gone_fails_in_the_end(app: App, settings: Settings) -> None:
    preview.start_preview(app)
    preview.end_abandoned()
    assert Detection.objects.get().state == "running"
    settings.FETCH_TIMEOUT = -2 * preview.SECONDS
    preview.end_abandoned()
    assert Detection.objects.get().state == "failed"
