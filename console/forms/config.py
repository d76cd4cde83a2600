"""What people fill in about config vars."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.dotenv import Unreadable, parse
from console.forms.fields import SecretField
from runtimes.models import App, Environment
from runtimes.models.config import key_validator

MOST_BYTES = 256 * 1024


class EnvironmentField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A choice of the app's environments, by their names alone."""

    def label_from_instance(self, obj: Any) -> str:
        """The name without the app's."""
        return str(obj.name)


class _ScopeForm(forms.Form):
    """For which environments, and whether to release the change at once."""

    environment = EnvironmentField(
        label=gettext_lazy("For"),
        queryset=Environment.objects.none(),
        required=False,
        to_field_name="name",
        empty_label=gettext_lazy("all environments, and builds"),
    )
    release = forms.BooleanField(label=gettext_lazy("Release the change now"), required=False)

    def __init__(self, *args: Any, app: App, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["environment"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - tells mypy which field it is
        field.queryset = app.environments.all()
        field.choices = [("", field.empty_label or ""), *((each.name, each.name) for each in app.environments.all())]


class ConfigVarForm(_ScopeForm):
    """One config var. Its value is masked from then on, so the field always begins empty."""

    key = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=128,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "placeholder": "DATABASE_URL"}),
        validators=[key_validator],
    )
    value = SecretField(label=gettext_lazy("Value"), required=False, strip=False, max_length=64 * 1024)

    @property
    def values(self) -> dict[str, str]:
        """What to set."""
        return {self.cleaned_data["key"]: self.cleaned_data["value"].replace("\r\n", "\n")}


class PasteForm(_ScopeForm):
    """Many config vars at once, as they stand in a `.env` file."""

    prefix = "paste"
    text = SecretField(
        label=gettext_lazy("Contents of a .env file"), strip=False, max_length=MOST_BYTES, rows=6, required=False
    )
    file = forms.FileField(label=gettext_lazy("Or the file itself"), required=False)

    def clean_text(self) -> dict[str, str]:
        """The entries."""
        return _entries(self.cleaned_data["text"].replace("\r\n", "\n"))

    def clean_file(self) -> dict[str, str]:
        """The entries of the uploaded file, byte for byte; a mark of UTF-8 at its beginning is none of them."""
        if not (file := self.cleaned_data["file"]):
            return {}
        if file.size > MOST_BYTES:
            raise ValidationError(_("The file is larger than 256 KB."))
        try:
            return _entries(file.read().decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise ValidationError(_("The file is no text in UTF-8.")) from None

    def clean(self) -> None:
        """Something has to be set."""
        if not self.errors and not self.values:
            self.add_error("text", _("There is no KEY=VALUE in it."))

    @property
    def values(self) -> dict[str, str]:
        """What to set; what was typed wins over the file."""
        return {**self.cleaned_data.get("file", {}), **self.cleaned_data.get("text", {})}


def _entries(text: str) -> dict[str, str]:
    try:
        return parse(text)
    except Unreadable as error:
        raise ValidationError(_("Line %(line)d is not KEY=VALUE.") % {"line": error.line}) from None
