"""The verbs on the command line: thin, and honest in their exit status."""

from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from buildpacks.models import Buildpack
from console.management.commands import logs
from console.models import Activity
from runtimes import output, restart
from runtimes.engine.base import Login
from runtimes.engine.fake import FakeEngine
from runtimes.models import App, ConfigVar, Credentials, Domain, Instance, Membership, PlatformLimits, Process, Team
from runtimes.output import Printed
from runtimes.redaction import Redactor
from tests import factories as make
from tests.builder import Builder
from tests.builds.tars import file, tar
from tests.commands.conftest import Run
from tests.doubles import queued


@pytest.fixture
def archive(tmp_path: Path) -> str:
    path = tmp_path / "app.tar"
    path.write_bytes(tar(file("Procfile", b"web: serve\n")))
    return str(path)


def test_createapp_makes_an_app_from_each_kind_of_source(run: Run, archive: str) -> None:
    assert run("createapp", "one", "--git", "https://git.example/a.git", "--ref", "main", "--dir", "web").status == 0
    assert run("createapp", "two", "--archive", archive).status == 0
    assert run("createapp", "three", "--sample", "flask").status == 0
    assert dict(App.objects.values_list("name", "source")) == {"one": "git", "two": "archive", "three": "sample"}
    assert all(app.production for app in App.objects.all())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["createapp", "Shop", "--sample", "flask"], "lower-case"),
        (["createapp", "shop\n", "--sample", "flask"], "lower-case"),
        (["createapp", "admin", "--sample", "flask"], "reserved"),
        (["createapp", "a--b", "--sample", "flask"], "hyphens"),
        (["createapp", "shop", "--sample", "nothing"], "django-vue"),
        (["createapp", "shop", "--sample", ""], "There are"),
        (["createapp", "shop", "--git", "file:///etc"], "https://"),
        (["createapp", "shop", "--git", "ext::sh -c id"], "https://"),
        (["createapp", "shop", "--git=-u"], "https://"),
        (["createapp", "shop", "--git", ""], "https://"),
        (["createapp", "shop", "--git", "https://me:pw@host/x.git"], "https://"),
        (["createapp", "shop", "--git", "https://host/x.git", "--ref", "../x"], "branch"),
        (["createapp", "shop", "--git", "https://host/x.git", "--ref=--upload-pack=id"], "branch"),
        (["createapp", "shop", "--git", "https://host/x.git", "--ref", "x" * 201], "branch"),
        (["createapp", "shop", "--archive", "/nowhere/app.tar"], "/nowhere/app.tar: No such file"),
        (["createapp", "shop", "--sample", "flask", "--team", "Nobody"], "no such team"),
        (["createapp", "shop", "--sample", "flask", "--stack", "debian-1"], "no such stack"),
    ],
)
def test_createapp_refuses_what_cannot_be_in_a_sentence(run: Run, words: list[str], said: str) -> None:
    ended = run(*words)
    assert ended.status == 1
    assert said in ended.error
    assert not App.objects.exists()


def test_a_name_is_taken_once(run: Run) -> None:
    assert run("createapp", "shop", "--sample", "flask").status == 0
    assert "already exists" in run("createapp", "shop", "--sample", "flask").error


def test_deploy_prints_the_log_and_is_0_when_the_release_is_live(run: Run, workers: None, archive: str) -> None:
    run("createapp", "shop", "--archive", archive)
    ended = run("deploy", "shop")
    assert ended.status == 0
    assert "-----> Building" in ended.out
    assert ended.out.endswith("shop is live: http://shop.localhost:8080\n")


def test_deploy_of_another_archive_leaves_the_apps_own(run: Run, workers: None, archive: str, builder: Builder) -> None:
    run("createapp", "shop", "--sample", "flask")
    before = App.objects.get().archive
    assert run("deploy", "shop", "--archive", archive, "--clear-cache").status == 0
    assert App.objects.get().archive == before
    assert any(path.endswith("/Procfile") for path in builder.files_given)


def test_deploy_is_not_0_when_the_build_fails(run: Run, workers: None, archive: str, builder: Builder) -> None:
    builder.failing = {"reason": "compile", "message": "npm ended with exit status 3.", "code": 3}
    run("createapp", "shop", "--archive", archive)
    ended = run("deploy", "shop")
    assert ended.status == 1
    assert "npm ended with exit status 3." in ended.error
    assert "-----> Building" in ended.out


