"""What people fill in about themselves."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console import attempts


class SignInForm(AuthenticationForm):
    """Name and password; it never says which of the two was wrong."""

    error_messages = {
        "invalid_login": gettext_lazy("This name and password do not go together. Check both, capital letters count."),
        "inactive": gettext_lazy("This name and password do not go together. Check both, capital letters count."),
    }

    counted = False  # whether it was a wrong password, and not one too many attempts

    def clean(self) -> dict[str, Any]:
        """The right password, unless there were too many wrong ones."""
        account = self.cleaned_data.get("username", "")
        if attempts.too_many(self.request, account):
            raise ValidationError(_("There were too many attempts. Wait a quarter of an hour, then try again."))
        try:
            data: dict[str, Any] = super().clean()
        except ValidationError:
            attempts.failed(self.request, account)
            self.counted = True
            raise
        attempts.succeeded(account)
        return data


class ChangePasswordForm(PasswordChangeForm):
    """The old password and twice the new one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = gettext_lazy("Password now")
        self.fields["old_password"].widget.attrs.pop("autofocus", None)
        self.fields["new_password1"].help_text = gettext_lazy(
            "At least 10 characters, and not one that everybody uses."
        )
        self.fields["new_password2"].label = gettext_lazy("New password once more")
        self.fields["new_password2"].help_text = ""
