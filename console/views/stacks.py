"""Stacks: which there are, a new one, one made anew or removed; and which one an app has."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from builds import stacks
from console import access
from console.activity import record
from console.forms.destroy import DestroyForm
from console.forms.stacks import ChangeStackForm, StackForm
from console.views.frame import destroying, either
from runtimes.models import App, Stack

SHOWN = 10  # of the apps that use a stack


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The stacks there are."""
    access.platform(request)
    return _page(request, StackForm())


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """A stack of two images that others made."""
    access.platform(request)
    form = StackForm(request.POST)
    if not form.is_valid() or not form.carry_out():
        return _page(request, form, status=422)
    name = form.cleaned_data["name"]
    record(request, "stack-add", target=name)
    if Stack.objects.filter(name=name, problem="").exists():  # else the list says what is wrong
        messages.success(request, _("The images of %(name)s are being made.") % {"name": name})
    return redirect("stacks")


@require_POST
def renew(request: HttpRequest, pk: int) -> HttpResponse:
    """Make its images anew."""
    access.platform(request)
    stack = get_object_or_404(Stack, pk=pk)
    try:
        stacks.adopt_again(stack)
        record(request, "stack-renew", target=stack.name)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("stacks")


@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget it and its images, once its name is typed."""
    access.platform(request)
    stack = get_object_or_404(Stack, pk=pk)
    form = DestroyForm(request.POST if request.method == "POST" else None, of=stack)
    if form.carry_out(stacks.remove, stack):
        record(request, "stack-remove", target=stack.name)
        messages.success(request, _("%(name)s is removed.") % {"name": stack})
        return redirect("stacks")
    meaning = _("The stack goes with its images. Those that it was made of stay where they came from.")
    context = destroying(form, _("Stacks"), reverse("stacks"), meaning)
    return render(request, "shared/destroy.html", context, status=422 if form.is_bound else 200)


@require_POST
def choose(request: HttpRequest, name: str) -> HttpResponse:
    """Build an app with another stack from its next deploy on."""
    app = access.app(request, name, can="change source")
    form = ChangeStackForm(request.POST, app=app)
    try:
        if not form.is_valid():
            raise ValidationError(_("Choose one of the stacks there are."))
        stacks.change_stack(app, form.cleaned_data["stack"])
        record(request, "stack-choose", app=app, target=str(form.cleaned_data["stack"]))
        messages.success(request, _("The next deploy builds on %(stack)s.") % {"stack": form.cleaned_data["stack"]})
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("settings", name)


def _page(request: HttpRequest, form: StackForm, status: int = 200) -> HttpResponse:
    rows = [(stack, *_users(stack)) for stack in Stack.objects.all()]
    template = either(request, "admin/stacks.html", "admin/_stacks.html")
    return render(request, template, {"rows": rows, "form": form}, status=status)


def _users(stack: Stack) -> tuple[list[str], int]:
    """The first of the apps that are set to a stack, by name, and how many more there are."""
    names = App.objects.filter(stack=stack, destroyed_at=None).order_by("name").values_list("name", flat=True)
    return list(names[:SHOWN]), names.count() - SHOWN
