"""Deploys: the list, a new one, its page while it runs and after."""

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from builds import deploys
from builds.cancel import cancel as cancel_deploy
from builds.start import deploy_again, start_deploy
from console import access, outcome
from console.activity import record
from console.changes import changes
from console.faults import told
from console.forms.deploys import DeployForm
from console.usual import usual_seconds
from console.views.frame import either, render_app
from console.views.logs import log_of
from console.waiting import waiting
from runtimes import journal as journals
from runtimes.faults import PlatformFailed
from runtimes.models import Journal, Release
from runtimes.release import possible_rollbacks

PER_PAGE = 20
TAIL = 100  # of the log, for who has no scripts


@require_GET
def index(request: HttpRequest, name: str) -> HttpResponse:
    """The app's deploys, newest first."""
    app = access.app(request, name)
    template = either(request, "deploys/index.html", "deploys/_list.html")
    page = Paginator(deploys.journals_of(app), PER_PAGE).get_page(request.GET.get("page"))
    found = deploys.listed(app, cast("QuerySet[Journal]", page.object_list))
    return render_app(request, template, app, "deploys", deploys=found, page=page)


@require_POST
def start(request: HttpRequest, name: str) -> HttpResponse:
    """Deploy, and go to the deploy's page at once."""
    environment = access.environment(request, name, request.POST.get("environment") or "production", can="deploy")
    form = DeployForm(request.POST, request.FILES)
    if not form.is_valid():
        for sentences in form.errors.as_data().values():
            messages.error(request, " ".join(sentence for error in sentences for sentence in error.messages))
        return redirect("app", name)
    try:
        build = start_deploy(environment, by=request.user, **form.cleaned_data)
    except PlatformFailed as fault:
        messages.error(request, told(fault))
        return redirect("app", name)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("app", name)
    facts: dict[str, Any] = {"ref": build.ref, "image": build.image, "clear_cache": build.clear_cache}
    record(request, "deploy", environment=environment, target=f"#{build.journal.number}", **facts)
    return redirect("deploy", name, build.journal.number)


@require_GET
def show(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """One deploy: steps, log, outcome."""
    deploy = access.deploy(request, name, number)
    return render_app(request, "deploys/show.html", deploy.app, "deploys", **_context(request, deploy))


@require_GET
def live(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """The parts of a deploy's page that change while it runs."""
    deploy = access.deploy(request, name, number)
    return render_app(request, "deploys/_live.html", deploy.app, "deploys", **_context(request, deploy))


@require_POST
def cancel(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Ask for the end of a deploy that has not switched traffic yet."""
    deploy = access.deploy(request, name, number)
    if not access.may_cancel(request.user, access.rights(request.user, deploy.app.team), deploy):
        access.require(request, deploy.app.team, "cancel")
    if cancel_deploy(deploy, request.user):
        record(request, "cancel", environment=deploy.environment, target=f"#{number}")
    else:
        messages.warning(request, _("It is too late to cancel: the deploy is over or its traffic is switched."))
    return redirect("deploy", name, number)


@require_POST
def retry(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Deploy the very same source once more."""
    deploy = access.deploy(request, name, number, can="deploy")
    if deploy.build is None:
        messages.warning(request, _("This one had no build. Roll back to its release instead."))
        return redirect("deploy", name, number)
    try:
        build = deploy_again(deploy.build, by=request.user, clear_cache="clear_cache" in request.POST)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("deploy", name, number)
    facts: dict[str, Any] = {"of": f"#{number}", "clear_cache": build.clear_cache}
    record(request, "retry", environment=deploy.environment, target=f"#{build.journal.number}", **facts)
    return redirect("deploy", name, build.journal.number)


def _way_back(deploy: deploys.Deploy) -> Release | None:
    """The release to roll back to from here: this one if it served before, the one before it while it serves."""
    possible = possible_rollbacks(deploy.environment)
    if deploy.state == "live":
        return possible.defer(None).first()
    if deploy.state == "retired" and deploy.release:
        return deploy.release if deploy.release.pk in possible.values_list("pk", flat=True) else None
    return None


def _context(request: HttpRequest, deploy: deploys.Deploy) -> dict[str, Any]:
    rights = access.rights_in(request.user, deploy.environment)
    usual = usual_seconds(deploy.environment)
    has_failed = deploy.state == "failed"
    lines = journals.tail(deploy.journal, outcome.LOOKED_AT if has_failed else TAIL)
    way_back = _way_back(deploy)
    return {
        "in_environment": deploy.environment.name,
        "deploy": deploy,
        "steps": [(step, usual.get(step.name)) for step in deploy.steps],
        "tail": lines[-TAIL:],
        "last": lines[-1].number if lines else 0,
        "log": log_of(deploy.journal, "deploy", deploy.number),
        "rights": rights,
        "changes": changes(deploy.release, way_back) if deploy.release and deploy.state == "live" else None,
        "outcome": outcome.of(deploy, lines) if has_failed else {},
        "waits": waiting(deploy),
        "way_back": way_back,
        "may_cancel": deploy.is_cancelable and access.may_cancel(request.user, rights, deploy),
    }
