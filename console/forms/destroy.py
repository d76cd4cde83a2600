"""The question before something is destroyed for good: its name."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


class DestroyForm(forms.Form):
    """The name of what is to go, typed by somebody who means it."""

    name = forms.CharField(widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}))

    def __init__(self, *args: Any, of: object, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.of = str(of)
        self.fields["name"].label = _("Type %(name)s to confirm") % {"name": self.of}

    def clean_name(self) -> str:
        """Exactly its name."""
        if self.cleaned_data["name"] != self.of:
            raise ValidationError(_("This is not %(name)s. Nothing was destroyed.") % {"name": self.of})
        return self.of

    def carry_out(self, verb: Callable[..., Any], *args: Any) -> bool:
        """Do it if the name was typed; what is in its way stands at the field, and the answer is False."""
        if not self.is_valid():
            return False
        try:
            verb(*args)
        except ValidationError as error:
            self.add_error("name", error)
        return not self.errors
