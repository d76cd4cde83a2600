"""What builds, releases or waits among the apps that somebody may know of; asked once per request."""

from django.http import HttpRequest

from builds import deploys
from builds.deploys import Going
from runtimes.models import App


def under_way(request: HttpRequest) -> list[Going]:
    """All of it, in the order in which it was asked for: for the counter, and for the state of each app."""
    if not hasattr(request, "under_way"):
        request.under_way = deploys.going(App.objects.visible_to(request.user))  # type: ignore[attr-defined]
    found: list[Going] = request.under_way  # type: ignore[attr-defined]
    return found
