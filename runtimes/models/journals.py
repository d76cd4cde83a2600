"""What happened during one deploy: its steps, its log, and the seal that says the log is whole."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Max
from django.utils import timezone

from runtimes.states import Stateful, machine

from .apps import App, Environment


class JournalQuerySet(models.QuerySet["Journal"]):
    def open(self, environment: Environment, *, by: Any = None) -> "Journal":
        """A new journal with the app's next number. Call it inside a transaction."""
        App.objects.select_for_update().get(pk=environment.app_id)
        last = self.filter(app=environment.app).aggregate(Max("number"))["number__max"] or 0
        return self.create(app=environment.app, environment=environment, number=last + 1, created_by=by)

    def deploys(self) -> "JournalQuerySet":
        """Those of deploys: they have a number."""
        return self.filter(number__gt=0)


class Journal(models.Model):
    """One deploy as people see it: number 128 of its app, with a build, a release or both.

    One of number 0 is the log of a command that somebody ran (`OneOff`).
    """

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="journals")
    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="journals")
    number = models.PositiveIntegerField()
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    canceled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    sealed_at = models.DateTimeField(null=True, blank=True)

    objects = JournalQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["app", "number"], condition=models.Q(number__gt=0), name="one_journal_per_number"
            )
        ]
        # Those under way are asked for with every page.
        indexes = [models.Index(fields=["app"], condition=models.Q(sealed_at=None), name="open_journals")]

    def __str__(self) -> str:
        return f"{self.app.name} #{self.number}"

    def is_canceled(self) -> bool:
        """Whether a person has asked to stop, as the database knows it now."""
        return Journal.objects.filter(pk=self.pk, cancel_requested_at__isnull=False).exists()

    @property
    def topic(self) -> str:
        """What the bell rings when something was written here."""
        return f"journal.{self.pk}"


class Step(Stateful):
    """One part of a deploy. Log lines name their step by `position`."""

    TRANSITIONS = machine(
        waiting="running skipped canceled",
        running="done failed skipped canceled",
    )

    journal = models.ForeignKey(Journal, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveIntegerField()
    key = models.CharField(max_length=60, help_text="What the code calls it, as buildpack:0.")
    name = models.CharField(max_length=100)
    note = models.CharField(max_length=300, blank=True, default="")
    state = models.CharField(max_length=10, default="waiting")
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["journal", "position"]
        constraints = [
            models.UniqueConstraint(fields=["journal", "position"], name="one_step_per_position"),
            models.UniqueConstraint(fields=["journal", "key"], name="one_step_per_key"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.state}"

    @property
    def seconds(self) -> float | None:
        """How long it took, or has taken so far."""
        if self.started_at is None:
            return None
        return ((self.ended_at or timezone.now()) - self.started_at).total_seconds()


class LogChunk(models.Model):
    """Some lines of a journal's log, in order: `[milliseconds since the epoch, step position, text]`.

    `first` is the number of its first line; lines count from 1 through the whole journal.
    """

    journal = models.ForeignKey(Journal, on_delete=models.CASCADE, related_name="chunks")
    first = models.PositiveIntegerField()
    count = models.PositiveIntegerField()
    lines = models.JSONField()

    class Meta:
        ordering = ["journal", "first"]
        constraints = [models.UniqueConstraint(fields=["journal", "first"], name="one_chunk_per_first_line")]

    def __str__(self) -> str:
        return f"{self.journal_id}: {self.first}+{self.count}"
