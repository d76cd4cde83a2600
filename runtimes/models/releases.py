"""Numbered versions of what an environment runs; nothing edits an old one."""

from django.conf import settings
from django.db import models
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from runtimes.encryption import EncryptedJSONField
from runtimes.states import Leased, Stateful, machine

from .apps import App, Environment
from .images import Image
from .journals import Journal
from .processes import Process
from .slugs import Slug

# Where web is asked unless it says another port; it is told by $PORT.
PORT = 5000


class ReleaseQuerySet(models.QuerySet["Release"]):
    def next_number(self, environment: Environment) -> int:
        """The number after the last one. Call it inside the transaction that makes the release."""
        App.objects.select_for_update().get(pk=environment.app_id)
        return (self.filter(environment=environment).aggregate(Max("number"))["number__max"] or 0) + 1


class Release(Stateful, Leased):
    """A slug or an image with the config and the commands it runs with, all frozen.

    `port` is the one at which web is asked. An empty command is the image's own entry point.
    """

    class Kind(models.TextChoices):
        DEPLOY = "deploy", gettext_lazy("Deploy")
        CONFIG = "config", gettext_lazy("Config change")
        PROMOTION = "promotion", gettext_lazy("Promotion")
        ROLLBACK = "rollback", gettext_lazy("Rollback")

    TRANSITIONS = machine(pending="live failed canceled", live="retired")

    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="releases")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.DEPLOY)
    origin = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The release that was promoted or rolled back to.",
    )
    description = models.CharField(max_length=200, blank=True, default="")
    slug = models.ForeignKey(Slug, null=True, blank=True, on_delete=models.PROTECT, related_name="releases")
    image = models.ForeignKey(Image, null=True, blank=True, on_delete=models.PROTECT, related_name="releases")
    config = EncryptedJSONField(default=dict)
    commands = models.JSONField(default=dict, help_text="Command per process type.")
    port = models.PositiveIntegerField(default=PORT)
    release_command = models.TextField(blank=True, default="")
    journal = models.ForeignKey(Journal, on_delete=models.CASCADE, related_name="releases")
    state = models.CharField(max_length=10, default="pending")
    failure = models.TextField(blank=True, default="", help_text="What the page says when it failed.")
    failure_reason = models.CharField(max_length=60, blank=True, default="", help_text="For machines.")
    exit_code = models.IntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    live_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["environment", "number"], name="one_release_per_number"),
            models.UniqueConstraint(fields=["environment"], condition=Q(state="pending"), name="one_pending_release"),
            models.UniqueConstraint(fields=["environment"], condition=Q(state="live"), name="one_live_release"),
            models.CheckConstraint(
                condition=Q(slug=None, image__isnull=False) | Q(slug__isnull=False, image=None),
                name="either_slug_or_image",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.environment} {self.version}"

    @property
    def version(self) -> str:
        return f"v{self.number}"

    @property
    def processes(self) -> "models.QuerySet[Process]":
        """The process types it has, as they are set now, and whether their environment is stopped now."""
        here = Process.objects.filter(environment=self.environment_id, name__in=self.commands)
        return here.select_related("environment")

    @property
    def seconds(self) -> float | None:
        """From when it was made until it served or was given up; None while it is on its way."""
        until = self.live_at or self.ended_at
        return (until - self.created_at).total_seconds() if until else None

    @property
    def commit(self) -> str:
        """What its slug was built from; empty for an image, and where the source was no repository."""
        return self.slug.commit if self.slug else ""

    @property
    def has_shell(self) -> bool:
        """Whether it can run a command: an image of others may have no /bin/sh."""
        return self.image is None or self.image.has_shell

    @property
    def size(self) -> int:
        """Of its slug or image, in bytes."""
        made_of = self.slug or self.image
        return made_of.size if made_of else 0