def test_deploy_is_not_0_when_the_platform_fails(run: Run, workers: None, archive: str, engine: FakeEngine) -> None:
    run("createapp", "shop", "--archive", archive)
    engine.world.away = True
    ended = run("deploy", "shop")
    assert ended.status == 1
    assert "The platform failed, not your app" in ended.error


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["deploy", "nothing"], "There is no app nothing."),
        (["deploy", "shop", "--environment", "staging"], "has no environment staging"),
        (["deploy", "shop", "--archive", "/nowhere"], "/nowhere: No such file"),
        (["deploy", "shop", "--ref=-x"], "branch"),
        (["ps", "nothing"], "There is no app nothing."),
        (["setconfig", "shop", "KEY"], "write KEY=VALUE"),
        (["setconfig", "shop", "1KEY=x"], "1KEY"),
        (["setconfig", "shop", "PORT=80"], "set by the platform"),
        (["setconfig", "nothing", "KEY=1"], "There is no app"),
        (["unsetconfig", "shop", "KEY"], "None of these"),
        (["scale", "shop", "web=x"], "TYPE=N"),
        (["scale", "shop", "web=2"], "deploy first"),
        (["rollback", "shop", "v1"], "no release v1"),
        (["rollback", "shop", "x"], "no release x"),
        (["restart", "shop"], "Nothing runs yet"),
        (["promote", "shop"], "no environment staging"),
        (["run", "shop", "--", "true"], "Deploy first"),
        (["run", "shop"], "Write a command"),
        (["addbuildpack", "x", "--git", "https://git.example/x.git", "--commit", "main"], "Give the full commit"),
        (["addbuildpack", "x", "--url", "https://files.example/x.tgz", "--sha256", "0"], "64 digits"),
        (["addbuildpack", "x", "--archive", "/nowhere"], "/nowhere: No such file"),
        (["setbuildpacks", "nothing"], "There is no app"),
        (["clearcache", "nothing"], "There is no app"),
        (["destroyapp", "shop"], "--yes"),
        (["destroyapp", "nothing", "--yes"], "There is no app"),
    ],
)
def test_what_cannot_be_done_is_said_and_the_exit_status_is_not_0(run: Run, words: list[str], said: str) -> None:
    make.app()
    ended = run(*words)
    assert ended.status == 1
    assert said in ended.error
    assert App.objects.count() == 1


def test_an_app_that_is_being_removed_is_not_deployed(run: Run) -> None:
    make.app(destroyed_at=timezone.now())
    ended = run("deploy", "shop")
    assert (ended.status, "being removed" in ended.error) == (1, True)


def test_ps_lists_instances_with_their_state(run: Run, workers: None, archive: str) -> None:
    run("createapp", "shop", "--archive", archive)
    assert "nothing deployed yet" in run("ps", "shop").out
    run("deploy", "shop")
    listed = run("ps", "shop")
    assert listed.status == 0
    assert "production: v1" in listed.out
    assert "web.1" in listed.out
    assert " up" in listed.out


def test_setbuildpacks_sets_the_order_and_without_names_detection_decides(
    run: Run, workers: None, archive: str, builder: Builder
) -> None:
    run("createapp", "shop", "--archive", archive)
    said = run("setbuildpacks", "shop", "nodejs", "python").out
    assert said == "shop builds with nodejs, then python from the next deploy.\n"
    run("deploy", "shop")
    assert [each["name"] for each in builder.orders[-1]["buildpacks"]] == ["nodejs", "python"]
    for names, wrong in (
        (["perl"], "There is no buildpack perl."),
        (["python", "python"], "python is in the list twice."),
    ):
        refused = run("setbuildpacks", "shop", *names)
        assert (refused.status, wrong in refused.error) == (1, True)
    assert "what detection finds" in run("setbuildpacks", "shop").out
    run("deploy", "shop")
    assert builder.orders[-1]["automatic"] is True


def test_setconfig_sets_and_releases_what_runs(run: Run, workers: None, archive: str) -> None:
    run("createapp", "shop", "--archive", archive)
    assert run("setconfig", "shop", "KEY=a=b", "EMPTY=").status == 0
    run("deploy", "shop")
    assert run("setconfig", "shop", "KEY=other").status == 0
    app = App.objects.get()
    assert ConfigVar.objects.for_build(app) == {"KEY": "other", "EMPTY": ""}
    assert app.production.live is not None
    assert app.production.live.config["KEY"] == "other"


