"""What people fill in about buildpacks of the registry."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from buildpacks.models import Buildpack, name_validator
from builds.register import register, set_environment
from console.dotenv import Unreadable, parse, write
from console.faults import told
from runtimes.faults import PlatformFailed

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
        except PlatformFailed as fault:
            self.add_error("archive", told(fault))
        return not self.errors


class EnvironmentForm(forms.Form):
    """What a buildpack's scripts find in their environment, as lines of `KEY=VALUE`."""

    lines = forms.CharField(
        label=gettext_lazy("Variables"),
        required=False,
        max_length=16 * 1024,
        help_text=gettext_lazy(
            "One KEY=VALUE per line: the address of a mirror, say. Builds may print them; keep secrets out."
        ),
        widget=forms.Textarea(attrs={"rows": 4, "class": "mono", "autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, buildpack: Buildpack, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.buildpack = buildpack
        self.initial = {"lines": write(buildpack.environment)}

    def clean_lines(self) -> dict[str, str]:
        """The entries."""
        try:
            return parse(self.cleaned_data["lines"].replace("\r\n", "\n"))
        except Unreadable as error:
            raise ValidationError(_("Line %(line)d is not KEY=VALUE.") % {"line": error.line}) from None

    def carry_out(self) -> bool:
        """Save them; a refusal stands at the field, and the answer is False."""
        try:
            set_environment(self.buildpack, self.cleaned_data["lines"])
        except ValidationError as error:
            self.add_error("lines", error)
            return False
        return True
