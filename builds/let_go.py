"""Images that nothing runs and nobody can go back to are let go; their rows stay in the ledger."""

import logging
from collections.abc import Iterable

from django.db.models import Q

from builds.models import Build
from runtimes.engine.base import EngineError
from runtimes.installation import engine
from runtimes.models import App, Image, Release
from runtimes.release import possible_rollbacks

log = logging.getLogger(__name__)

# Older images than so many were let go when later ones came.
LATEST = 50


def let_go(app: App) -> None:
    """Let go of an app's images that no environment of any app needs. What cannot be is tried again next time."""
    try:
        drop(set(app.images.values_list("digest", flat=True)[:LATEST]))
    except EngineError as error:
        log.warning("Images of %s could not be let go: %s", app, error)


def drop(digests: Iterable[str]) -> None:
    """Let go of those of these that nobody needs."""
    for digest in digests:
        if not _is_needed(digest):
            engine().let_go(digest)


def _is_needed(digest: str) -> bool:
    images = Image.objects.filter(digest=digest)
    if Build.objects.filter(found__in=images, journal__sealed_at=None).exists():
        return True
    releases = Release.objects.filter(image__in=images).select_related("environment")
    if releases.filter(Q(state="live") | Q(state="pending")).exists():
        return True
    environments = {release.environment for release in releases.filter(state="retired").defer("config")}
    return any(back.image and back.image.digest == digest for each in environments for back in possible_rollbacks(each))
