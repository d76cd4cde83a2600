"""What people run by hand in an environment: one command, or a shell."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Max
from django.utils import timezone

from runtimes.encryption import EncryptedTextField
from runtimes.states import Leased, Stateful, machine

from .apps import App, Environment
from .journals import Journal
from .releases import Release


class OneOffQuerySet(models.QuerySet["OneOff"]):
    def next_number(self, app: App) -> int:
        """The number after the app's last one. Call it inside the transaction that makes the row."""
        App.objects.select_for_update().get(pk=app.pk)
        return (self.filter(journal__app=app).aggregate(Max("number"))["number__max"] or 0) + 1

    def whole(self) -> "OneOffQuerySet":
        """With everything that a page shows of them."""
        related = self.select_related("journal__app", "journal__environment", "journal__created_by", "release")
        return related.select_related("journal__canceled_by")


class OneOff(Stateful, Leased):
    """One command in a fresh container of a release: `run.7` of its app. Its log is a journal of number 0.

    `failure` says in words why there is no exit status, or what ended the command.
    """

    TRANSITIONS = machine(waiting="running failed canceled", running="done failed canceled")

    number = models.PositiveIntegerField()
    journal = models.OneToOneField(Journal, on_delete=models.CASCADE, related_name="oneoff")
    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="oneoffs")
    command = models.TextField(help_text="As people may see it.")
    secret_command = EncryptedTextField(default="", help_text="As it is run, where that is another; until its end.")
    state = models.CharField(max_length=10, default="waiting")
    exit_code = models.IntegerField(null=True, blank=True)
    failure = models.TextField(blank=True, default="")
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = OneOffQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.journal.app.name} {self.name}"

    @property
    def name(self) -> str:
        return f"run.{self.number}"

    @property
    def by(self) -> Any:
        return self.journal.created_by

    @property
    def asked_at(self) -> datetime:
        return self.journal.created_at

    @property
    def is_canceling(self) -> bool:
        return not self.is_over and self.journal.cancel_requested_at is not None

    @property
    def seconds(self) -> float | None:
        """How long it ran; None before its end."""
        if self.started_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds()


class Shell(Stateful, Leased):
    """Somebody's terminal in an instance, or in a fresh container where `instance` is empty. What is typed is not kept.

    `viewers` counts who has looked at it: output goes to the latest. `ending` says why it ended.
    """

    TRANSITIONS = machine(waiting="open closed", open="closed")

    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="shells")
    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="shells")
    instance = models.CharField(max_length=80, blank=True, default="", help_text="As web.1.")
    ref = models.CharField(max_length=100, blank=True, default="", help_text="The engine's name for it.")
    state = models.CharField(max_length=10, default="waiting")
    viewers = models.PositiveIntegerField(default=0)
    ending = models.TextField(blank=True, default="")
    exit_code = models.IntegerField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    opened_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.environment} {self.place}"

    @property
    def place(self) -> str:
        """Where it is, as people say it."""
        return self.instance or f"shell.{self.pk}"
