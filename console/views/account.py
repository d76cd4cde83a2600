"""What belongs to the person who is signed in: their password, their teams, how the console looks to them."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from console import people
from console.activity import record
from console.forms.account import ChangePasswordForm
from runtimes import bell

THEMES = ("auto", "light", "dark")
YEAR_SECONDS = 365 * 24 * 3600


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """Who somebody is here."""
    return _page(request, ChangePasswordForm(request.user))


@sensitive_post_parameters()
@require_POST
def password(request: HttpRequest) -> HttpResponse:
    """Change the password; everywhere else they are signed out by it."""
    form = ChangePasswordForm(request.user, request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    update_session_auth_hash(request, form.save())
    bell.ring(people.topic(request.user))
    record(request, "password-change")
    messages.success(request, _("The password is changed. Everywhere else you are signed out."))
    return redirect("account")


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember light, dark or the system's choice in a cookie that the server reads: no flash."""
    chosen = request.POST.get("theme", "")
    back = request.POST.get("next", "")
    inside = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    response = redirect(back if inside else "apps")
    if chosen in THEMES:
        response.set_cookie("theme", chosen, YEAR_SECONDS, secure=request.is_secure(), httponly=True, samesite="Lax")
    return response


def _page(request: HttpRequest, form: ChangePasswordForm, status: int = 200) -> HttpResponse:
    memberships = request.user.memberships.select_related("team") if request.user.is_authenticated else []
    return render(request, "account/show.html", {"form": form, "memberships": memberships}, status=status)
