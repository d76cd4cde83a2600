"""What people fill in about stacks."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from builds.stacks import add
from runtimes.models import App, Stack

_PLAIN = {"autocomplete": "off", "spellcheck": "false"}


class StackForm(forms.Form):
    """A stack of two images that others made."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=30, widget=forms.TextInput(attrs=_PLAIN | {"placeholder": "heroku-24"})
    )
    identifier = forms.CharField(
        label=gettext_lazy("$STACK"),
        max_length=30,
        help_text=gettext_lazy("What buildpacks are told."),
        widget=forms.TextInput(attrs=_PLAIN | {"placeholder": "heroku-24"}),
    )
    build_from = forms.CharField(
        label=gettext_lazy("Build image"),
        max_length=200,
        widget=forms.TextInput(attrs=_PLAIN | {"placeholder": "heroku/heroku:24-build"}),
    )
    run_from = forms.CharField(
        label=gettext_lazy("Run image"),
        max_length=200,
        widget=forms.TextInput(attrs=_PLAIN | {"placeholder": "heroku/heroku:24"}),
    )

    def carry_out(self) -> bool:
        """List it; a refusal stands at its field, and the answer is False."""
        try:
            add(**self.cleaned_data)
        except ValidationError as error:
            self.add_error(None, error)
            return False
        return True


class ChangeStackForm(forms.Form):
    """Another stack for an app."""

    stack = forms.ModelChoiceField(
        queryset=Stack.objects.all(),
        empty_label=None,
        widget=forms.Select(attrs={"aria-label": gettext_lazy("Stack")}),
    )

    def __init__(self, *args: Any, app: App, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"stack": app.stack}
