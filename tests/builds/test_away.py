"""While no worker can be reached, what only a worker does says so at once and does not seem to be under way."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from buildpacks.models import Buildpack
from builds import stacks
from builds.preview import start_preview
from builds.register import fetch_again, register
from runtimes.models import Stack
from runtimes.orders import AWAY
from tests import factories as make

pytestmark = pytest.mark.usefixtures("db", "no_broker")


def test_a_buildpack_is_not_fetched_and_nothing_stays_of_its_archive() -> None:
    register("hello", Buildpack.Kind.UPLOAD, archive=ContentFile(b"archive", "hello.tgz"))
    assert Buildpack.objects.get(name="hello").problem.startswith(str(AWAY))
    assert storages["buildpacks"].listdir("uploads")[1] == []


def test_a_buildpack_that_is_to_be_fetched_again_keeps_a_problem() -> None:
    url = "https://127.0.0.1/hello.git"
    buildpack = Buildpack.objects.create(name="hello", kind=Buildpack.Kind.GIT, url=url, pin="0" * 40, problem="Gone.")
    fetch_again(buildpack)
    buildpack.refresh_from_db()
    assert buildpack.problem.startswith(str(AWAY))


def test_the_images_of_a_stack_are_not_made() -> None:
    stacks.add("theirs", "host.example/build", "host.example/run", "heroku-24")
    assert Stack.objects.get(name="theirs").problem.startswith(str(AWAY))


def test_a_preview_has_failed() -> None:
    detection = start_preview(make.app())
    detection.refresh_from_db()
    assert (detection.state, detection.output) == ("failed", f"{AWAY} Nothing was begun: try again later.")
