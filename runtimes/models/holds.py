"""Who holds what at the moment; see `runtimes.holding`."""

from django.db import models
from django.utils import timezone


class Hold(models.Model):
    """A thing that one worker at a time may change, and what the last one noted there."""

    name = models.CharField(max_length=100, primary_key=True)
    held_by = models.CharField(max_length=120, blank=True, default="")
    held_until = models.DateTimeField(default=timezone.now)
    note = models.TextField(blank=True, default="")

    def __str__(self) -> str:
        return self.name
