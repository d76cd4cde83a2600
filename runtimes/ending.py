"""Ending instances: they get their grace, their last words are kept, and then they are gone."""

from collections.abc import Collection

from runtimes import shipper
from runtimes.installation import engine
from runtimes.models import Instance


def end(refs: Collection[str], grace: int, signal: str = "SIGTERM") -> None:
    """Send `signal`, wait up to `grace` seconds, kill; store what they printed last, and remove them."""
    engine().halt(refs, grace=grace, signal=signal)
    shipper.drain(Instance.objects.filter(ref__in=refs).exclude(state="down").select_related("release"))
    engine().stop(refs, grace=0)
