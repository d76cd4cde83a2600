"""One try to turn a source into a slug, and the app's list of buildpacks."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from buildpacks.models import Buildpack
from runtimes.models import App, Image, Journal, Slug
from runtimes.states import Leased, Stateful, machine


class AppBuildpack(models.Model):
    """A place in an app's ordered list; an app without a list finds its buildpacks by detection."""

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="app_buildpacks")
    buildpack = models.ForeignKey(Buildpack, on_delete=models.PROTECT, related_name="app_buildpacks")
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["app", "position"]
        constraints = [models.UniqueConstraint(fields=["app", "position"], name="one_buildpack_per_position")]

    def __str__(self) -> str:
        return f"{self.app} {self.position}. {self.buildpack}"


class Build(Stateful, Leased):
    """One try: what was asked for, what it was made from, what came out.

    Of a ready image nothing is built: `image` is what was asked for, and `found` what it was.
    """

    TRANSITIONS = machine(queued="running canceled superseded", running="succeeded failed canceled")

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="builds")
    journal = models.OneToOneField(Journal, on_delete=models.CASCADE, related_name="build")
    state = models.CharField(max_length=10, default="queued")
    ref = models.CharField(max_length=200, blank=True, default="", help_text="As asked for: branch, tag or commit.")
    archive = models.CharField(max_length=200, blank=True, default="", help_text="Uploaded for this build alone.")
    source = models.CharField(max_length=200, blank=True, default="", help_text="Key of what was fetched.")
    commit = models.CharField(max_length=64, blank=True, default="")
    author = models.CharField(max_length=200, blank=True, default="")
    message = models.CharField(max_length=200, blank=True, default="")
    listed = models.JSONField(default=list, help_text="The app's list when this was asked for; empty: by detection.")
    buildpacks = models.JSONField(default=list, help_text="Names, versions and reports of those that ran, in order.")
    clear_cache = models.BooleanField(default=False)
    cache_bytes = models.BigIntegerField(null=True, blank=True, help_text="What the cache took on disk at the end.")
    image = models.CharField(max_length=500, blank=True, default="")
    found = models.ForeignKey(Image, null=True, blank=True, on_delete=models.SET_NULL, related_name="builds")
    slug = models.ForeignKey(Slug, null=True, blank=True, on_delete=models.SET_NULL, related_name="builds")
    failure_reason = models.CharField(max_length=60, blank=True, default="", help_text="For machines.")
    failure_detail = models.CharField(max_length=60, blank=True, default="", help_text="A buildpack's own reason.")
    failure = models.TextField(blank=True, default="", help_text="For people.")
    exit_code = models.IntegerField(null=True, blank=True)
    queued_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["app"], condition=Q(state="running"), name="one_running_build_per_app"),
        ]

    def __str__(self) -> str:
        return f"Build of {self.journal}"


class Detection(Stateful):
    """A preview: which buildpacks recognise an app's source as it is now. The latest of an app is kept."""

    TRANSITIONS = machine(running="done failed")

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="detections")
    state = models.CharField(max_length=10, default="running")
    found = models.JSONField(default=list, help_text="Names and labels of those that apply, in order.")
    output = models.TextField(blank=True, default="", help_text="What was said on the way.")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"Detection of {self.app}"


class Hint(models.Model):
    """What to do about a failed deploy in whose log, or among whose facts, a line has this pattern (`builds.hints`)."""

    pattern = models.CharField(max_length=200, unique=True)
    text = models.CharField(max_length=500)
    position = models.PositiveIntegerField(default=0, help_text="Those further up win.")
    enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.pattern


class Finding(models.Model):
    """What the platform found out about one of its own parts, and when: a worker, the engine, the disk."""

    name = models.CharField(max_length=60, primary_key=True)
    is_well = models.BooleanField(default=True)
    text = models.CharField(max_length=300, blank=True, default="")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_new(self) -> bool:
        """Whether nobody has ever written it down."""
        return self._state.adding
