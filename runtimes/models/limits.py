"""What the platform's admin sets for all apps."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

_AT_LEAST_ONE = [MinValueValidator(1), MaxValueValidator(100_000)]


class PlatformLimits(models.Model):
    """One row, or none: then the defaults hold. `free_disk` is in MB."""

    releases = models.PositiveIntegerField(default=10, validators=_AT_LEAST_ONE, help_text="Per environment.")
    sources = models.PositiveIntegerField(default=10, validators=_AT_LEAST_ONE, help_text="Per app.")
    logs = models.PositiveIntegerField(default=200, validators=_AT_LEAST_ONE, help_text="Per app.")
    free_disk = models.PositiveIntegerField(default=1024, validators=[MaxValueValidator(10_000_000)])

    def __str__(self) -> str:
        return "limits of the platform"

    @classmethod
    def now(cls) -> "PlatformLimits":
        """As they are set now."""
        return cls.objects.first() or cls()
