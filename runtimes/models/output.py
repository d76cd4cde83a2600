"""What instances print, kept for a while, also of those that are gone."""

from django.db import models

from .apps import Environment


class OutputChunk(models.Model):
    """Some lines of an environment's instances: `[milliseconds since the epoch, instance, release, text]`.

    `first` is the number of its first line; lines count from 1 through the environment's life, and
    the oldest chunks are removed.
    """

    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="output")
    first = models.PositiveBigIntegerField()
    count = models.PositiveIntegerField()
    lines = models.JSONField()

    class Meta:
        ordering = ["environment", "first"]
        constraints = [models.UniqueConstraint(fields=["environment", "first"], name="one_output_per_first_line")]

    def __str__(self) -> str:
        return f"{self.environment_id}: {self.first}+{self.count}"