def test_setconfig_while_a_release_is_on_its_way_says_so(run: Run) -> None:
    environment = make.app().production
    make.release(environment, "live")
    make.release(environment, "pending")
    ended = run("setconfig", "shop", "KEY=1")
    assert (ended.status, "on its way" in ended.error) == (1, True)


def test_scale_and_rollback(run: Run, workers: None, archive: str) -> None:
    run("createapp", "shop", "--archive", archive)
    run("deploy", "shop")
    assert run("scale", "shop", "web=2").status == 0
    assert Process.objects.get().quantity == 2
    run("deploy", "shop")
    assert run("rollback", "shop", "v1").status == 0
    live = App.objects.get().production.live
    assert live is not None
    assert (live.number, live.kind) == (3, "rollback")
    assert run("rollback", "shop", "v3").status == 1


def test_run_prints_what_the_command_prints_and_ends_as_it_does(run: Run, workers: None, archive: str) -> None:
    run("createapp", "shop", "--archive", archive)
    run("setconfig", "shop", "COLOUR=red", "--no-release")
    run("deploy", "shop")
    assert run("run", "shop", "--", "echo", "two words") == (0, "two words\n", "")
    assert run("run", "shop", "--", "echo $COLOUR; exit 3") == (3, "red\n", "Exit status 3.")
    assert run("run", "shop", "--environment", "production", "no-such-program").status == 127


def test_destroyapp_waits_until_it_is_gone(run: Run, workers: None, archive: str, engine: FakeEngine) -> None:
    run("createapp", "shop", "--archive", archive)
    run("deploy", "shop")
    assert run("destroyapp", "shop", "--yes").out == "Destroyed shop.\n"
    assert not App.objects.exists()
    assert engine.observe({"slipway.app": "shop"}) == []


def test_bootstrap_makes_the_first_admin_once_and_prints_the_password_once(run: Run) -> None:
    first = run("bootstrap")
    admin = get_user_model().objects.get()
    password = first.out.split("password ")[1].split()[0]
    assert admin.check_password(password)
    assert password not in str(get_user_model().objects.values())
    assert (admin.is_superuser, Membership.objects.get().role) == (True, "admin")
    assert Buildpack.objects.filter(name="python").exists()
    assert run("bootstrap").out == ""
    assert get_user_model().objects.count() == 1


@pytest.mark.parametrize("words", [("createapp", "new"), ("deploy", "shop"), ("addbuildpack", "ruby")])
def test_an_archive_that_the_platform_cannot_keep_is_not_called_wrong(
    run: Run, unwritable: None, archive: str, words: tuple[str, str]
) -> None:
    make.app("shop")
    ended = run(*words, "--archive", archive)
    assert ended.status == 1
    assert ended.error.startswith("The platform failed, not your archive: The archive cannot be stored:")
    assert not App.objects.filter(name="new").exists()
    assert not Buildpack.objects.filter(name="ruby").exists()


def test_a_domain_is_added_and_removed(run: Run) -> None:
    shop = make.app("shop")
    shop.environments.create(name="staging")
    added = run("adddomain", "shop", "Shop.Example.org", "--environment", "staging")
    assert added.out == "shop.example.org is routed to shop/staging. In its DNS: CNAME shop--staging.localhost\n"
    assert [str(each.environment) for each in Domain.objects.all()] == ["shop/staging"]
    assert run("removedomain", "shop", "shop.example.org").out == "shop.example.org leads to shop no more.\n"
    assert not Domain.objects.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["adddomain", "shop", "shop"], "host name"),
        (["adddomain", "shop", "taken.example.org"], "taken by another app"),
        (["adddomain", "shop", "a.example.org", "--environment", "x"], "no environment x"),
        (["removedomain", "shop", "taken.example.org"], "has no domain"),
        (["removedomain", "shop", "a b"], "host name"),
    ],
)
def test_a_domain_that_cannot_be_added_or_removed_is_told_why(run: Run, words: list[str], said: str) -> None:
    make.app("shop")
    Domain.objects.create(environment=make.app("other").production, name="taken.example.org")
    ended = run(*words)
    assert ended.status == 1
    assert said in ended.error
    assert Domain.objects.count() == 1


