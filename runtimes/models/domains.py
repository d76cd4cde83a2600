"""Names of an environment's own, beside the one it has from the platform."""

import idna
from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy

from .apps import Environment

# At least two labels of at most 63 letters, digits and hyphens (RFC 1123); other scripts as punycode (RFC 5891).
hostname_validator = RegexValidator(
    r"\A(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?\Z",
    gettext_lazy("Use a host name such as shop.example.org, in lower case."),
)


class Domain(models.Model):
    """A name with what the last look at it found: where it leads, and until when its certificate is good."""

    class Reach(models.TextChoices):
        UNKNOWN = "unknown", gettext_lazy("Not looked up yet")
        NOWHERE = "nowhere", gettext_lazy("No address in the DNS")
        ELSEWHERE = "elsewhere", gettext_lazy("Leads elsewhere")
        HERE = "here", gettext_lazy("Leads here")

    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="domains")
    name = models.CharField(max_length=253, unique=True, validators=[hostname_validator])
    reach = models.CharField(max_length=10, choices=Reach.choices, default=Reach.UNKNOWN)
    addresses = models.CharField(max_length=200, blank=True, default="", help_text="What the DNS says.")
    looked_at = models.DateTimeField(null=True, blank=True)
    certificate_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def url(self) -> str:
        """Where browsers find it, by HTTPS if it has a certificate."""
        scheme, port = ("https", settings.HTTPS_PORT) if self.certificate_until else ("http", settings.APPS_PORT)
        return f"{scheme}://{self.name}" + ("" if port in (80, 443) else f":{port}")

    @property
    def readable(self) -> str:
        """The name in its own script, where it has one."""
        try:
            return idna.decode(self.name)
        except idna.IDNAError:
            return self.name
