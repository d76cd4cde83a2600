"""Destroying an app: asked for by people, carried out by the controller, which may speak to the engine."""

from contextlib import ExitStack
from typing import Any

from django.core.files.storage import storages
from django.utils import timezone

from builds import cache, deploys, let_go
from builds.cancel import cancel
from runtimes import bell, oneoff, router
from runtimes.holding import hold
from runtimes.installation import engine
from runtimes.models import App, Journal, OneOff, Release
from runtimes.orders import order

# Who works on an environment is waited for this long; the periodic look tries again.
PATIENCE_SECONDS = 10


def destroy(app: App, by: Any = None) -> None:
    """Mark the app as going, cancel what builds, and have it removed."""
    App.objects.filter(pk=app.pk).update(destroyed_at=timezone.now())
    for record in Journal.objects.deploys().filter(app=app, sealed_at=None):
        cancel(deploys.get(app, record.number), by)
    for one in OneOff.objects.whole().filter(journal__app=app, journal__sealed_at=None):
        oneoff.cancel(one, by)
    order("builds.tasks.remove_app", app.pk)
    bell.ring("apps", f"app.{app.pk}")


def remove(app: App) -> bool:
    """Remove everything of an app that is going; False while one of its deploys or commands still ends.

    Its row goes last: whatever breaks off before, the periodic look takes up again.
    """
    if Journal.objects.filter(app=app, sealed_at=None).exists():
        return False
    with ExitStack() as held:
        for environment in app.environments.all():  # so that nobody starts anew what is stopped here
            held.enter_context(hold(f"environment.{environment.pk}", PATIENCE_SECONDS))
        router.sync()  # whoever comes now is told that there is no such app
        _remove_containers(app)
        Release.objects.filter(environment__app=app).delete()
        for image in app.images.all():
            let_go.image(image)
            image.delete()  # before the next, which may be the very same
        for slug in app.slugs.all():
            let_go.slug(slug)
            slug.delete()
        for key in _sources(app):
            storages["sources"].delete(key)
        app.delete()
    bell.ring("apps")
    return True


def _sources(app: App) -> set[str]:
    """The keys of everything that was uploaded or fetched for an app, also of what was replaced since."""
    named = {app.archive, *app.builds.values_list("source", flat=True), *app.builds.values_list("archive", flat=True)}
    try:
        _, files = storages["sources"].listdir(str(app.pk))
    except FileNotFoundError:
        files = []
    return (named | {f"{app.pk}/{name}" for name in files}) - {""}


def _remove_containers(app: App) -> None:
    containers = engine().observe({"slipway.app": app.name})
    engine().stop([container.ref for container in containers])
    cache.clear(app)