def test_an_app_of_a_ready_image_is_made_and_deployed_by_commands(run: Run, workers: None, engine: FakeEngine) -> None:
    team = Team.objects.earliest("pk")
    facts = {"registry": "registry.example", "username": "ana", "password": "a long secret"}
    Credentials.objects.create(team=team, name="ours", **facts)
    for tag in ("1", "2"):
        engine.world.offered.offer(f"registry.example/shop:{tag}", login=Login("ana", "a long secret"))
    made = run("createapp", "shop", "--image", "registry.example/shop:1", "--credentials", "ours", "--pull", "missing")
    assert made.status == 0, made.error
    app = App.objects.get()
    assert (app.source, app.image_pull, str(app.credentials)) == ("image", "missing", "ours")
    assert run("deploy", "shop").status == 0
    assert run("deploy", "shop", "--image", "registry.example/shop:2").status == 0
    assert "registry.example/shop:2" in run("releases", "shop").out
    refused = run("createapp", "other", "--image", "registry.example/shop:1", "--credentials", "theirs")
    assert (refused.status, "has no credentials theirs." in refused.error) == (1, True)
    failed = run("deploy", "shop", "--image", "registry.example/shop:3")
    assert (failed.status, "There is no image registry.example/shop:3" in failed.error) == (1, True)


def test_cleanup_says_what_would_go_and_has_it_removed_only_without_dry_run(run: Run) -> None:
    PlatformLimits.objects.create(releases=1)
    environment = make.app().production
    old, _new = make.release(environment, "retired"), make.release(environment, "live")
    told = run("cleanup", "--dry-run")
    assert old.slug
    assert f"slug {old.slug.sha256[:12]} of shop" in told.out
    assert told.out.endswith("Nothing was removed.\n")
    assert queued() == []
    assert run("cleanup").status == 0
    assert queued() == [("builds.tasks.clean_up", [])]


@pytest.mark.parametrize("words", ["clearcache shop", "cleanup", "addbuildpack hello --archive PACK", "addstack s"])
def test_what_nobody_hears_is_not_said_to_be_done(run: Run, no_broker: None, archive: str, words: str) -> None:
    make.app()
    given = {"PACK": archive, "s": "s --build host.example/b --run host.example/r --stack heroku-24"}
    ended = run(*" ".join(given.get(word, word) for word in words.split()).split())
    assert ended.status == 1
    assert "The platform's workers cannot be reached at the moment." in ended.error
    assert Activity.objects.count() == 0


@pytest.fixture
def served(run: Run, workers: None, archive: str) -> App:
    """An app that serves in production and has nothing in staging yet."""
    run("createapp", "shop", "--archive", archive)
    run("deploy", "shop")
    app = App.objects.get()
    app.environments.create(name="staging")
    return app


def versions(app: App, environment: str = "production") -> list[str]:
    """The releases of an environment, oldest first: version and kind."""
    found = app.environments.get(name=environment).releases.order_by("number")
    return [f"{release.version} {release.kind}" for release in found]


def test_config_is_set_shown_and_removed_for_all_or_one_environment(run: Run, served: App) -> None:
    assert run("setconfig", "shop", "COLOUR=red", "SIZE=1", "--no-release").out == "Set COLOUR, SIZE.\n"
    assert run("setconfig", "shop", "COLOUR=blue", "--environment", "staging").status == 0
    assert versions(served) == ["v1 deploy"], "Nothing was released."
    assert run("showconfig", "shop").out == "COLOUR=red\nSIZE=1\n"
    assert run("showconfig", "shop", "--environment", "staging").out == "COLOUR=blue\nSIZE=1\n"
    assert run("unsetconfig", "shop", "COLOUR", "--environment", "staging").status == 0
    assert run("showconfig", "shop", "--environment", "staging").out == "COLOUR=red\nSIZE=1\n"
    assert versions(served) == ["v1 deploy"], "Nothing runs in staging."
    assert run("unsetconfig", "shop", "SIZE").status == 0
    assert versions(served) == ["v1 deploy", "v2 config"]
    assert served.production.live is not None
    assert served.production.live.config == {"COLOUR": "red"}


