"""What people fill in about a process type."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from runtimes.models import App, Environment, Process
from runtimes.process_types import add
from runtimes.tune import TUNABLE


class ProcessForm(forms.ModelForm):  # type: ignore[type-arg]
    """How its instances run, how one tells that they are well, and how they are ended."""

    class Meta:
        model = Process
        fields = TUNABLE
        labels = {
            "command": gettext_lazy("Command"),
            "port": gettext_lazy("Port"),
            "memory": gettext_lazy("Memory in MB"),
            "cpus": gettext_lazy("CPUs"),
            "health": gettext_lazy("An instance is well when"),
            "health_path": gettext_lazy("Path"),
            "health_statuses": gettext_lazy("Expected status"),
            "health_command": gettext_lazy("Health command"),
            "start_period": gettext_lazy("Seconds to come up"),
            "interval": gettext_lazy("Seconds between two checks"),
            "timeout": gettext_lazy("Seconds to answer"),
            "failures": gettext_lazy("Failures in a row until it is restarted"),
            "grace": gettext_lazy("Seconds to end"),
            "stop_signal": gettext_lazy("Signal to end"),
        }
        help_texts = {
            "command": gettext_lazy("In place of the Procfile's, from the next release on. Empty: the Procfile's."),
            "port": gettext_lazy(
                "Where it listens, from the next release on; $PORT says the same. Empty: what its image names, or 5000."
            ),
            "memory": gettext_lazy("For instances that start from now on."),
            "cpus": gettext_lazy("A part of one, or more than one. For instances that start from now on."),
            "health": gettext_lazy("A process type without a port, of which no command is run, is well while it runs."),
            "health_path": gettext_lazy("Such as /health. A redirect is not followed: its own status counts."),
            "health_statuses": gettext_lazy("Statuses and ranges of them, such as 200-399 or 200,204."),
            "health_command": gettext_lazy("Runs in the instance; exit status 0 is well."),
            "grace": gettext_lazy("Between the signal and the end by force."),
        }
        widgets = {
            "command": forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
            "health_path": forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
            "health_command": forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stop_signal"].widget.choices = [(name, name) for name in Process.Signal.values]
        if not self.instance.is_web:
            del self.fields["port"]
        if self.instance.environment.app.source == App.Source.IMAGE:
            self.fields["command"].help_text = _(
                "Runs in the image's shell, from the next release on. Empty: the image's own entry point."
            )

    @property
    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The fields under what they are about."""
        return [(title, [self[name] for name in names if name in self.fields]) for title, names in _GROUPS]


# Every field of `TUNABLE`, in the order in which people read them.
_GROUPS = (
    (gettext_lazy("How it runs"), ("command", "port", "memory", "cpus")),
    (
        gettext_lazy("When it is well"),
        (
            *("health", "health_path", "health_statuses", "health_command"),
            *("start_period", "interval", "timeout", "failures"),
        ),
    ),
    (gettext_lazy("How it ends"), ("grace", "stop_signal")),
)


class ProcessTypeForm(forms.Form):
    """One more process type of a ready image."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=63,
        widget=forms.TextInput(attrs={"placeholder": "worker", "autocomplete": "off", "spellcheck": "false"}),
    )
    command = forms.CharField(
        label=gettext_lazy("Command"),
        required=False,
        help_text=gettext_lazy("Empty: the image's own entry point."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def carry_out(self, environment: Environment) -> bool:
        """Add it; a refusal stands at its field, and the answer is False."""
        try:
            add(environment, **self.cleaned_data)
        except ValidationError as error:
            self.add_error(None, error)
            return False
        return True
