"""What people fill in about themselves."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy


class SignInForm(AuthenticationForm):
    """Name and password; it never says which of the two was wrong."""

    error_messages = {
        "invalid_login": gettext_lazy("This name and password do not go together. Check both, capital letters count."),
        "inactive": gettext_lazy("This name and password do not go together. Check both, capital letters count."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
