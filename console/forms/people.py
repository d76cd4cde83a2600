"""What people fill in about people and teams."""

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.forms import UserCreationForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from runtimes.models import Role, Team


class PersonForm(forms.Form):
    """Somebody new."""

    name = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_name(self) -> str:
        """A name that nobody has, whatever its case."""
        name: str = self.cleaned_data["name"]
        if get_user_model().objects.filter(username__iexact=name).exists():
            raise ValidationError(_("Somebody has this name already."))
        return name


class TeamForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new team."""

    class Meta:
        model = Team
        fields = ("name",)
        labels = {"name": gettext_lazy("Name")}


class MemberForm(forms.Form):
    """Who joins a team, as what."""

    name = forms.CharField(
        label=gettext_lazy("User name"), widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    )
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Role.choices, initial=Role.MEMBER)

    def clean_name(self) -> Any:
        """Somebody who can sign in."""
        person = get_user_model().objects.filter(username=self.cleaned_data["name"], is_active=True).first()
        if person is None:
            raise ValidationError(_("Nobody of this name can sign in here. An admin of the platform can add them."))
        return person


class JoinForm(UserCreationForm):  # type: ignore[type-arg]
    """A name and a password for somebody who was invited."""

    class Meta:
        model = get_user_model()
        fields = ("username",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = gettext_lazy("User name")
        self.fields["username"].help_text = ""
        self.fields["password1"].help_text = gettext_lazy("At least 10 characters, and not one that everybody uses.")
        self.fields["password2"].label = gettext_lazy("Password once more")
        self.fields["password2"].help_text = ""
