"""What people fill in about the credentials of a registry."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from builds.credentials import save
from runtimes.models import Credentials, Team

from .fields import SecretField

_PLAIN = {"autocomplete": "off", "spellcheck": "false"}


class CredentialsForm(forms.ModelForm):  # type: ignore[type-arg]
    """New credentials or changed ones. The password is taken and never shown; left empty, the stored one stays."""

    password = SecretField(
        label=gettext_lazy("Password or token"),
        max_length=16 * 1024,
        help_text=gettext_lazy("Stored encrypted, never shown again."),
    )

    class Meta:
        model = Credentials
        fields = ("name", "team", "registry", "username")
        labels = {
            "name": gettext_lazy("Name"),
            "team": gettext_lazy("For"),
            "registry": gettext_lazy("Registry"),
            "username": gettext_lazy("User"),
        }
        help_texts = {
            "registry": gettext_lazy("Its host, with its port if it has one. They are shown to no other."),
        }
        widgets = {
            "name": forms.TextInput(attrs=_PLAIN | {"placeholder": "registry"}),
            "registry": forms.TextInput(attrs=_PLAIN | {"placeholder": "registry.example.com"}),
            "username": forms.TextInput(attrs=_PLAIN),
        }

    field_order = ["name", "team", "registry", "username", "password"]

    def __init__(self, *args: Any, teams: QuerySet[Team], for_all: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team = self.fields["team"]
        assert isinstance(team, forms.ModelChoiceField)  # noqa: S101 - tells mypy which field it is
        team.queryset, team.required = teams, not for_all
        team.empty_label = gettext_lazy("All teams") if for_all else None
        if self.instance.pk:
            del self.fields["team"]
            self.fields["password"].required = False
            self.fields["password"].help_text = gettext_lazy("Empty: the stored one stays. It is never shown.")

    def carry_out(self) -> bool:
        """Store it; a refusal stands at its field, and the answer is False."""
        try:
            save(self.instance, self.cleaned_data["password"])
        except ValidationError as error:
            self.add_error(None, error)
            return False
        return True
