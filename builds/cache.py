"""What buildpacks remember of an app between builds: one volume per app and stack."""

from runtimes.installation import engine
from runtimes.models import App, Stack


def volume(app: App, stack: Stack | None = None) -> str:
    """The name of the volume. No two builds of an app run at once, so none ever shares it.

    The dot, which no app's name has, keeps apps apart whatever their stacks are called.
    """
    return f"cache-{app.name}.{(stack or app.stack).name}"


def clear(app: App) -> None:
    """Forget everything; the next build begins cold. Raises `EngineError` while a build uses it."""
    for stack in Stack.objects.all():  # the app's stack may have been another one before
        engine().remove_volume(volume(app, stack))
