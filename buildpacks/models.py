"""Which buildpacks exist."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy

name_validator = RegexValidator(
    r"\A[a-z0-9][a-z0-9-]{0,59}\Z",
    gettext_lazy("Use lower-case letters, digits and hyphens, and begin with a letter or digit."),
)


class Buildpack(models.Model):
    """A buildpack of the registry: bundled with Slipway, or fetched once and pinned.

    `position` is its place in automatic detection. `pin` is the commit (Git), the sha256 of the
    tarball (tarball, upload) or empty (bundled). What was fetched lies in the buildpacks storage
    under `archive` and never changes; `problem` says why it could not be fetched.
    """

    class Kind(models.TextChoices):
        BUNDLED = "bundled", gettext_lazy("Bundled")
        GIT = "git", gettext_lazy("Git")
        TARBALL = "tarball", gettext_lazy("Tarball")
        UPLOAD = "upload", gettext_lazy("Uploaded archive")

    name = models.CharField(max_length=60, unique=True, validators=[name_validator])
    kind = models.CharField(max_length=10, choices=Kind.choices)
    url = models.CharField(max_length=500, blank=True, default="")
    pin = models.CharField(max_length=64, blank=True, default="", help_text="Commit or sha256.")
    archive = models.CharField(max_length=200, blank=True, default="", help_text="Key in the buildpacks storage.")
    problem = models.CharField(max_length=500, blank=True, default="")
    enabled = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)
    environment = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_ready(self) -> bool:
        """Whether a build can use it."""
        return self.kind == self.Kind.BUNDLED or bool(self.archive)
