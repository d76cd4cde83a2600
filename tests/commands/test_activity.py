"""What is done on the command line is written down as well."""

import getpass
import json
from pathlib import Path

from console import management
from console.activity import WORDS
from console.models import Activity
from runtimes.engine.fake import FakeEngine
from runtimes.models import App
from tests.builds.tars import file, tar
from tests.builds.test_obtain import TARBALL
from tests.builds.test_stacks import ACCOUNTS, OURS, PACKAGES, THEIRS, files
from tests.commands.conftest import Run

SECRET = "s3cret-Value-of-42"
# In this order: the words, and the records they leave, oldest first.
RUNS = (
    ("bootstrap", "person-add"),
    ("createapp shop --archive APP", "app-create"),
    ("deploy shop", "deploy"),
    ("deploy shop --ref main", "deploy"),
    (f"setconfig shop TOKEN={SECRET}", "config-set config-release"),
    ("showconfig shop", "config-export"),
    ("unsetconfig shop TOKEN", "config-remove config-release"),
    ("scale shop web=2", "scale"),
    ("restart shop web", "restart"),
    ("rollback shop v1", "roll-back"),
    ("promote shop --from production --to staging", "promote"),
    ("setbuildpacks shop python", "buildpacks-order"),
    ("clearcache shop", "cache-clear"),
    ("setstack shop debian-12", "stack-choose"),
    ("addbuildpack hello --archive PACK", "buildpack-add"),
    ("addstack theirs --build BUILD --run RUN --stack heroku-24", "stack-add"),
    ("rotatekeys", "keys-rotate"),
    ("adddomain shop shop.example.org", "domain-add"),
    ("removedomain shop shop.example.org", "domain-remove"),
    ("run shop -- true", "run"),
    ("cleanup", "clean-up"),
    ("destroyapp shop --yes", "app-destroy"),
)
CHANGE_NOTHING = {"logs", "ps", "releases"}


def test_no_command_is_unknown_here() -> None:
    folder = Path(str(management.__file__)).parent / "commands"
    there = {path.stem for path in folder.glob("[a-z]*.py")}
    assert there == {words.split()[0] for words, _ in RUNS} | CHANGE_NOTHING


def test_every_command_that_changes_something_leaves_a_record_without_a_secret(
    run: Run, workers: None, engine: FakeEngine, tmp_path: Path
) -> None:
    (tmp_path / "app.tar").write_bytes(tar(file("Procfile", b"web: serve\n")))
    (tmp_path / "pack.tgz").write_bytes(TARBALL)
    given = {"APP": f"{tmp_path}/app.tar", "PACK": f"{tmp_path}/pack.tgz", "BUILD": THEIRS[0], "RUN": THEIRS[1]}
    for words, left in RUNS:
        if words.startswith("promote"):
            App.objects.get().environments.create(name="staging")
        if words.startswith("addstack"):
            offer_images(engine)
        before = Activity.objects.count()
        ended = run(*(given.get(word, word) for word in words.split()))
        assert (words, ended.status, ended.error) == (words, 0, "")
        rows = list(Activity.objects.order_by("pk"))[before:]
        assert (words, " ".join(row.action for row in rows)) == (words, left)
        assert {row.action for row in rows} <= WORDS.keys()
        assert {(row.via, row.actor, row.actor_key) for row in rows} == {("command", getpass.getuser(), None)}
    assert SECRET not in json.dumps(list(Activity.objects.values()), default=str)


def offer_images(engine: FakeEngine) -> None:
    """Images that others made, in a registry, which lack nothing."""
    engine.world.programs |= {
        "bash": lambda _: 0,
        "test": lambda process: int(not process.files.exists(process.argv[2])),
    }
    engine.world.registry.update({name: files(ACCOUNTS | PACKAGES) for name in THEIRS})
    for name in ("slipway/debian-12:build", "slipway/debian-12:run"):
        engine.world.images[name].update(files(dict.fromkeys(OURS, "ours")))
