"""Ending instances: they get their grace, their last words are kept, and then they are gone."""

from collections.abc import Collection

from runtimes import shipper
from runtimes.installation import engine
from runtimes.models import Instance


def end(refs: Collection[str], grace: int) -> None:
    """Stop these containers within `grace` seconds, store what they printed last, and remove them."""
    engine().halt(refs, grace=grace)
    shipper.drain(Instance.objects.filter(ref__in=refs).exclude(state="down").select_related("release"))
    engine().stop(refs, grace=0)
