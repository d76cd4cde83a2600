"""Making a slug startable: unpacked once into an image layer on its stack's run image."""

from collections.abc import Iterator

import zstandard
from django.core.files.storage import storages

from runtimes.installation import engine
from runtimes.models import Slug

CHUNK_BYTES = 1024 * 1024


def restore(slug: Slug) -> str:
    """The image to start the slug's instances from; quick when it was made before."""
    return engine().restored(slug.sha256) or engine().restore(slug.sha256, slug.stack.run_image, unpack(slug.key))


def unpack(key: str) -> Iterator[bytes]:
    """A stored slug as a plain tar stream, never whole in memory."""
    with storages["slugs"].open(key) as file, zstandard.ZstdDecompressor().stream_reader(file) as reader:
        while chunk := reader.read(CHUNK_BYTES):
            yield chunk
