"""What the driver tells on its channel, into steps and the build's row."""

from collections.abc import Callable

from buildpacks import registry
from buildpacks.models import Buildpack
from builds.channel import Event
from builds.models import Build
from runtimes import bell
from runtimes.journal import Writer
from runtimes.models import Step

PLACEHOLDER = "buildpacks"
LONGEST_NAME = 100


class Progress:
    """Takes events; afterwards `slug` or `failure` holds the one that decided, `lacks` what the store had not."""

    def __init__(self, build: Build, log: Writer, buildpacks: list[Buildpack]) -> None:
        self.slug: Event | None = None
        self.failure: Event | None = None
        self.lacks: list[tuple[Buildpack, list[str]]] = []
        self._build, self._log, self._buildpacks = build, log, buildpacks
        self._places: list[int] = []
        self._deeds: dict[str, Callable[[Event], object]] = {
            "detected": self._detected,
            "label": self._labelled,
            "buildpack": self._reported,
            "step.begin": lambda event: log.begin(event["step"]),
            "step.end": lambda event: log.end(event["step"], event["state"], event.get("note") or ""),
            "failed": self._failed,
            "slug": self._packed,
            "cache": self._measured,
        }

    def take(self, event: Event) -> None:
        """Act on one event; an unknown one is ignored, so that drivers may say more."""
        if deed := self._deeds.get(event["event"]):
            deed(event)

    def _detected(self, event: Event) -> None:
        """Write down which buildpacks run, and give each a step where it was not known before."""
        found = event["buildpacks"]
        self._build.buildpacks = [
            {"name": each["name"], "version": registry.version(self._buildpacks[each["index"]])} for each in found
        ]
        self._places = [each["index"] for each in found]
        self._build.save(update_fields=["buildpacks"])
        for each in found:
            self._name(each)
        placeholder = self._build.journal.steps.filter(key=PLACEHOLDER).first()
        if not placeholder:
            return
        rows = [
            Step(
                journal=self._build.journal,
                position=placeholder.position + number,
                key=f"buildpack:{each['index']}",
                name=self._called(each),
            )
            for number, each in enumerate(found)
        ]
        placeholder.delete()
        Step.objects.bulk_create(rows)

    def _name(self, found: Event) -> None:
        """Call a buildpack's step what the buildpack calls itself; one of a list is asked when its turn comes."""
        self._build.journal.steps.filter(key=f"buildpack:{found['index']}").update(name=self._called(found))

    def _called(self, found: Event) -> str:
        return self._log.redact(found["label"])[:LONGEST_NAME]

    def _labelled(self, event: Event) -> None:
        self._name(event)
        bell.ring(self._build.journal.topic)

    def _reported(self, event: Event) -> None:
        """Keep what a buildpack reports, without the secrets that it may quote."""
        report = {key: self._log.redact(value) for key, value in event["report"].items()}
        if lacked := report.pop("store_lacks", "").split():
            self.lacks.append((self._buildpacks[event["index"]], lacked))
        self._build.buildpacks[self._places.index(event["index"])]["report"] = report
        self._build.save(update_fields=["buildpacks"])

    def _measured(self, event: Event) -> None:
        Build.objects.filter(pk=self._build.pk).update(cache_bytes=event["bytes"])

    def _failed(self, event: Event) -> None:
        self.failure = event

    def _packed(self, event: Event) -> None:
        self.slug = event
