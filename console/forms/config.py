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
    text = SecretField(label=gettext_lazy("Contents of a .env file"), strip=False, max_length=256 * 1024, rows=6)

    def clean_text(self) -> dict[str, str]:
        """The entries."""
        try:
            found = parse(self.cleaned_data["text"].replace("\r\n", "\n"))
        except Unreadable as error:
            raise ValidationError(_("Line %(line)d is not KEY=VALUE.") % {"line": error.line}) from None
        if not found:
            raise ValidationError(_("There is no KEY=VALUE in it."))
        return found

    @property
    def values(self) -> dict[str, str]:
        """What to set."""
        values: dict[str, str] = self.cleaned_data["text"]
        return values
