"""The platform's admin: who may sign in."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from console import access, people
from console.activity import record
from console.forms.people import PersonForm

PER_PAGE = 30


@require_GET
def persons(request: HttpRequest) -> HttpResponse:
    """Everybody who can or could sign in."""
    access.platform(request)
    return _persons(request, PersonForm())


@require_POST
def welcome(request: HttpRequest) -> HttpResponse:
    """Somebody new; the answer shows their password, this once."""
    access.platform(request)
    form = PersonForm(request.POST)
    if not form.is_valid():
        return _persons(request, form, status=422)
    try:
        person, password = people.welcome(form.cleaned_data["name"])
    except ValidationError as error:
        form.add_error("name", [sentence for sentences in error.message_dict.values() for sentence in sentences])
        return _persons(request, form, status=422)
    record(request, "person-add", target=str(person))
    return _persons(request, PersonForm(), told=(person, password))


@require_POST
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Give somebody a new password, or let them in or not any more."""
    access.platform(request)
    person = get_object_or_404(get_user_model(), pk=pk)
    deed = request.POST.get("do", "")
    if deed == "password":
        told = (person, people.renew_password(person))
        record(request, "person-password", target=str(person))
        return _persons(request, PersonForm(), told=told)
    if deed in {"in", "out"}:
        try:
            people.let_in(person, may=deed == "in", by=request.user)
            record(request, f"person-{deed}", target=str(person))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
    return redirect("persons")


def _persons(request: HttpRequest, form: PersonForm, status: int = 200, **context: Any) -> HttpResponse:
    everybody = get_user_model().objects.order_by("username").prefetch_related("memberships__team")
    page = Paginator(everybody, PER_PAGE).get_page(request.GET.get("page"))
    context |= {"persons": page.object_list, "page": page, "form": form}
    return render(request, "admin/persons.html", context, status=status)
