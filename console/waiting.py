"""What a deploy that waits is waiting for: its turn among those of its app, or a free builder."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from builds.deploys import Deploy, Going, going
from builds.models import Build
from runtimes.models import Journal


@dataclass(frozen=True)
class Waiting:
    """`first` is the deploy of the same app that goes first; without one it is a builder that lacks."""

    first: Going | None
    busy: int

    @property
    def builders(self) -> int:
        """How many there are."""
        return int(settings.BUILDERS)

    @property
    def is_for_builder(self) -> bool:
        """Whether all builders are at work; otherwise one is just about to take it up."""
        return self.first is None and self.busy >= self.builders


def waiting(deploy: Deploy) -> Waiting | None:
    """What this one waits for; None if it does not wait."""
    if deploy.state != "queued":
        return None
    return among(deploy, going([deploy.app]), busy())


def among(deploy: Deploy, under_way: Sequence[Going], busy: int) -> Waiting:
    """What a queued deploy waits for, told from all that is under way of its app and the number of busy builders."""
    of_its_app = (each for each in under_way if each.app == deploy.app.pk and each.number < deploy.number)
    return Waiting(next((each for each in of_its_app if each.state in ("building", "pulling")), None), busy)


def busy() -> int:
    """How many builders are at work: each sees its deploy through to the end."""
    # Few journals are open, however many builds there were; ready images need no builder.
    of_open = Build.objects.filter(journal__in=Journal.objects.filter(sealed_at=None), image="")
    return of_open.filter(state__in=("running", "succeeded")).count()
