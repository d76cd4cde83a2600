"""The way from the queue to a release that serves, and each way it can go wrong."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from pytest_django import Settings

from buildpacks import registry
from builds import cache, deploys, stacks
from builds.arrange import arrange
from builds.create import create_app
from builds.models import Build
from builds.run import build_next, claim, wait_for_turn
from builds.start import deploy_again, start_deploy
from runtimes import journal
from runtimes.config import set_vars
from runtimes.engine.base import EngineError, JobSpec
from runtimes.engine.fake import FakeEngine
from runtimes.engine.fake_process import Process
from runtimes.faults import PlatformFailed
from runtimes.models import App, Journal, Release, Slug, Stack, Step, Team
from runtimes.watch import Watch
from tests import factories as make
from tests.builder import Builder, Git
from tests.builds.tars import file, symlink, tar
from tests.doubles import Watched, queued, together

pytestmark = pytest.mark.usefixtures("shared_db", "quick")
Deployed = Callable[[], Journal]


def held(engine: FakeEngine) -> list[str]:
    """The containers there are, without the router and without what serves."""
    return [
        one.name
        for one in engine.observe()
        if one.labels.get("slipway.kind") != "instance" and one.labels.get("slipway.role") != "router"
    ]


def steps(record: Journal) -> dict[str, str]:
    return dict(record.steps.values_list("key", "state"))


def failed(app: App, engine: FakeEngine) -> deploys.Deploy:
    """Deploy what cannot be built; what is there of it afterwards."""
    record = start_deploy(app.production).journal
    assert build_next()
    deploy = deploys.get(app, record.number)
    assert deploy.state == "failed"
    assert deploy.failed_step is not None
    assert journal.sealed(record.pk)
    assert deploy.failure in "\n".join(make.log_of(record)).replace(" !     ", "")
    assert set(steps(record).values()) <= {"done", "failed", "skipped"}
    assert held(engine) == []
    assert not Slug.objects.exists()
    assert storages["slugs"].listdir("") == ([], [])
    return deploy


def test_everything_a_page_shows_is_there_before_anybody_works_on_it(app: App) -> None:
    alice = make.user()
    build = start_deploy(app.production, by=alice)
    assert list(steps(build.journal)) == [
        "queued", "fetch", "detect", "buildpacks", "package", "store", "release", "start", "healthy", "switch",
    ]  # fmt: skip
    assert steps(build.journal)["queued"] == "running"
    assert "Queued by alice" in make.log_of(build.journal)[0]
    assert deploys.get(app, 1).state == "queued"
    assert ("builds.tasks.build_next", []) in queued()


def test_a_deploy_ends_with_the_app_serving(app: App, deployed: Deployed, engine: FakeEngine, builder: Builder) -> None:
    record = deployed()
    deploy = deploys.get(app, record.number)
    assert (deploy.state, deploy.failure, deploy.failed_step) == ("live", "", None)
    assert steps(record) == dict.fromkeys(steps(record), "done") | {"release": "skipped"}
    assert "buildpack:0" in steps(record)
    assert builder.files_given["/tmp/build_1/app.py"] == b"pass\n"
    assert make.log_of(record)[-1] == f"-----> v1 is live at {deploy.address}"
    assert held(engine) == []
    assert deploy.build is not None
    assert deploy.build.buildpacks[0]["name"] == "procfile"
    assert deploy.build.slug == deploy.slug


def test_each_step_holds_the_lines_that_were_printed_in_it(deployed: Deployed) -> None:
    record = deployed()
    position = record.steps.get(key="buildpack:0").position
    assert [line.text for line in journal.read(record, 0) if line.step == position] == ["-----> Building"]


def test_a_buildpacks_step_is_called_what_the_buildpack_calls_itself(app: App, builder: Builder) -> None:
    arrange(app, ["procfile"])
    builder.label = "A Procfile" + "!" * 200
    record = start_deploy(app.production).journal
    assert record.steps.get(key="buildpack:0").name == "procfile"
    assert build_next()
    assert record.steps.get(key="buildpack:0").name == builder.label[:100]


def test_no_secret_gets_into_the_name_of_a_step(app: App, builder: Builder) -> None:
    set_vars(app, {"API_KEY": "s3cret-of-shop"})
    arrange(app, ["procfile"])
    builder.label = "For s3cret-of-shop"
    record = start_deploy(app.production).journal
    assert build_next()
    assert record.steps.get(key="buildpack:0").name == "For [redacted]"


def test_the_driver_is_told_the_stack_as_buildpacks_know_it_and_what_is_built(
    app: App, deployed: Deployed, builder: Builder
) -> None:
    stacks.change_stack(app, Stack.objects.get(name="debian-13"))
    build = Build.objects.get(journal=deployed())
    order = builder.orders[0]
    assert (order["stack"], order["source_version"], order["automatic"]) == ("heroku-24", build.source, True)
    assert order["limits"]["slug_bytes"] == 500 * 1024**2


def test_config_vars_reach_the_build_as_files_byte_for_byte(app: App, deployed: Deployed, builder: Builder) -> None:
    value = "line one\nline two ü \t$HOME '\"\n"
    set_vars(app, {"SECRET_VALUE": value})
    set_vars(app, {"ONLY_HERE": "production"}, app.production)
    deployed()
    assert builder.files_given["/slipway/env/SECRET_VALUE"] == value.encode()
    assert "/slipway/env/ONLY_HERE" not in builder.files_given


def test_config_vars_are_in_no_log_and_no_order(app: App, deployed: Deployed, builder: Builder) -> None:
    set_vars(app, {"TOKEN": "correct-horse-battery"})
    builder.meanwhile = lambda process: process.write(process.files.read("/slipway/env/TOKEN") + b"\n")
    record = deployed()
    assert "[redacted]" in make.log_of(record)
    assert "correct-horse" not in str(make.log_of(record)) + str(builder.orders)


def test_a_task_that_is_delivered_twice_does_nothing_twice(app: App, deployed: Deployed, builder: Builder) -> None:
    deployed()
    assert build_next() is None
    assert (builder.ran, Release.objects.count(), Build.objects.count()) == (1, 1, 1)


def test_one_build_is_claimed_by_one_worker(app: App) -> None:
    start_deploy(app.production)
    claimed = together(*(lambda name=name: claim(f"worker {name}") for name in range(5)))
    assert sum(build is not None for build in claimed) == 1
    build = Build.objects.get()
    assert build.state == "running"
    assert build.worker
    assert build.lease_until


def test_builds_of_one_app_run_one_after_the_other_and_in_their_order(app: App) -> None:
    first, second = (start_deploy(each) for each in (app.production, app.environments.create(name="staging")))
    assert claim("one") == first
    assert claim("two") is None
    first.refresh_from_db()
    assert first.move("failed")
    assert claim("two") == second


def test_an_older_source_does_not_overtake_a_newer_one(app: App, engine: FakeEngine, builder: Builder) -> None:
    """The second deploy is built while the first is released; it goes live after it nevertheless."""
    held = threading.Event()
    builder.processes = {"web": "slow"}
    first = [True]

    def slow(process: Process) -> int:
        if first.pop() if first else False:
            held.wait(10)
        return process.run("serve")

    engine.world.programs["slow"] = slow

    def second() -> None:
        while not Release.objects.filter(state="pending").exists():
            pass
        start_deploy(app.production)
        assert build_next()

    def let_go() -> None:
        while Build.objects.filter(state="succeeded").count() < 2:
            pass
        held.set()

    start_deploy(app.production)
    together(build_next, second, let_go)
    assert [deploys.get(app, number).state for number in (1, 2)] == ["retired", "live"]
    assert [release.journal.number for release in Release.objects.order_by("number")] == [1, 2]


def test_a_slug_waits_for_its_turn_while_an_earlier_deploy_is_not_over(app: App) -> None:
    """It may wait for a rollback that is on its way, and then any of those that wait could be first."""
    first, second = (make.build(app, state="succeeded") for _ in range(2))
    asked: list[bool] = []

    def is_canceled() -> bool:
        asked.append(True)
        journal.close(first.journal)
        return False

    watch = Watch("worker", is_canceled)
    wait_for_turn(first, watch)
    assert asked == []
    wait_for_turn(second, watch)
    assert asked == [True]


def test_another_app_does_not_wait(app: App) -> None:
    other = make.uploaded(tar(file("Procfile", b"")), name="blog")
    start_deploy(app.production)
    start_deploy(other.production)
    assert {build.app for name in ("one", "two") if (build := claim(name))} == {app, other}


def test_two_workers_see_two_deploys_of_one_app_through(app: App, engine: FakeEngine, builder: Builder) -> None:
    for environment in (app.production, *(app.environments.create(name=name) for name in ("staging", "trial"))):
        start_deploy(environment)
    together(*[lambda: [build_next() for _ in range(3)]] * 2)
    while build_next():
        pass
    assert list(Build.objects.order_by("pk").values_list("state", flat=True)) == ["succeeded"] * 3
    assert [deploys.get(app, number).state for number in (1, 2, 3)] == ["live"] * 3
    assert builder.ran == 3


def test_an_archive_of_one_deploy_is_used_for_it_alone(app: App, engine: FakeEngine, builder: Builder) -> None:
    upload = ContentFile(tar(file("Procfile", b"web: serve\n"), file("other.py")), "other.tar")
    start_deploy(app.production, archive=upload)
    assert build_next()
    assert "/tmp/build_1/other.py" in builder.files_given
    start_deploy(app.production)
    assert build_next()
    assert "/tmp/build_2/app.py" in builder.files_given


def test_the_cache_outlives_a_build_and_is_cleared_on_request(app: App, engine: FakeEngine, builder: Builder) -> None:
    kept: list[bool] = []

    def look(process: Process) -> None:
        kept.append(process.files.exists("/tmp/cache/app/mark"))
        process.files.write("/tmp/cache/app/mark", b"")

    builder.meanwhile = look
    for clear in (False, False, True):
        start_deploy(app.production, clear_cache=clear)
        assert build_next()
    assert kept == [False, True, False]


def test_what_is_deployed_again_has_its_source_and_its_buildpacks_whatever_is_set_now(
    app: App, deployed: Deployed, builder: Builder
) -> None:
    old = Build.objects.get(journal=deployed())
    registry.sync()
    arrange(app, ["python"])
    App.objects.update(archive="")
    again = deploy_again(old)
    assert build_next()
    again.refresh_from_db()
    assert (again.state, again.source, again.listed) == ("succeeded", old.source, ["procfile"])
    assert [each["name"] for each in builder.orders[-1]["buildpacks"]] == ["procfile"]
    assert builder.orders[-1]["automatic"] is False


def test_others_write_while_the_archive_of_a_new_app_is_stored() -> None:
    archive = Watched(lambda: together(lambda: Team.objects.create(name="meanwhile")))
    made = create_app(team=make.team(), name="new", source="archive", archive=archive)
    assert storages["sources"].exists(made.archive)
    assert Team.objects.filter(name="meanwhile").exists()


def test_a_source_that_was_cleaned_up_is_fetched_by_its_commit_or_not_taken_for_another(
    app: App, deployed: Deployed
) -> None:
    old = Build.objects.get(journal=deployed())
    old.source = ""
    with pytest.raises(ValidationError, match="not kept any more"):
        deploy_again(old)
    old.ref, old.commit = "main", "3f9c2ab41d0e77f2b9a13f9c2ab41d0e77f2b9a1"
    assert deploy_again(old).ref == old.commit


@pytest.mark.parametrize(
    ("failure", "reason", "code"),
    [
        ({"reason": "not-detected", "message": "No buildpack fits this app.", "code": None}, "not-detected", None),
        ({"reason": "compile", "message": "procfile ended with exit status 7.", "code": 7}, "compile", 7),
        ({"reason": "procfile", "message": "The Procfile cannot be read: line 2.", "code": None}, "procfile", None),
        ({"reason": "slug-too-large", "message": "The slug has 612 MB.", "code": None}, "slug-too-large", None),
    ],
)
def test_what_the_driver_says_is_wrong_is_what_people_read(
    app: App, engine: FakeEngine, builder: Builder, failure: dict[str, Any], reason: str, code: int | None
) -> None:
    builder.failing = failure
    deploy = failed(app, engine)
    assert (deploy.failure_reason, deploy.failure) == (reason, failure["message"])
    assert deploy.build is not None
    assert deploy.build.exit_code == code
    assert deploy.failed_step is not None
    assert deploy.failed_step.key == "buildpack:0"


def test_what_a_buildpack_reports_is_kept_with_the_build_and_its_reason_with_the_failure(
    app: App, engine: FakeEngine, builder: Builder
) -> None:
    set_vars(app, {"TOKEN": "correct-horse-battery"})
    builder.report = {"python_version": "3.11.2", "index": "https://correct-horse-battery@index.example"}
    builder.failing = {"reason": "compile", "message": "It failed.", "code": 1, "detail": "lock-out-of-date"}
    deploy = failed(app, engine)
    assert deploy.build is not None
    assert (deploy.failure_reason, deploy.build.failure_detail) == ("compile", "lock-out-of-date")
    assert deploy.build.buildpacks[0]["report"] == {
        "python_version": "3.11.2",
        "index": "https://[redacted]@index.example",
    }


def test_a_build_that_runs_out_of_memory_says_how_much_it_may_use(
    app: App, engine: FakeEngine, builder: Builder, settings: Settings
) -> None:
    settings.BUILD_MEMORY = 777
    builder.meanwhile = lambda process: process.host.run_out_of_memory()
    builder.failing = {"reason": "compile", "message": "Killed.", "code": 137}
    deploy = failed(app, engine)
    assert deploy.failure_reason == "out-of-memory"
    assert "777 MB" in deploy.failure


def test_a_build_that_takes_too_long_is_ended(
    app: App, engine: FakeEngine, builder: Builder, settings: Settings
) -> None:
    settings.BUILD_TIMEOUT = 0
    builder.meanwhile = lambda process: process.sleep(3600)
    deploy = failed(app, engine)
    assert deploy.failure_reason == "timeout"
    assert "took longer than 0 seconds" in deploy.failure


@pytest.mark.parametrize(
    ("data", "reason", "said"),
    [
        (b"no archive", "archive-broken", "cannot be read"),
        (tar(file("a"), file("../b")), "archive-unsafe", "../b"),
        (tar(file("a"), symlink("b", "/etc/passwd")), "archive-unsafe", "link"),
        (tar(file("a", bytes(2000))), "archive-too-large", "larger than"),
        (tar(), "archive-empty", "no files"),
    ],
)
def test_a_bad_archive_ends_the_deploy_at_the_fetch(
    app: App, engine: FakeEngine, builder: Builder, settings: Settings, data: bytes, reason: str, said: str
) -> None:
    settings.SOURCE_BYTES = 1000
    App.objects.update(archive=storages["sources"].save("bad", ContentFile(data)))
    app.refresh_from_db()
    deploy = failed(app, engine)
    assert deploy.failure_reason == reason
    assert said in deploy.failure
    assert deploy.failed_step is not None
    assert deploy.failed_step.key == "fetch"
    assert builder.ran == 0
    assert Build.objects.get().source == ""


@pytest.mark.parametrize(
    ("code", "reason", "said"),
    [
        (10, "repository-not-found", "There is no repository at https://git.example/alice/shop.git"),
        (11, "authentication-needed", "access token"),
        (12, "ref-missing", "Did you mean main?"),
        (13, "repository-moved", "has moved"),
        (14, "repository-unreachable", "cannot be read"),
        (128, "repository-unreachable", "cannot be read"),
    ],
)
def test_what_is_wrong_with_a_repository_is_said(
    app: App, engine: FakeEngine, builder: Builder, code: int, reason: str, said: str
) -> None:
    Git(code, refs="abc\trefs/heads/main\ndef\trefs/tags/v1.0\n").install(engine)
    shop = make.app("repo", git_ref="mian")
    deploy = failed(shop, engine)
    assert deploy.failure_reason == reason
    assert said in deploy.failure


def test_a_commits_message_is_stored_as_what_can_be_seen(app: App, engine: FakeEngine, builder: Builder) -> None:
    git = Git().install(engine)
    git.message = "\x1b]8;;javascript:x\x07if \u202ereversed\u202c é \U0001f468\u200d\U0001f33e".encode()
    shop = make.app("repo")
    record = start_deploy(shop.production).journal
    assert build_next()
    shown = "\ufffd]8;;javascript:x\ufffdif \ufffdreversed\ufffd é \U0001f468\u200d\U0001f33e"
    assert deploys.get(shop, record.number).message == shown


def test_a_repository_is_fetched_with_its_credential_and_its_commit_written_down(
    app: App, engine: FakeEngine, builder: Builder
) -> None:
    git = Git(files={"app.py": b"pass\n", ".git/HEAD": b""}).install(engine)
    shop = make.app("repo", git_ref="main", git_secret="hunter2-hunter2")
    record = start_deploy(shop.production, ref="v1.0").journal
    assert build_next()
    deploy = deploys.get(shop, record.number)
    assert (deploy.state, deploy.message, deploy.commit) == ("live", "Add a page", f"{7:040}")
    assert git.asked == [("/slipway/bin/fetch", "https://git.example/alice/shop.git", "v1.0")]
    assert git.credential == b"hunter2-hunter2\n"
    assert "hunter2" not in str(make.log_of(record))
    given = [path for path in builder.files_given if path.startswith("/tmp/build_")]
    assert given == ["/tmp/build_1/app.py"]


def test_a_fetch_that_hangs_is_ended(app: App, engine: FakeEngine, builder: Builder, settings: Settings) -> None:
    settings.FETCH_TIMEOUT = 0

    def hang(process: Process) -> int:
        process.sleep(3600)
        return 0

    engine.world.programs["/slipway/bin/fetch"] = hang
    assert failed(make.app("repo"), engine).failure_reason == "fetch-timeout"


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("engine", "does not answer"),
        ("slugs", "cannot be stored"),
        ("sources", "cannot be stored"),
        ("driver", "without a word"),
    ],
)
def test_the_platforms_fault_reads_as_the_platforms(
    app: App, engine: FakeEngine, builder: Builder, settings: Settings, tmp_path: Path, trouble: str, said: str
) -> None:
    record = start_deploy(app.production).journal
    if trouble == "engine":
        engine.world.away = True
    elif trouble == "driver":
        engine.world.programs["/usr/local/lib/slipway/build"] = lambda _: 3
    else:
        upload = storages["sources"].open(app.archive).read()
        away = {"BACKEND": "runtimes.storage.WholeFileStorage", "OPTIONS": {"location": tmp_path}}
        settings.STORAGES = settings.STORAGES | {trouble: away}
        storages["sources"].save(app.archive, ContentFile(upload))
        for name in [str(app.pk), *map("{:02x}".format, range(256))]:
            (tmp_path / name).touch()  # a file where a directory shall be
    with pytest.raises((EngineError, PlatformFailed)):
        build_next()
    engine.world.away = False
    deploy = deploys.get(app, record.number)
    assert (deploy.state, deploy.failure_reason) == ("failed", "platform")
    assert deploy.failure.startswith("The platform failed, not your app")
    assert said in deploy.failure
    assert deploy.failed_step is not None
    assert journal.sealed(record.pk)
    assert held(engine) == []


def test_an_error_of_ours_is_masked_raised_and_ends_the_deploy(app: App, engine: FakeEngine, builder: Builder) -> None:
    record = start_deploy(app.production).journal
    unknown = json.dumps({"event": "step.begin", "step": "unknown"})
    builder.meanwhile = lambda process: process.write(f"\x1e{builder.orders[0]['channel']}\x1e{unknown}\n".encode())
    with pytest.raises(Step.DoesNotExist):
        build_next()
    deploy = deploys.get(app, record.number)
    assert deploy.state == "failed"
    assert deploy.failure.startswith("The platform failed, not your app")
    assert journal.sealed(record.pk)


@pytest.mark.parametrize(
    ("command", "reason", "said"),
    [("echo no module; exit 3", "crashed", "exit status 3"), ("sleep infinity", "not-listening", "$PORT")],
)
def test_an_app_that_does_not_come_up_says_why_and_the_one_before_serves(
    app: App, deployed: Deployed, engine: FakeEngine, builder: Builder, command: str, reason: str, said: str
) -> None:
    deployed()
    app.production.processes.update(start_period=int(reason == "crashed") * 60)
    builder.processes, builder.files = {"web": command}, {"Procfile": command.encode()}
    second = deploys.get(app, deployed().number)
    assert (second.state, second.failure_reason) == ("failed", reason)
    assert said in second.failure
    assert second.failed_step is not None
    assert second.failed_step.key == "healthy"
    assert deploys.get(app, 1).state == "live"
    assert held(engine) == []
    assert [one.labels["slipway.release"] for one in engine.observe({"slipway.kind": "instance"})] == ["1"]


def builders(engine: FakeEngine) -> list[str]:
    """The builders there are."""
    return [one.name for one in engine.observe() if "slipway.build" in one.labels]


def test_what_was_built_is_deployed_while_its_builder_tidies_up(
    app: App, deployed: Deployed, engine: FakeEngine, builder: Builder
) -> None:
    serving: list[str] = []

    def tidy(_: Process) -> None:
        for _attempt in range(500):
            serving.extend(one.name for one in engine.observe({"slipway.kind": "instance"}))
            if serving:
                return
            time.sleep(0.01)

    builder.tidying, builder.cache_bytes = tidy, 5_000_000
    record = deployed()
    assert serving
    assert deploys.get(app, record.number).state == "live"
    assert held(engine) == []
    assert cache.size(app) == 5_000_000


def test_a_build_begins_when_the_builder_of_the_one_before_is_gone(
    app: App, deployed: Deployed, engine: FakeEngine, builder: Builder
) -> None:
    seen: list[str] = []
    builder.meanwhile = lambda _: seen.extend(builders(engine))
    fetched = Step.objects.filter(key="fetch", state="done")

    def tidy() -> None:
        with engine.job(left_by(app)):
            for _ in range(500):
                if fetched.exists():
                    break
                time.sleep(0.01)
            time.sleep(0.1)  # for one that does not wait

    def build() -> None:
        while not builders(engine):
            time.sleep(0.01)
        deployed()

    together(tidy, build)
    assert seen == [f"{engine.namespace}-build-{Build.objects.get().pk}"]


def test_a_builder_before_that_does_not_go_is_ended(
    app: App, deployed: Deployed, engine: FakeEngine, builder: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builds.build.TIDY_SECONDS", 0)
    with engine.job(left_by(app)):
        deployed()
        assert builders(engine) == []
    assert builder.ran == 1


def left_by(app: App) -> JobSpec:
    """The builder of an earlier build, which does not end by itself."""
    labels = {"slipway.app": app.name, "slipway.build": "0"}
    return JobSpec("build-0", app.stack.build_image, ("sleep", "infinity"), labels=labels)
