"""Everything that runs and waits."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from builds import deploys
from console import access, waiting
from console.under_way import under_way
from console.views.frame import either


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The deploys under way among the apps the user may know of, in the order in which they were asked for."""
    going = under_way(request)
    found = deploys.under_way(going)
    teams = {deploy.app.team_id: deploy.app.team for deploy in found}
    rights = {pk: access.rights(request.user, team) for pk, team in teams.items()}
    busy = waiting.busy()
    rows = [
        (
            deploy,
            access.may_cancel(request.user, rights[deploy.app.team_id], deploy),
            waiting.among(deploy, going, busy) if deploy.state == "queued" else None,
        )
        for deploy in found
    ]
    return render(request, either(request, "queue/index.html", "queue/_list.html"), {"rows": rows})
