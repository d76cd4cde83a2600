"""Who did what: of one app for those who may see it, of everything for the platform's admin."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from console import access
from console.activity import word
from console.downloads import csv_file
from console.models import Activity, ActivityQuerySet
from console.views.frame import number_of, render_app

PER_PAGE = 50
PER_READ = 1_000
LATELY = 500
COLUMNS = ("time", "who", "via", "action", "team", "app", "environment", "target", "facts")


@require_GET
def of_app(request: HttpRequest, name: str) -> HttpResponse:
    """What was done to one app."""
    app = access.app(request, name)
    context = _context(request, Activity.objects.filter(app_key=app.pk))
    return render_app(request, "activity/app.html", app, "activity", **context)


@require_GET
@never_cache
def csv_of_app(request: HttpRequest, name: str) -> StreamingHttpResponse:
    """The same as a file."""
    app = access.app(request, name)
    rows = Activity.objects.filter(app_key=app.pk, **_chosen(request))
    return csv_file(f"{app.name}-activity.csv", COLUMNS, lambda before: _page_before(rows, before), _cells)


@require_GET
def of_platform(request: HttpRequest) -> HttpResponse:
    """What was done at all."""
    access.platform(request)
    return render(request, "activity/platform.html", _context(request, Activity.objects.all()))


@require_GET
@never_cache
def csv_of_platform(request: HttpRequest) -> StreamingHttpResponse:
    """The same as a file, with the addresses that it came from."""
    access.platform(request)
    rows = Activity.objects.filter(**_chosen(request))
    header = (*COLUMNS, "address")
    return csv_file(
        "activity.csv", header, lambda before: _page_before(rows, before), lambda row: [*_cells(row), row.address or ""]
    )


def _chosen(request: HttpRequest) -> dict[str, str]:
    """Of whom and of which kind one wants to see."""
    asked = {field: request.GET.get(field, "") for field in ("actor", "action")}
    return {field: value for field, value in asked.items() if value}


def _context(request: HttpRequest, rows: ActivityQuerySet) -> dict[str, Any]:
    """A page of rows, and of whom and of which kind others can be chosen.

    Pages go by key, and choices come from the latest acts: nothing here takes longer when there are more rows.
    """
    chosen = _chosen(request)
    lately = list(rows.values_list("actor", "action")[:LATELY])
    found = _page_before(rows.filter(**chosen), number_of(request, "before", 0), PER_PAGE + 1)
    shown = found[:PER_PAGE]
    kinds = {action for _, action in lately} | {chosen.get("action", "")} - {""}
    return {
        "rows": [(row, word(row.action), facts_in_words(row.facts)) for row in shown],
        "actors": sorted({actor for actor, _ in lately} | {chosen.get("actor", "")} - {""}),
        "actions": sorted(((each, word(each)) for each in kinds), key=_by_word),
        "any": bool(lately),
        "chosen": chosen,
        "query": urlencode(chosen),
        "newest": urlencode(chosen) if "before" in request.GET else None,
        "older": urlencode(chosen | {"before": shown[-1].pk}) if len(found) > PER_PAGE else None,
    }


def _by_word(pair: tuple[str, Any]) -> str:
    return str(pair[1])


def _page_before(rows: ActivityQuerySet, before: int, most: int = PER_READ) -> Sequence[Activity]:
    """The newest rows, or the newest of those before one."""
    return list((rows.filter(pk__lt=before) if before else rows)[:most])


def _cells(row: Activity) -> list[str]:
    """A row of the file. Its action is the stable word, whatever language the page is in."""
    facts = [row.team, row.app, row.environment, row.target, facts_in_words(row.facts)]
    return [row.at.isoformat(timespec="seconds"), row.actor, row.via, row.action, *facts]


def facts_in_words(facts: dict[str, Any]) -> str:
    """The small facts of a record: `ref main, clear cache`."""
    return ", ".join(_in_words(name.replace("_", " "), value) for name, value in facts.items())


def _in_words(name: str, value: Any) -> str:
    if value is True:
        return name
    return f"{name} {' '.join(value) if isinstance(value, list) else value}"
