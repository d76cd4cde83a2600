"""What people fill in about buildpacks of the registry."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from buildpacks.models import Buildpack, name_validator
from builds.register import register

Kind = Buildpack.Kind


class BuildpackForm(forms.Form):
    """A buildpack to fetch once, pin and keep."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        validators=[name_validator],
        widget=forms.TextInput(attrs={"placeholder": "ruby", "autocomplete": "off", "spellcheck": "false"}),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("From"), choices=[choice for choice in Kind.choices if choice[0] != Kind.BUNDLED]
    )
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("Of the Git repository or of the archive; https."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    pin = forms.CharField(
        label=gettext_lazy("Pin"),
        max_length=64,
        required=False,
        help_text=gettext_lazy("The full commit of a Git repository, or the sha256 of an archive."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "mono"}),
    )
    archive = forms.FileField(label=gettext_lazy("Archive"), required=False)

    def carry_out(self) -> bool:
        """Register it; a refusal stands at its field, and the answer is False."""
        facts: dict[str, Any] = self.cleaned_data.copy()
        try:
            register(facts.pop("name"), facts.pop("kind"), **facts)
        except ValidationError as error:
            self.add_error(None, error)
            return False
        return True
