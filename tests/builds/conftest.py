"""An app that can be built, and the queue worked off as workers do."""

from collections.abc import Callable

import pytest

from buildpacks.models import Buildpack
from builds.run import build_next
from builds.start import start_deploy
from runtimes.engine.fake import FakeEngine
from runtimes.models import App, Journal
from tests import factories as make
from tests.builder import Builder
from tests.builds.tars import file, tar


@pytest.fixture
def builder(engine: FakeEngine) -> Builder:
    """The driver in the builders; a test may change what it does."""
    return Builder().install(engine)


@pytest.fixture
def app(shared_db: None) -> App:
    """An app from an uploaded archive."""
    Buildpack.objects.create(name="procfile", kind="bundled")
    return make.uploaded(tar(file("Procfile", b"web: serve\n"), file("app.py", b"pass\n")))


@pytest.fixture
def deployed(app: App, engine: FakeEngine, builder: Builder, quick: None) -> Callable[[], Journal]:
    """Deploys the app to the end and gives the journal."""

    def run() -> Journal:
        journal = start_deploy(app.production).journal
        assert build_next()
        journal.refresh_from_db()
        return journal

    return run
