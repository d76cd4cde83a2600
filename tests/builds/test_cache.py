"""What buildpacks remember of an app: how much that is, and when it is forgotten."""

from collections.abc import Callable

from builds import cache, stacks, tasks
from builds.models import Build
from builds.run import build_next
from builds.start import start_deploy
from runtimes.engine.fake import FakeEngine
from runtimes.models import App, Journal, Stack
from tests import factories as make
from tests.builder import Builder


def test_a_build_leaves_the_size_of_the_cache_and_clearing_forgets_it(
    deployed: Callable[[], Journal], app: App, builder: Builder
) -> None:
    assert cache.size(app) is None
    builder.cache_bytes = 5_000_000
    deployed()
    assert cache.size(app) == 5_000_000
    cache.clear(app)
    assert cache.size(app) is None


def test_another_stack_begins_with_a_cache_that_nobody_has_measured(
    deployed: Callable[[], Journal], app: App, builder: Builder
) -> None:
    builder.cache_bytes = 5_000_000
    deployed()
    before = cache.volume(app)
    stacks.change_stack(app, Stack.objects.get(name="debian-13"))
    assert (cache.size(app), cache.volume(app) != before) == (None, True)


def test_a_stack_that_is_removed_takes_the_caches_of_its_builds_along(
    deployed: Callable[[], Journal], app: App, engine: FakeEngine
) -> None:
    deployed()
    left = f"{engine.namespace}-{cache.volume(app)}"
    assert left in engine.world.volumes
    tasks.drop_stack(app.stack.name)
    assert left in engine.world.volumes
    Stack.objects.filter(pk=app.stack_id).update(name="renamed")
    tasks.drop_stack("debian-12")
    assert left not in engine.world.volumes


def test_a_stack_without_images_fails_the_build_with_what_makes_them(
    app: App, engine: FakeEngine, builder: Builder, quick: None
) -> None:
    stacks.change_stack(app, Stack.objects.get(name="debian-13"))
    del engine.world.images["slipway/debian-13:build"]
    journal = start_deploy(app.production).journal
    assert build_next()
    build = Build.objects.get(journal=journal)
    assert (build.state, build.failure_reason, builder.ran) == ("failed", "no-stack", 0)
    assert any("makes them with `make images`" in line for line in make.log_of(journal))
