"""What buildpacks remember of an app between builds: one volume per app and stack."""

from runtimes.installation import engine
from runtimes.models import App


def volume(app: App) -> str:
    """The name of the volume. No two builds of an app run at once, so none ever shares it."""
    return f"cache-{app.name}-{app.stack.name}"


def clear(app: App) -> None:
    """Forget everything; the next build begins cold. Raises `EngineError` while a build uses it."""
    engine().remove_volume(volume(app))
