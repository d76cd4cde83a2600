"""The immutable result of a build."""

from django.db import models

from .apps import App, Stack


class Slug(models.Model):
    """An archive of /app addressed by its sha256; `size` and `unpacked` are bytes."""

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="slugs")
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    unpacked = models.BigIntegerField()
    stack = models.ForeignKey(Stack, on_delete=models.PROTECT, related_name="+")
    platform = models.CharField(max_length=30, help_text="Operating system and architecture, as linux/amd64.")
    process_types = models.JSONField(default=dict)
    release_command = models.TextField(blank=True, default="")
    commit = models.CharField(max_length=64, blank=True, default="")
    message = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True, help_text="Cleaned up; the row stays in the ledger.")

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.app.name} {self.sha256[:12]}"

    @property
    def short(self) -> str:
        """The first digits of its sha256, as people write it."""
        return self.sha256[:12]

    @property
    def key(self) -> str:
        """Where it lies in the slugs storage."""
        return f"{self.sha256[:2]}/{self.sha256}.tar.zst"
