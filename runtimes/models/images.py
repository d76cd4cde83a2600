"""A ready image, as it was found when it was deployed."""

from django.db import models

from .apps import App


class Image(models.Model):
    """What an app runs instead of a slug: what was asked for, and what that was at the time.

    `digest` is that of its registry, or the image's own id where it came from none. `size` is in bytes, `port` the
    one TCP port it says it listens on.
    """

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="images")
    reference = models.CharField(max_length=500, help_text="As asked for, with a tag, a digest or neither.")
    digest = models.CharField(max_length=80)
    platform = models.CharField(max_length=30, help_text="Operating system and architecture, as linux/amd64.")
    size = models.BigIntegerField()
    port = models.PositiveIntegerField(null=True, blank=True)
    has_shell = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True, help_text="Cleaned up; the row stays in the ledger.")

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.reference} {self.short}"

    @property
    def short(self) -> str:
        """The digest's first digits, as people write it."""
        return self.digest.removeprefix("sha256:")[:12]

    @property
    def exactly(self) -> str:
        """Its name by digest, which never means another one."""
        repository = self.reference.partition("@")[0]
        host, slash, rest = repository.rpartition("/")
        return f"{host}{slash}{rest.partition(':')[0]}@{self.digest}"
