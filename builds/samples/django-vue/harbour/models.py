"""One table, so that there is something to migrate and to read."""

from django.db import models


class Greeting(models.Model):
    """A sentence for whoever opens the page; the first one is written by a migration."""

    text = models.CharField(max_length=200)
    written_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.text
