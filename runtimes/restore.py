"""Making a slug startable: unpacked once into an image layer on its stack's run image."""

from collections.abc import Callable, Iterator

import zstandard
from django.core.files.storage import storages
from django.utils.translation import gettext as _

from runtimes.engine.base import Login, NotPulled
from runtimes.engine.references import parse
from runtimes.faults import PlatformFailed, ReleaseFailed
from runtimes.freeze import runs
from runtimes.installation import engine
from runtimes.models import App, Image, Process, Release, Slug

CHUNK_BYTES = 1024 * 1024


def image_of(release: Release) -> str:
    """The image to start a release's instances from; quick when it is here.

    Raises `PlatformFailed` or `EngineError` if it cannot be had, `NotPulled` among the latter.
    """
    what = runs(release)
    return restore(what) if isinstance(what, Slug) else bring_back(what)


def ready(release: Release) -> str:
    """The same for a release that is about to start: `ReleaseFailed` says what its people can mend."""
    if not release.has_shell:
        _need_no_shell(release)
    try:
        return image_of(release)
    except NotPulled as refused:
        raise ReleaseFailed(
            refused.reason,
            _("Its image is not kept here any more and cannot be fetched again. %(why)s") % {"why": refused},
        ) from refused


def _need_no_shell(release: Release) -> None:
    commands = {**release.commands, "release": release.release_command}
    for process in release.processes.filter(health=Process.Health.COMMAND):
        commands[f"the health check of {process.name}"] = process.health_command
    if named := [name for name, command in commands.items() if command]:
        raise ReleaseFailed(
            "no-shell",
            _(
                "The image has no shell (/bin/sh), and a command needs one: that of %(named)s. Leave "
                "the command empty to run the image's own entry point, or use an image with a shell."
            )
            % {"named": ", ".join(named)},
        )


def bring_back(image: Image, say: Callable[[str], object] | None = None) -> str:
    """An image that was deployed: it is kept here, or comes from its registry again, by its digest."""
    if here := engine().kept(image.digest):
        return here
    return engine().keep(image.exactly, login_for(image.app, image.reference), say=say).image


def login_for(app: App, reference: str) -> Login | None:
    """What is shown to the image's registry: the app's credentials, if they are for that one."""
    name, credentials = parse(reference), app.credentials
    return credentials.login if name and credentials and credentials.registry == name.host else None


def restore(slug: Slug) -> str:
    """The image to start the slug's instances from; quick when it was made before.

    Raises `PlatformFailed` if the slug cannot be read from the storage.
    """
    if image := engine().restored(slug.sha256):
        return image
    try:
        return engine().restore(slug.sha256, slug.stack.run_image, unpack(slug.key))
    except (OSError, zstandard.ZstdError) as error:
        raise PlatformFailed(
            _("The slug %(sha256)s cannot be read from the storage: %(why)s.")
            % {"sha256": slug.sha256[:12], "why": error}
        ) from error


def unpack(key: str) -> Iterator[bytes]:
    """A stored slug as a plain tar stream, never whole in memory."""
    with storages["slugs"].open(key) as file, zstandard.ZstdDecompressor().stream_reader(file) as reader:
        while chunk := reader.read(CHUNK_BYTES):
            yield chunk
