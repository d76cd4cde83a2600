"""The ledger of an environment, and the way back."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from console import access
from console.activity import record
from console.views.frame import either, render_app
from runtimes.release import possible_rollbacks, roll_back

PER_PAGE = 30
_LISTED = (
    *("environment", "number", "state", "kind", "description", "created_at", "live_at", "ended_at"),
    *("journal__number", "created_by__username", "slug__commit", "slug__sha256", "slug__message", "slug__size"),
    *("image__reference", "image__digest", "image__size"),
)


@require_GET
def index(request: HttpRequest, name: str) -> HttpResponse:
    """What was released, newest first."""
    environment = access.environment(request, name, request.GET.get("environment") or "production")
    related = environment.releases.select_related("slug", "image", "created_by", "journal")
    releases = related.only(*_LISTED).order_by("-number")
    page = Paginator(releases, PER_PAGE).get_page(request.GET.get("page"))
    return render_app(
        request,
        either(request, "releases/index.html", "releases/_list.html"),
        environment.app,
        "releases",
        releases=page.object_list,
        page=page,
        possible=set(possible_rollbacks(environment).values_list("pk", flat=True)),
    )


@require_POST
def back(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Release an old release again, with its config or the current one."""
    environment = access.environment(request, name, request.POST.get("environment") or "production", can="roll back")
    if (old := environment.releases.filter(number=number).first()) is None:
        raise Http404(_("The app has no release of that number."))
    try:
        release = roll_back(old, request.user, current_config="current_config" in request.POST)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(f"{reverse('releases', args=[name])}?environment={environment.name}")
    record(request, "roll-back", environment=environment, target=release.version, to=old.version)
    return redirect("deploy", name, release.journal.number)
