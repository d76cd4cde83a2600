"""What the console itself keeps: who did what, and who is invited."""

from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy

from runtimes.models import Role, Team


class AppendOnly(TypeError):
    """Somebody tried to change or remove what is kept for good."""

    def __init__(self) -> None:
        super().__init__("Activity is append-only.")


class ActivityQuerySet(models.QuerySet["Activity"]):
    """Rows can be added and read. The database refuses the rest too, by a trigger."""

    def update(self, **_: Any) -> NoReturn:
        raise AppendOnly

    def delete(self) -> NoReturn:
        raise AppendOnly

    update.alters_data = True  # type: ignore[attr-defined]
    delete.alters_data = True  # type: ignore[attr-defined]


class Activity(models.Model):
    """One act of a person or a command; `console.activity.record` writes them.

    Names and keys stand side by side and no row is pointed at: what is gone is still named here, and a
    new app that takes the name of an old one does not inherit what was done to that.
    """

    class Via(models.TextChoices):
        PAGE = "page", gettext_lazy("Page")
        COMMAND = "command", gettext_lazy("Command line")

    at = models.DateTimeField(default=timezone.now, editable=False)
    actor = models.CharField(max_length=150, help_text="The user's name, or the name in the operating system.")
    actor_key = models.BigIntegerField(null=True)
    via = models.CharField(max_length=10, choices=Via.choices)
    address = models.GenericIPAddressField(null=True, help_text="Where the request came from.")
    action = models.CharField(max_length=40, help_text="A word of `console.activity.WORDS`.")
    team = models.CharField(max_length=60, blank=True, default="")
    team_key = models.BigIntegerField(null=True)
    app = models.CharField(max_length=30, blank=True, default="")
    app_key = models.BigIntegerField(null=True)
    environment = models.CharField(max_length=30, blank=True, default="")
    target = models.CharField(max_length=200, blank=True, default="")
    facts = models.JSONField(default=dict)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["app_key", "-id"], name="activity_of_app"),
            models.Index(fields=["actor", "-id"], name="activity_by_actor"),
            models.Index(fields=["action", "-id"], name="activity_by_action"),
            models.Index(fields=["app_key", "actor", "-id"], name="activity_of_app_by_actor"),
            models.Index(fields=["app_key", "action", "-id"], name="activity_of_app_by_action"),
        ]

    def __str__(self) -> str:
        return f"{self.actor}: {self.action} {self.app} {self.target}".rstrip()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add it; there is no second time."""
        if self.pk:
            raise AppendOnly
        super().save(*args, **kwargs | {"force_insert": True})

    def delete(self, *_: Any, **__: Any) -> NoReturn:
        """Never."""
        raise AppendOnly


class Invitation(models.Model):
    """A place in a team for whoever has the link. It is there while it is open: taken up or revoked, it is gone."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=10, choices=Role.choices)
    digest = models.CharField(max_length=64, unique=True, help_text="The sha256 of the token, which is kept nowhere.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"Invitation to {self.team} as {self.role}"
