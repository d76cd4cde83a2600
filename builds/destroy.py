"""Destroying an app: asked for by people, carried out by the controller, which may speak to the engine."""

from typing import Any

from django.core.files.storage import storages
from django.utils import timezone

from builds import cache
from builds.cancel import cancel
from builds.deploys import running_and_waiting
from builds.models import Build
from runtimes import bell, router
from runtimes.installation import engine
from runtimes.models import App, Release, Slug
from runtimes.orders import order


def destroy(app: App, by: Any = None) -> None:
    """Mark the app as going, cancel what builds, and have it removed."""
    App.objects.filter(pk=app.pk).update(destroyed_at=timezone.now())
    for deploy in running_and_waiting([app]):
        cancel(deploy, by)
    order("builds.tasks.remove_app", app.pk)
    bell.ring("apps", f"app.{app.pk}")


def remove(app: App) -> bool:
    """Remove everything of an app that is going; False while one of its builds still ends."""
    if Build.objects.filter(app=app, state="running").exists():
        return False
    containers = engine().observe({"slipway.app": app.name})
    engine().stop([container.ref for container in containers])
    cache.clear(app)
    slugs = list(app.slugs.all())
    sources = [app.archive, *app.builds.values_list("source", flat=True), *app.builds.values_list("archive", flat=True)]
    Release.objects.filter(environment__app=app).delete()
    app.delete()
    router.sync()
    for key in filter(None, sources):
        storages["sources"].delete(key)
    for slug in slugs:
        forget(slug)
    bell.ring("apps")
    return True


def forget(slug: Slug) -> None:
    """Remove a slug's archive and image unless another slug is the very same."""
    if not Slug.objects.filter(sha256=slug.sha256).exclude(pk=slug.pk).exists():
        engine().forget(slug.sha256)
        storages["slugs"].delete(slug.key)
