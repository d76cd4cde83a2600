"""What people fill in about config vars."""

from django import forms
from django.utils.translation import gettext_lazy

from runtimes.models.config import key_validator


class ConfigVarForm(forms.Form):
    """One config var. Its value is never shown again, so the field always begins empty."""

    key = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=128,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "placeholder": "DATABASE_URL"}),
        validators=[key_validator],
    )
    value = forms.CharField(
        label=gettext_lazy("Value"),
        required=False,
        strip=False,
        max_length=64 * 1024,
        widget=forms.Textarea(attrs={"rows": 1, "autocomplete": "off", "spellcheck": "false"}),
    )
