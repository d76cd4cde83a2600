"""Failure hints: which there are, in which order, one of them, and a try on a pasted log."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from builds import hints
from builds.models import Hint
from console import access
from console.activity import record
from console.forms.hints import HintForm, TryForm


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """All of them; those further up win."""
    access.platform(request)
    return _page(request, TryForm())


@require_POST
def attempt(request: HttpRequest) -> HttpResponse:
    """Which hint a text would get."""
    access.platform(request)
    form = TryForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    return _page(request, form, tried=True)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """One hint, or a new one."""
    access.platform(request)
    hint = get_object_or_404(Hint, pk=pk) if pk else Hint()
    form = HintForm(request.POST if request.method == "POST" else None, instance=hint)
    if form.is_bound and form.is_valid() and form.carry_out():
        record(request, "hint-save", target=hint.pattern)
        messages.success(request, _("The hint is saved."))
        return redirect(f"{reverse('hints')}#hint-{hint.pk}")
    return render(request, "admin/hint.html", {"form": form, "hint": hint}, status=422 if form.is_bound else 200)


@require_POST
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Move one up or down, switch it on or off, or remove it."""
    access.platform(request)
    hint = get_object_or_404(Hint, pk=pk)
    deed = request.POST.get("do", "")
    try:
        if deed in {"up", "down"}:
            hints.move(hint, {"up": -1, "down": 1}[deed])
            record(request, "hint-move", target=f"{hint.pattern} {deed}")
        elif deed in {"enable", "disable"}:
            hint.enabled = deed == "enable"
            hints.save(hint)
            record(request, f"hint-{deed}", target=hint.pattern)
        elif deed == "remove":
            hint.delete()
            record(request, "hint-remove", target=hint.pattern)
            messages.success(request, _("The hint is removed."))
            return redirect("hints")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect(f"{reverse('hints')}#hint-{pk}")


def _page(request: HttpRequest, form: TryForm, status: int = 200, *, tried: bool = False) -> HttpResponse:
    context = {
        "hints": Hint.objects.all(),
        "form": form,
        "tried": tried,
        "advice": hints.advise([], form.lines) if tried else None,
    }
    return render(request, "admin/hints.html", context, status=status)
