"""What buildpacks remember of an app between builds: one volume per app and stack."""

from builds.models import Build
from runtimes import bell
from runtimes.installation import engine
from runtimes.models import App, Stack


def volume(app: App, stack: Stack | None = None) -> str:
    """The name of the volume. No two builds of an app run at once, so none ever shares it.

    The dot, which no app's name has, keeps apps apart whatever their stacks are called.
    """
    return _named(app, (stack or app.stack).name)


def forget(stack: str) -> None:
    """Remove what builds with a stack left that is gone; nobody would ask for it any more."""
    for app in App.objects.all():
        engine().remove_volume(_named(app, stack))


def _named(app: App, stack: str) -> str:
    return f"cache-{app.name}.{stack}"


def clear(app: App) -> None:
    """Forget everything; the next build begins cold. Raises `EngineError` while a build uses it."""
    for stack in Stack.objects.all():  # the app's stack may have been another one before
        engine().remove_volume(volume(app, stack))
    Build.objects.filter(app=app).update(cache_bytes=None)
    bell.ring(f"app.{app.pk}")


def size(app: App) -> int | None:
    """What the last build left in it, in bytes; None if nothing is known."""
    return Build.objects.filter(app=app).exclude(cache_bytes=None).values_list("cache_bytes", flat=True).first()
