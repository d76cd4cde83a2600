"""What the builder does."""

from celery import shared_task

from buildpacks.models import Buildpack
from builds import adopt, attention, cache, cleanup, obtain, run, selfcheck, store, sweep
from builds import preview as previews
from builds.models import Detection
from runtimes.models import App, Stack


@shared_task
def build_next() -> None:
    """Work off one build of the queue."""
    run.build_next()


@shared_task
def pull_next() -> None:
    """Deploy one ready image that waits."""
    run.pull_next()


@shared_task
def look_after() -> None:
    """End builds whose worker is gone, and wake the builder for those that wait."""
    attention.look_after()


@shared_task
def obtain_buildpack(buildpack_id: int, upload: str = "") -> None:
    """Fetch a buildpack that was added to the registry."""
    obtain.obtain(Buildpack.objects.get(pk=buildpack_id), upload)


@shared_task
def preview(detection_id: int) -> None:
    """Ask the buildpacks which of them recognise a source."""
    previews.carry_out(Detection.objects.select_related("app__stack").get(pk=detection_id))


@shared_task
def clear_cache(app_id: int) -> None:
    """Forget what buildpacks remember of an app."""
    cache.clear(App.objects.get(pk=app_id))


@shared_task
def stock(buildpack: str, wanted: list[str]) -> None:
    """Put into the store what builds found missing there."""
    store.stock(buildpack, wanted)


@shared_task
def remove_app(app_id: int) -> None:
    """Remove an app that was destroyed."""
    attention.remove_destroyed(App.objects.filter(pk=app_id))


@shared_task
def adopt_stack(stack_id: int) -> None:
    """Make the images of a stack that was added."""
    for stack in Stack.objects.filter(pk=stack_id):  # it may be gone again
        adopt.adopt(stack)


@shared_task
def drop_stack(name: str) -> None:
    """Remove the images of a stack that is gone, and what builds with it left."""
    adopt.forget(name)


@shared_task
def clean_up() -> None:
    """Remove what nobody can go back to any more, and what belongs to nothing."""
    sweep.sweep()
    cleanup.carry_out(cleanup.plan())
    adopt.sweep()


@shared_task
def check_self() -> None:
    """Look how the platform itself is."""
    selfcheck.look()
