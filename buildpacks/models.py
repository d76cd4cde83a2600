"""Which buildpacks exist."""

from django.db import models


class Buildpack(models.Model):
    """A buildpack of the registry: bundled with Slipway, or fetched once and pinned.

    `position` is its place in automatic detection. `checksum` is the sha256 of its stored archive.
    """

    class Kind(models.TextChoices):
        BUNDLED = "bundled", "Bundled"
        GIT = "git", "Git"
        TARBALL = "tarball", "Tarball"
        UPLOAD = "upload", "Uploaded archive"

    name = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    url = models.CharField(max_length=500, blank=True, default="")
    pin = models.CharField(max_length=64, blank=True, default="", help_text="Commit or sha256.")
    archive = models.CharField(max_length=200, blank=True, default="", help_text="Key in the buildpacks storage.")
    checksum = models.CharField(max_length=64, blank=True, default="")
    enabled = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)
    environment = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name
