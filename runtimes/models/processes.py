"""What should run of one process type in one environment."""

from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone

from .apps import Environment


class Process(models.Model):
    """Desired state: how many instances, with what, and how one tells that they are well.

    `memory` is in MB, `cpus` in CPUs, `grace` and `start_period` in seconds.
    """

    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="processes")
    name = models.CharField(max_length=63)
    quantity = models.PositiveIntegerField(default=0)
    memory = models.PositiveIntegerField(default=512, validators=[MinValueValidator(32)])
    cpus = models.FloatField(default=1.0, validators=[MinValueValidator(0.05)])
    health_path = models.CharField(max_length=200, blank=True, default="", help_text="Empty: a TCP connect is enough.")
    start_period = models.PositiveIntegerField(default=60)
    surge_until = models.DateTimeField(null=True, blank=True, help_text="One instance more until then.")
    grace = models.PositiveIntegerField(default=30)

    class Meta:
        ordering = ["environment", "name"]
        constraints = [models.UniqueConstraint(fields=["environment", "name"], name="one_process_per_name")]

    def __str__(self) -> str:
        return f"{self.environment} {self.name}={self.quantity}"

    @property
    def wanted(self) -> int:
        """How many instances shall exist now: none of a stopped environment, one more while it restarts."""
        if self.environment.stopped:
            return 0
        restarting = self.surge_until is not None and self.surge_until > timezone.now()
        return self.quantity + (1 if restarting and self.quantity else 0)

    @property
    def is_web(self) -> bool:
        """Whether the router sends requests to it."""
        return self.name == "web"
