"""What the platform's admin fills in about limits."""

from django import forms
from django.utils.translation import gettext_lazy

from runtimes.models import PlatformLimits


class LimitsForm(forms.ModelForm):  # type: ignore[type-arg]
    """The numbers that hold for all apps."""

    class Meta:
        model = PlatformLimits
        fields = ("free_disk", "releases", "sources", "logs")
        labels = {
            "free_disk": gettext_lazy("Free MB a build begins with"),
            "releases": gettext_lazy("Releases to go back to, per environment"),
            "sources": gettext_lazy("Sources kept, per app"),
            "logs": gettext_lazy("Logs kept, per app"),
        }
        help_texts = {
            "free_disk": gettext_lazy("With less left on the platform's disk, a build says so and ends."),
            "releases": gettext_lazy("Their slugs and images stay, and those of whatever runs."),
            "sources": gettext_lazy("Of the latest deploys: they can be retried with the very same source."),
            "logs": gettext_lazy("Of the latest deploys."),
        }
