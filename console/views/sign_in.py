"""The door: in, and out."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse

from console import people
from console.activity import record
from console.forms.account import SignInForm
from runtimes import bell


class SignIn(LoginView):
    """Name and password."""

    template_name = "account/login.html"
    form_class = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        """In."""
        response = super().form_valid(form)
        record(self.request, "sign-in")
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        """Not in. A name that nobody has is not written down: it could be a password in the wrong field."""
        if form.counted:
            name = form.cleaned_data.get("username", "")
            known = get_user_model().objects.filter(username__iexact=name).exists()
            record(self.request, "sign-in-failed", target=name if known else "")
        return super().form_invalid(form)


class SignOut(LogoutView):
    """Out."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Out, and written down while it is still known who."""
        person = request.user
        if person.is_authenticated:
            record(request, "sign-out")
        response = super().post(request, *args, **kwargs)
        bell.ring(people.topic(person))
        return response
