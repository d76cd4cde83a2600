"""Stacks of images that others made: adopted once, told what they lack, kept while somebody needs them."""

import pytest
from django.core.exceptions import ValidationError

from builds import adopt, stacks, tasks
from runtimes.engine.base import EngineUnreachable, JobSpec
from runtimes.engine.fake import FakeEngine
from runtimes.engine.fake_files import Entry, Files
from runtimes.engine.fake_process import Process
from runtimes.models import Stack
from tests import factories as make
from tests.doubles import empty_queues, queued

THEIRS = ("host.example/theirs:build", "host.example/theirs:run")
ACCOUNTS = {"/etc/passwd": "root:x:0:0::/root:/bin/bash\n", "/etc/group": "root:x:0:\n"}
PACKAGES = {"/var/lib/dpkg/status": "Package: libpq5\n"}
OURS = (
    "/usr/local/lib/slipway/build",
    "/usr/local/lib/slipway/lib/json.sh",
    "/usr/local/bin/uv",
    "/usr/local/share/slipway/npm-registry",
    "/usr/lib/python3/dist-packages/yaml/__init__.py",
    "/usr/local/bin/slipway-run",
)


def files(contents: dict[str, str]) -> Files:
    """Files of root's, with the directories above them."""
    made: Files = {path: Entry(text.encode(), 0o755, 0, 0) for path, text in contents.items()}
    for path in contents:
        parts = path.split("/")
        for depth in range(2, len(parts)):
            made.setdefault("/".join(parts[:depth]), Entry(None, 0o755, 0, 0))
    return made


@pytest.fixture
def lacking(engine: FakeEngine) -> list[str]:
    """Images that others made, in a registry; a test names what they lack."""
    missing: list[str] = []

    def bash(process: Process) -> int:
        process.write("\n".join(set(process.argv[4:]) & set(missing)).encode())
        return 0

    engine.world.programs |= {"bash": bash, "test": lambda process: int(not process.files.exists(process.argv[2]))}
    engine.world.registry.update({name: files(ACCOUNTS | PACKAGES) for name in THEIRS})
    for name in ("slipway/debian-12:build", "slipway/debian-12:run"):
        engine.world.images[name].update(files(dict.fromkeys(OURS, "ours")))
    return missing


def added(name: str = "theirs", **fields: str) -> Stack:
    """A stack of their images, as the controller left it."""
    given = {"build_from": THEIRS[0], "run_from": THEIRS[1], "identifier": "heroku-24"} | fields
    stack = stacks.add(name, **given)
    adopt.adopt(stack)
    stack.refresh_from_db()
    return stack


def file_in(engine: FakeEngine, image: str, path: str) -> Entry:
    """A file of an image."""
    return engine.world.images[image][path]


def test_their_images_become_a_stack_with_our_driver_and_entry(
    shared_db: None, engine: FakeEngine, lacking: list[str]
) -> None:
    stack = added()
    assert (stack.is_ready, stack.problem) == (True, "")
    assert stack.build_image == f"{engine.namespace}/stack-theirs:build"
    assert file_in(engine, stack.build_image, "/usr/local/lib/slipway/lib/json.sh").content == b"ours"
    assert file_in(engine, stack.build_image, "/usr/local/lib/slipway/python/yaml/__init__.py").uid == 0
    assert file_in(engine, stack.build_image, "/slipway").uid == file_in(engine, stack.build_image, "/app").uid == 1000
    assert file_in(engine, stack.build_image, "/usr/local/share/slipway/run-packages").content == b"Package: libpq5\n"
    assert file_in(engine, stack.build_image, "/etc/apt/sources.list").content == b""
    assert file_in(engine, stack.run_image, "/usr/local/bin/slipway-run").content == b"ours"
    assert b"slipway:x:1000:1000::/app:" in (file_in(engine, stack.run_image, "/etc/passwd").content or b"")


def test_a_user_1000_of_theirs_stays_who_they_are(shared_db: None, engine: FakeEngine, lacking: list[str]) -> None:
    own = ACCOUNTS | PACKAGES | {"/etc/passwd": "ubuntu:x:1000:1000::/home/ubuntu:/bin/bash\n"}
    engine.world.registry[THEIRS[1]] = files(own)
    assert file_in(engine, added().run_image, "/etc/passwd").content == own["/etc/passwd"].encode()


def test_what_an_image_lacks_is_named(shared_db: None, engine: FakeEngine, lacking: list[str]) -> None:
    lacking += ["zstd"]
    stack = added()
    assert (stack.is_ready, stack.problem) == (False, "host.example/theirs:build lacks what builds need: zstd.")


def test_an_image_that_cannot_be_fetched_is_a_problem_of_the_stack(
    shared_db: None, engine: FakeEngine, lacking: list[str]
) -> None:
    del engine.world.registry[THEIRS[1]]
    assert "host.example/theirs:run is not on this machine and cannot be fetched" in added().problem


