"""The same verbs from the command line, on real parts."""

import pytest

from tests.e2e import belongings, litter
from tests.e2e.installation import Installation
from tests.e2e.person import Person
from tests.e2e.sources import archive, pages

pytestmark = [pytest.mark.docker, pytest.mark.e2e]


def test_an_app_goes_from_creation_to_its_end_by_commands_alone(installation: Installation, admin: Person) -> None:
    path = installation.data / "source.tar.gz"
    path.write_bytes(archive(pages("Made by a command")))
    assert installation.manage("createapp", "typed", "--archive", str(path)).returncode == 0
    assert "nothing deployed yet" in installation.manage("ps", "typed").stdout

    assert installation.manage("setconfig", "typed", "COLOUR=teal").returncode == 0
    deployed = installation.manage("deploy", "typed")
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    assert "-----> Python" in deployed.stdout
    assert f"typed is live: http://typed.localhost:{installation.apps_port}" in deployed.stdout
    assert admin.open("typed") == (200, "Made by a command")
    assert "web.1" in (listed := installation.manage("ps", "typed").stdout)
    assert "v1" in listed

    destroyed = installation.manage("destroyapp", "typed", "--yes")
    assert destroyed.returncode == 0, destroyed.stderr
    assert admin.open("typed")[0] == 404
    assert not [name for names in belongings.of(installation.namespace).values() for name in names if "typed" in name]
    assert not installation.rows("SELECT id FROM runtimes_app WHERE name = 'typed'")
    assert not litter.of(installation)


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (("createapp", "Wrong", "--sample", "flask"), "lower-case"),
        (("createapp", "admin", "--sample", "flask"), "reserved"),
        (("createapp", "odd", "--sample", "rails"), "There is no sample rails. There are: django-vue, flask."),
        (("createapp", "odd", "--git", "file:///etc"), "Use an address such as"),
        (("createapp", "odd", "--archive", "nowhere.zip"), "nowhere.zip: No such file or directory"),
        (("deploy", "nobody"), "There is no app nobody."),
        (("ps", "nobody"), "There is no app nobody."),
        (("destroyapp", "nobody", "--yes"), "There is no app nobody."),
        (("setconfig", "nobody", "A=b"), "There is no app nobody."),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, tuple) else "",
)
def test_a_wrong_command_says_what_is_wrong_and_changes_nothing(
    installation: Installation, command: tuple[str, ...], sentence: str
) -> None:
    before = installation.rows("SELECT count(*) FROM runtimes_app")[0][0]
    done = installation.manage(*command)
    assert done.returncode != 0
    assert sentence.casefold() in done.stderr.casefold()
    assert "Traceback" not in done.stderr
    assert installation.rows("SELECT count(*) FROM runtimes_app")[0][0] == before


def test_a_failed_deploy_ends_with_its_reason_and_another_status(installation: Installation) -> None:
    path = installation.data / "nothing.tar.gz"
    path.write_bytes(archive({"notes.txt": "No app in here."}))
    assert installation.manage("createapp", "unknown", "--archive", str(path)).returncode == 0
    refused = installation.manage("destroyapp", "unknown")
    assert refused.returncode != 0
    assert "Add --yes" in refused.stderr
    done = installation.manage("deploy", "unknown")
    assert done.returncode != 0
    assert "Queued" in done.stdout
    assert "No buildpack recognises this app" in done.stderr
    assert installation.manage("destroyapp", "unknown", "--yes").returncode == 0
