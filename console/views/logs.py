"""A log over HTTP, of a deploy or of a command: pages of lines, the whole as text, search."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from builds import deploys
from console import access
from console.ansi import plain
from console.downloads import text_file
from console.views.frame import number_of
from runtimes import journal as journals
from runtimes.models import Journal, OneOff

PAGE = 2_000
LARGEST_PAGE = 10_000
MOST_HITS = 10_000


class Log(NamedTuple):
    """What a page with a log tells its viewer: where everything is, and whether more lines may come."""

    lines: str
    search: str
    text: str
    socket: str
    sealed: bool


def log_of(journal: Journal, kind: str, number: int) -> Log:
    """The log of a deploy ("deploy") or a command ("run") with this number of its app."""
    args, prefix = [journal.app.name, number], {"deploy": "", "run": "run-"}[kind]
    lines, search, text = (reverse(f"{prefix}{part}", args=args) for part in ("log", "log-search", "log-text"))
    return Log(lines, search, text, f"/ws{reverse(kind, args=args)}", journal.sealed_at is not None)


@require_GET
@never_cache
def lines(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Lines of a deploy after number `since`, or the last ones of all, as `[milliseconds, step, text]`."""
    deploy = access.deploy(request, name, number)
    return page_of(request, deploy.journal, lambda: deploys.get(deploy.app, number).state)


@require_GET
@never_cache
def run_lines(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """The same of a command."""
    one = access.one_off(request, name, number)
    return page_of(request, one.journal, lambda: OneOff.objects.get(pk=one.pk).state)


def page_of(request: HttpRequest, journal: Journal, state: Callable[[], str]) -> JsonResponse:
    """A page of lines as the viewer reads it; the seal is read first."""
    sealed = journals.sealed(journal.pk)
    last = journals.count(journal)
    limit = min(number_of(request, "limit", PAGE), LARGEST_PAGE)
    since = number_of(request, "since", max(0, last - limit))
    found = journals.read(journal, since, limit)
    return JsonResponse(
        {
            "from": found[0].number if found else since + 1,
            "lines": [[line.at_ms, line.step, line.text] for line in found],
            "last": last,
            "sealed": sealed,
            "state": state(),  # read after the seal: with it comes the last one
        }
    )


@require_GET
@never_cache
def text(request: HttpRequest, name: str, number: int) -> StreamingHttpResponse:
    """The whole log of a deploy as a file of plain text."""
    return _file(f"{name}-{number}.txt", access.deploy(request, name, number).journal)


@require_GET
@never_cache
def run_text(request: HttpRequest, name: str, number: int) -> StreamingHttpResponse:
    """The same of a command."""
    return _file(f"{name}-run-{number}.txt", access.one_off(request, name, number).journal)


@require_GET
@never_cache
def search(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """The numbers of a deploy's lines that have some text, whatever their case."""
    return _hits(request, access.deploy(request, name, number).journal)


@require_GET
@never_cache
def run_search(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """The same of a command."""
    return _hits(request, access.one_off(request, name, number).journal)


def _file(name: str, journal: Journal) -> StreamingHttpResponse:
    return text_file(name, partial(journals.read, journal, limit=PAGE), lambda line: plain(line.text))


def _hits(request: HttpRequest, journal: Journal) -> JsonResponse:
    wanted = request.GET.get("q", "").casefold()
    hits = [line.number for line in _all(journal) if wanted in plain(line.text).casefold()] if wanted else []
    return JsonResponse({"count": len(hits), "lines": hits[:MOST_HITS]})


def _all(journal: Journal) -> Iterator[journals.Line]:
    """Every line there is now, a page at a time."""
    since = 0
    while page := journals.read(journal, since, PAGE):
        yield from page
        since = page[-1].number