def test_a_daemon_that_is_away_is_the_platforms_problem(
    shared_db: None, engine: FakeEngine, lacking: list[str]
) -> None:
    engine.world.away = True
    with pytest.raises(EngineUnreachable):
        added()
    assert Stack.objects.get(name="theirs").problem.startswith("The platform failed")


def test_an_image_of_a_registry_on_the_platform_itself_is_refused_and_never_pulled(
    shared_db: None, engine: FakeEngine
) -> None:
    with pytest.raises(ValidationError, match="loopback") as caught:
        stacks.add("mine", "127.0.0.1:5000/base:build", "theirs:run", "heroku-24")
    assert list(caught.value.message_dict) == ["build_from"]
    stack = Stack.objects.create(name="mine", build_from="127.0.0.1:5000/base:build", run_from="theirs:run")
    adopt.adopt(stack)
    stack.refresh_from_db()
    assert "loopback" in stack.problem


def test_images_made_with_other_files_of_ours_are_made_again(
    shared_db: None, engine: FakeEngine, lacking: list[str]
) -> None:
    stack = added()
    queued()
    adopt.refresh()
    assert queued() == []
    Stack.objects.filter(pk=stack.pk).update(recipe="of an older version")
    adopt.refresh()
    assert [name for name, _ in queued()] == ["builds.tasks.adopt_stack"]


def test_a_stack_stays_while_an_app_or_one_of_its_slugs_needs_it(
    shared_db: None, engine: FakeEngine, lacking: list[str]
) -> None:
    stack, app = added(), make.app()
    stacks.change_stack(app, stack)
    make.slug(app)
    stacks.change_stack(app, Stack.objects.get(name="debian-12"))
    with pytest.raises(ValidationError, match="theirs is used by shop"):
        stacks.remove(stack)
    app.slugs.all().delete()
    stacks.remove(stack)
    adopt.drop("theirs")
    assert not Stack.objects.filter(name="theirs").exists()
    assert not any("stack-theirs" in image for image in engine.world.images)


def test_our_own_stacks_stay(shared_db: None) -> None:
    for deed in (stacks.remove, stacks.adopt_again):
        with pytest.raises(ValidationError, match="comes with Slipway"):
            deed(Stack.objects.get(name="debian-13"))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "Theirs"}, "name"),
        ({"name": "debian-12"}, "name"),
        ({"build_from": "--privileged"}, "build_from"),
        ({"run_from": "a b"}, "run_from"),
        ({"identifier": "heroku 24"}, "identifier"),
    ],
)
def test_a_wrong_word_is_told_at_its_field(shared_db: None, fields: dict[str, str], field: str) -> None:
    given = {"name": "theirs", "build_from": "a:build", "run_from": "a:run", "identifier": "heroku-24"} | fields
    with pytest.raises(ValidationError) as told:
        stacks.add(**given)
    assert list(told.value.message_dict) == [field]


def test_an_app_cannot_have_a_stack_whose_images_are_not_made(shared_db: None) -> None:
    stack = stacks.add("theirs", *THEIRS, "heroku-24")
    with pytest.raises(ValidationError, match="its images are still being made"):
        stacks.change_stack(make.app(), stack)


def test_images_that_are_not_here_are_told_with_what_makes_them(shared_db: None, engine: FakeEngine) -> None:
    stack = Stack.objects.get(name="debian-13")
    assert stacks.missing(stack) == ""
    del engine.world.images["slipway/debian-13:run"]
    assert "slipway/debian-13:run. An administrator makes them with `make images`" in stacks.missing(stack)


def test_what_was_made_for_a_stack_goes_though_no_worker_heard_that_it_was_removed(
    shared_db: None, engine: FakeEngine, lacking: list[str]
) -> None:
    kept, app = added("kept"), make.app()
    gone = added("gone")
    engine.world.volumes[f"{engine.namespace}-cache-{app.name}.gone"] = {}
    stacks.remove(gone)
    empty_queues()  # Redis was away
    tasks.clean_up()
    assert engine.derived() == ["stack-kept:build", "stack-kept:run"]
    assert gone.run_image not in engine.world.images
    assert kept.run_image in engine.world.images
    assert engine.world.volumes == {}


def test_images_of_a_removed_stack_that_are_in_use_wait_for_the_next_time(
    shared_db: None, engine: FakeEngine, lacking: list[str]
) -> None:
    gone = added("gone")
    stacks.remove(gone)
    with engine.job(JobSpec("job", gone.run_image, ("sleep", "infinity"))):
        tasks.clean_up()
    assert "stack-gone:run" in engine.derived()
    tasks.clean_up()
    assert engine.derived() == []
