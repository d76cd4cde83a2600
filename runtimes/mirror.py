"""What the engine reports, into Instance rows."""

from collections.abc import Iterable

from django.utils import timezone

from runtimes import bell
from runtimes.engine.base import Observed
from runtimes.models import Environment, Instance, Release


def mirror(environment: Environment, observed: Iterable[Observed]) -> None:
    """Make the rows of an environment say what exists; `observed` is everything of it that does."""
    seen: set[int] = set()
    releases = {str(release.number): release for release in environment.releases.all()}
    for container in observed:
        release = releases.get(container.labels.get("slipway.release", ""))
        if release and container.index:
            seen.add(_reflect(release, container).pk)
    for gone in environment.instances.exclude(state="down").exclude(pk__in=seen):
        _end(gone)
    bell.ring(f"app.{environment.app_id}")


def _reflect(release: Release, container: Observed) -> Instance:
    place = {"release": release, "process": container.labels["slipway.process"], "index": container.index}
    rows = Instance.objects.exclude(state="down")
    for former in rows.filter(**place).exclude(ref__in=["", container.ref]):
        _end(former)  # its container is gone, and this one has taken its place
    instance, _ = rows.get_or_create(**place, defaults={"environment": release.environment})
    # It may have been started and have crashed again since the last look.
    began_again = instance.started_at != container.started_at
    Instance.objects.filter(pk=instance.pk).update(
        ref=container.ref, address=container.address, node=container.node, started_at=container.started_at
    )
    if instance.state == "crashed" and (began_again or container.state != "exited"):
        instance.move("starting")
    if container.state == "exited":
        end = {"exit_code": container.exit_code, "oom": container.oom, "ended_at": timezone.now()}
        instance.move("crashed", crashes=instance.crashes + 1, **end)
    return instance


def _end(instance: Instance) -> None:
    instance.move("stopping")
    instance.move("down", ended_at=timezone.now(), address="")
