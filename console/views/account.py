"""What belongs to the person who is signed in: how the console looks to them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

THEMES = ("auto", "light", "dark")
YEAR_SECONDS = 365 * 24 * 3600


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
