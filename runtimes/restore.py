"""Making a slug startable: unpacked once into an image layer on its stack's run image."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import zstandard
from django.core.files.storage import storages

from runtimes.faults import PlatformFailed
from runtimes.freeze import runs
from runtimes.installation import engine
from runtimes.models import Image, Release, Slug

CHUNK_BYTES = 1024 * 1024


def image_of(release: Release) -> str:
    """The image to start a release's instances from; quick when it is here.

    Raises `PlatformFailed` or `EngineError` if it cannot be had, `NotPulled` among the latter.
    """
    what = runs(release)
    return restore(what) if isinstance(what, Slug) else bring_back(what)


def bring_back(image: Image) -> str:
    """An image that was deployed: it is kept here, or comes from its registry again, by its digest."""
    return engine().kept(image.digest) or engine().keep(image.exactly).image


def restore(slug: Slug) -> str:
    """The image to start the slug's instances from; quick when it was made before.

    Raises `PlatformFailed` if the slug cannot be read from the storage.
    """
    if image := engine().restored(slug.sha256):
        return image
    try:
        return engine().restore(slug.sha256, slug.stack.run_image, unpack(slug.key))
    except (OSError, zstandard.ZstdError) as error:
        raise PlatformFailed(f"The slug {slug.sha256[:12]} cannot be read from the storage: {error}.") from error


@contextmanager
def ahead(slug: Slug) -> Iterator[None]:
    """Restore a slug while something else is waited for, which happens inside.

    Whoever needs the image afterwards finds it; or tries once more, and sees the fault where it belongs.
    """
    with ThreadPoolExecutor(1) as pool:
        pool.submit(restore, slug)
        yield


def unpack(key: str) -> Iterator[bytes]:
    """A stored slug as a plain tar stream, never whole in memory."""
    with storages["slugs"].open(key) as file, zstandard.ZstdDecompressor().stream_reader(file) as reader:
        while chunk := reader.read(CHUNK_BYTES):
            yield chunk
