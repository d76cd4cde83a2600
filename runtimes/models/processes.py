"""What should run of one process type in one environment."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .apps import Environment

# In seconds. An environment is held while its instances end, and a hold lasts 120 (`runtimes.holding`).
MOST_GRACE = 90

STATUSES = re.compile(r"\A[1-5]\d\d(-[1-5]\d\d)?(,[1-5]\d\d(-[1-5]\d\d)?)*\Z", re.ASCII)


def check_statuses(value: str) -> None:
    """Refuse what is no list of HTTP statuses and ranges of them."""
    if not STATUSES.match(value):
        raise ValidationError(_("Write statuses and ranges of them, such as 200-399 or 200,204."))


def check_path(value: str) -> None:
    """Refuse what cannot stand in the first line of a request (RFC 9112, section 3.2.1)."""
    if not re.match(r"\A/[!-~]*\Z", value):
        raise ValidationError(_("Begin with a slash and use no spaces, such as /health."))


class Process(models.Model):
    """Desired state: how many instances, with what, and how one tells that they are well.

    `memory` is in MB, `cpus` in CPUs, `grace` and all times of the health check in seconds. A `command`
    takes the place of the Procfile's, or of the image's own entry point, and a `port` that of the usual one, from the
    next release on.
    """

    class Health(models.TextChoices):
        TCP = "tcp", gettext_lazy("Its port answers")
        HTTP = "http", gettext_lazy("A path answers")
        COMMAND = "command", gettext_lazy("A command succeeds")

    class Signal(models.TextChoices):
        TERM = "SIGTERM"
        INT = "SIGINT"
        QUIT = "SIGQUIT"
        HUP = "SIGHUP"
        USR1 = "SIGUSR1"
        USR2 = "SIGUSR2"
        WINCH = "SIGWINCH"

    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="processes")
    name = models.CharField(max_length=63)
    quantity = models.PositiveIntegerField(default=0)
    memory = models.PositiveIntegerField(default=512, validators=[MinValueValidator(32)])
    cpus = models.FloatField(default=1.0, validators=[MinValueValidator(0.05)])
    command = models.TextField(blank=True, default="", help_text="Empty: what the Procfile says.")
    port = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    health = models.CharField(max_length=10, choices=Health.choices, default=Health.TCP)
    health_path = models.CharField(max_length=200, blank=True, default="", validators=[check_path])
    health_statuses = models.CharField(max_length=100, default="200-399", validators=[check_statuses])
    health_command = models.TextField(blank=True, default="", help_text="Runs in the container; 0 is well.")
    start_period = models.PositiveIntegerField(default=60, validators=[MaxValueValidator(3600)])
    interval = models.PositiveIntegerField(default=10, validators=[MinValueValidator(5), MaxValueValidator(3600)])
    timeout = models.PositiveIntegerField(default=5, validators=[MinValueValidator(1), MaxValueValidator(60)])
    failures = models.PositiveIntegerField(default=3, validators=[MinValueValidator(1), MaxValueValidator(100)])
    surge_until = models.DateTimeField(null=True, blank=True, help_text="One instance more until then.")
    grace = models.PositiveIntegerField(default=30, validators=[MinValueValidator(1), MaxValueValidator(MOST_GRACE)])
    stop_signal = models.CharField(max_length=10, choices=Signal.choices, default=Signal.TERM)

    class Meta:
        ordering = ["environment", "name"]
        constraints = [models.UniqueConstraint(fields=["environment", "name"], name="one_process_per_name")]

    def __str__(self) -> str:
        return f"{self.environment} {self.name}={self.quantity}"

    def clean(self) -> None:
        """Refuse a health check that lacks what it asks, or that asks a port where there is none."""
        if self.health == self.Health.HTTP and not self.is_web:
            raise ValidationError({"health": _("Only web has a port. Choose another check.")})
        if self.health == self.Health.HTTP and not self.health_path:
            raise ValidationError({"health_path": _("Say which path is asked for, such as /health.")})
        if self.health == self.Health.COMMAND and not self.health_command.strip():
            raise ValidationError({"health_command": _("Say which command tells that an instance is well.")})

    @property
    def wanted(self) -> int:
        """How many instances shall exist now: none of a stopped environment, one more while it restarts."""
        if self.environment.stopped:
            return 0
        return self.quantity + (1 if self.is_restarting and self.quantity else 0)

    @property
    def is_restarting(self) -> bool:
        """Whether its instances are being restarted, one after the other, with one more standing in."""
        return self.surge_until is not None and self.surge_until > timezone.now()

    @property
    def is_web(self) -> bool:
        """Whether the router sends requests to it."""
        return self.name == "web"
