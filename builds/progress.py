"""What the driver tells on its channel, into steps and the build's row."""

from buildpacks import registry
from buildpacks.models import Buildpack
from builds.channel import Event
from builds.models import Build
from runtimes.journal import Writer
from runtimes.models import Step

PLACEHOLDER = "buildpacks"


class Progress:
    """Takes events; afterwards `slug` or `failure` holds the one that decided."""

    def __init__(self, build: Build, log: Writer, buildpacks: list[Buildpack]) -> None:
        self.slug: Event | None = None
        self.failure: Event | None = None
        self._build, self._log, self._buildpacks = build, log, buildpacks
        self._places: list[int] = []

    def take(self, event: Event) -> None:
        """Act on one event; an unknown one is ignored, so that drivers may say more."""
        match event["event"]:
            case "detected":
                self._detected(event["buildpacks"])
            case "buildpack":
                self._reported(event)
            case "step.begin":
                self._log.begin(event["step"])
            case "step.end":
                self._log.end(event["step"], event["state"], event.get("note") or "")
            case "failed":
                self.failure = event
            case "slug":
                self.slug = event
            case "cache":
                Build.objects.filter(pk=self._build.pk).update(cache_bytes=event["bytes"])

    def _detected(self, found: list[Event]) -> None:
        """Write down which buildpacks run, and give each a step where it was not known before."""
        self._build.buildpacks = [
            {"name": each["name"], "version": registry.version(self._buildpacks[each["index"]])} for each in found
        ]
        self._places = [each["index"] for each in found]
        self._build.save(update_fields=["buildpacks"])
        for each in found:
            self._build.journal.steps.filter(key=f"buildpack:{each['index']}").update(
                name=each.get("label") or each["name"]
            )
        placeholder = self._build.journal.steps.filter(key=PLACEHOLDER).first()
        if not placeholder:
            return
        rows = [
            Step(
                journal=self._build.journal,
                position=placeholder.position + number,
                key=f"buildpack:{each['index']}",
                name=each.get("label") or each["name"],
            )
            for number, each in enumerate(found)
        ]
        placeholder.delete()
        Step.objects.bulk_create(rows)

    def _reported(self, event: Event) -> None:
        """Keep what a buildpack reports, without the secrets that it may quote."""
        report = {key: self._log.redact(value) for key, value in event["report"].items()}
        self._build.buildpacks[self._places.index(event["index"])]["report"] = report
        self._build.save(update_fields=["buildpacks"])
