"""Names of an environment's own, beside the one it has from the platform."""

from django.core.validators import RegexValidator
from django.db import models

from .apps import Environment

# At least two labels of at most 63 letters, digits and hyphens (RFC 1123); other scripts as punycode (RFC 5891).
hostname_validator = RegexValidator(
    r"\A(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?\Z",
    "Use a host name such as shop.example.org, in lower case.",
)


class Domain(models.Model):
    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="domains")
    name = models.CharField(max_length=253, unique=True, validators=[hostname_validator])
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