def test_promote_scale_and_rollback_say_where(run: Run, served: App) -> None:
    promoted = run("promote", "shop", "--from", "production", "--to", "staging")
    assert (promoted.status, "v1 is live" in promoted.out) == (0, True)
    assert versions(served, "staging") == ["v1 promotion"]
    assert run("scale", "shop", "web=2", "--environment", "staging").status == 0
    quantities = Process.objects.values_list("environment__name", "quantity")
    assert dict(quantities) == {"production": 1, "staging": 2}
    assert run("promote", "shop", "--from", "production", "--to", "staging").status == 0
    assert run("rollback", "shop", "v1", "--environment", "staging", "--current-config").status == 0
    assert versions(served, "staging") == ["v1 promotion", "v2 promotion", "v3 rollback"]
    assert versions(served) == ["v1 deploy"]


def test_restart_of_one_instance_ends_when_it_is_another_one(run: Run, served: App) -> None:
    before = served.production.instances.get(state="up").ref
    assert run("restart", "shop", "web.1").status == 0
    assert served.production.instances.get(state="up").ref != before
    assert "Nothing called web.9 runs" in run("restart", "shop", "web.9").error


def test_restart_says_what_was_left_as_it_was(run: Run, served: App, engine: FakeEngine) -> None:
    before = served.production.instances.get(state="up").ref
    served.production.processes.update(start_period=1)
    engine.world.programs["serve"] = lambda _: 1
    ended = run("restart", "shop")
    assert ended.status == 1
    assert ended.error.startswith("Not restarted: web.1. No other came up to stand in")
    assert served.production.instances.get(state="up").ref == before


def test_restart_says_that_nobody_hears_it_and_that_it_is_kept(run: Run, no_broker: None) -> None:
    release = make.release(make.app().production)
    Instance.objects.create(environment=release.environment, release=release, process="web", index=1, state="up")
    ended = run("restart", "shop")
    assert (ended.status, ended.out) == (1, "")
    assert ended.error == (
        "The platform's workers cannot be reached at the moment. "
        "The restart is kept, and begins within seconds once they can."
    )
    assert restart.is_under_way(release.environment)


def test_releases_are_listed_with_what_who_when_and_how_they_are(run: Run, served: App) -> None:
    run("setconfig", "shop", "COLOUR=red")
    second, first = run("releases", "shop").out.splitlines()
    today = timezone.now().strftime("%Y-%m-%d")
    assert first.startswith(f"v1    retired   {today}")
    assert first.endswith(f"  Deploy {served.slugs.get().short} (command line)")
    assert second.startswith(f"v2    live      {today}")
    assert second.endswith("  Config changed (command line)")
    assert run("releases", "shop", "--environment", "staging").out == ""


def test_logs_shows_the_latest_lines_of_all_or_of_one_instance(run: Run, served: App) -> None:
    release = served.production.live
    assert release is not None
    at = timezone.now()
    for index, count in ((1, 3), (2, 150)):
        facts = {"environment": served.production, "release": release, "process": "worker", "index": index}
        said = [Printed(at, number, b"line %d" % number) for number in range(count)]
        ended = Instance.objects.create(**facts, state="down")  # a starting one would be waited for
        output.store(ended, said, Redactor())
    assert len(run("logs", "shop").out.splitlines()) == 100
    assert len(run("logs", "shop", "--lines", "7").out.splitlines()) == 7
    latest = run("logs", "shop", "worker.1", "--lines", "2")
    assert [line.partition(" ")[2] for line in latest.out.splitlines()] == [
        "v1 worker.1: line 1",
        "v1 worker.1: line 2",
    ], "They are its latest, however much others print."


def test_logs_follows_what_comes(run: Run, served: App, monkeypatch: pytest.MonkeyPatch) -> None:
    release = served.production.live
    assert release is not None
    facts = {"environment": served.production, "release": release, "process": "worker", "index": 1}
    instance = Instance.objects.create(**facts, state="up")
    said = iter([b"one", b"two"])

    def wait(_: float) -> None:
        line = next(said, None)
        if line is None:
            raise KeyboardInterrupt
        output.store(instance, [Printed(timezone.now(), 0, line)], Redactor())

    monkeypatch.setattr(logs, "pause", wait)
    ended = run("logs", "shop", "worker", "--follow")
    assert ended.status == 0
    assert [line.rpartition(" ")[2] for line in ended.out.splitlines()] == ["one", "two"]
