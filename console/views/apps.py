"""Apps: the list, a new one, the overview, the settings."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from builds.create import change_source, create_app
from builds.deploys import of
from builds.destroy import destroy
from console import access
from console.activity import record
from console.forms.apps import CreateAppForm, EditSourceForm, samples
from console.forms.destroy import DestroyForm
from console.forms.stacks import ChangeStackForm
from console.rows import OVERVIEW, rows_of
from console.under_way import under_way
from console.views.frame import either, render_app
from runtimes.models import App, Role

PER_PAGE = 20


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """All apps that the user may know of, filtered by name."""
    apps = App.objects.visible_to(request.user).filter(destroyed_at=None)
    apps = apps.select_related("team").only("name", "team__name")
    wanted = request.GET.get("q", "").strip()
    found = apps.filter(name__icontains=wanted) if wanted else apps
    page = Paginator(found.order_by("name"), PER_PAGE).get_page(request.GET.get("page"))
    theirs = access.rights_by_team(request.user)
    rows = rows_of(page.object_list, going=under_way(request))
    context = {
        "page": page,
        "rows": rows,
        "q": wanted,
        "samples": samples(),
        "may_create": request.user.is_superuser or any("create" in rights for rights in theirs.values()),
        "deployable": {row.app.pk for row in rows if "deploy" in access.rights_in(request.user, row.environment)},
    }
    return render(request, either(request, "apps/index.html", "apps/_list.html"), context)


@require_GET
def switch(request: HttpRequest) -> HttpResponse:
    """The first apps whose name has what was typed, for the switcher in the top bar."""
    apps = App.objects.visible_to(request.user).filter(destroyed_at=None, name__icontains=request.GET.get("q", ""))
    return render(request, "apps/_switch.html", {"apps": apps.order_by("name")[:12]})


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """A new app, for a team in which the user may make one."""
    teams = access.teams(request.user, "create").order_by("name")
    initial = (
        {"source": "sample", "sample": request.GET["sample"]} if request.GET.get("sample") in dict(samples()) else {}
    )
    form = CreateAppForm(request.POST or None, request.FILES or None, teams=teams, initial=initial)
    if form.is_valid() and form.carry_out(create_app, by=request.user):
        made = App.objects.get(name=form.cleaned_data["name"])
        record(request, "app-create", app=made, source=made.source)
        messages.success(request, _("The app is created. Deploy it when you are ready."))
        return redirect("app", made.name)
    status = 422 if form.is_bound else 200
    return render(request, "apps/create.html", {"form": form, "samples": samples()}, status=status)


@require_GET
def show(request: HttpRequest, name: str) -> HttpResponse:
    """An app's overview."""
    app = access.app(request, name)
    template = either(request, "apps/show.html", "apps/_overview.html")
    return render_app(request, template, app, "overview", of_live=OVERVIEW, deploys=of(app, limit=5))


@require_GET
def settings(request: HttpRequest, name: str) -> HttpResponse:
    """Where the app comes from, and how to end it."""
    app = access.app(request, name)
    return _settings(request, app)


@require_POST
def source(request: HttpRequest, name: str) -> HttpResponse:
    """Change where the app comes from."""
    app = access.app(request, name, can="change source")
    form = EditSourceForm(request.POST, request.FILES, app=app)
    if not form.is_valid() or not form.carry_out(change_source, app):
        app.refresh_from_db()  # what was refused is shown in the form alone
        return _settings(request, app, source_form=form)
    record(request, "source-change", app=app, changed=form.changed_data)
    messages.success(request, _("The source is saved. The next deploy uses it."))
    return redirect("settings", app.name)


@require_POST
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """Destroy the app, once its name is typed."""
    app = access.app(request, name, can="destroy")
    form = DestroyForm(request.POST, of=app)
    if not form.carry_out(destroy, app, request.user):
        return _settings(request, app, destroy_form=form)
    record(request, "app-destroy", app=app)
    messages.success(
        request, _("%(app)s is being destroyed: its instances stop, its releases and logs go.") % {"app": app.name}
    )
    return redirect("apps")


def _settings(
    request: HttpRequest,
    app: App,
    source_form: EditSourceForm | None = None,
    destroy_form: DestroyForm | None = None,
) -> HttpResponse:
    return render_app(
        request,
        "apps/settings.html",
        app,
        "settings",
        status=422 if source_form or destroy_form else 200,
        samples=samples(),
        stack_form=ChangeStackForm(app=app),
        source_form=source_form or EditSourceForm(app=app),
        destroy_form=destroy_form or DestroyForm(of=app),
        roles=Role.choices,
    )
