"""What people fill in about domains."""

from django import forms
from django.utils.translation import gettext_lazy


class DomainForm(forms.Form):
    """A name to be added; `runtimes.domains` says whether it can be."""

    name = forms.CharField(
        label=gettext_lazy("Domain"),
        max_length=253,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                "placeholder": "shop.example.org",
            }
        ),
        error_messages={"required": gettext_lazy("Write the domain.")},
    )
