"""Removing a slug's archive or a ready image for good; nobody looks here whether somebody needs it still."""

from django.core.files.storage import storages

from runtimes.holding import hold
from runtimes.installation import engine
from runtimes.models import Image, Slug

# Held by who removes an archive, or makes a slug of one that is there.
SLUGS = "slugs"


def slug(gone: Slug) -> None:
    """Remove its archive and its image, unless another slug is the very same."""
    with hold(SLUGS):  # a build that has made the very same says so before or after
        if not Slug.objects.filter(sha256=gone.sha256, removed_at=None).exclude(pk=gone.pk).exists():
            engine().forget(gone.sha256)
            storages["slugs"].delete(gone.key)


def image(gone: Image) -> None:
    """Let the engine forget it, unless what another deploy found is the very same."""
    if not Image.objects.filter(digest=gone.digest, removed_at=None).exclude(pk=gone.pk).exists():
        engine().let_go(gone.digest)
