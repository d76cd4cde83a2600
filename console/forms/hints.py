"""What people fill in about failure hints."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from builds import hints
from builds.models import Hint
from builds.patterns import Numbered
from console.ansi import plain

_PLAIN = {"autocomplete": "off", "spellcheck": "false"}


class HintForm(forms.ModelForm):  # type: ignore[type-arg]
    """A pattern and what to do, and its place among all."""

    place = forms.IntegerField(
        label=gettext_lazy("Place"),
        min_value=1,
        max_value=10_000,
        required=False,
        help_text=gettext_lazy("Of two that fit, the one further up is shown. Empty: a new one goes to the end."),
    )

    class Meta:
        model = Hint
        fields = ("pattern", "text", "enabled")
        labels = {
            "pattern": gettext_lazy("Pattern"),
            "text": gettext_lazy("What to do"),
            "enabled": gettext_lazy("Show it"),
        }
        help_texts = {
            "pattern": gettext_lazy(
                "A regular expression for one line, whatever its case. Beside the log it is searched in lines such as "
                "reason: lock-missing, step: release and exit code: 137."
            ),
        }
        widgets = {"pattern": forms.TextInput(attrs=_PLAIN), "text": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["place"] = hints.place_of(self.instance)

    def carry_out(self) -> bool:
        """Save it; a refusal stands at its field, and the answer is False."""
        try:
            hints.save(self.instance, self.cleaned_data["place"])
        except ValidationError as error:
            self.add_error(None, error)
            return False
        return True


class TryForm(forms.Form):
    """Some lines of a log."""

    text = forms.CharField(
        label=gettext_lazy("Lines of a log"),
        max_length=100_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, **_PLAIN}),
    )

    @property
    def lines(self) -> list[Numbered]:
        """They, as they are searched."""
        return [Numbered(number, plain(text)) for number, text in enumerate(self.cleaned_data["text"].splitlines(), 1)]
