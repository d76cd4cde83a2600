"""A deploy's log over HTTP: pages of lines, the whole as text, search."""

from collections.abc import Iterator
from functools import partial

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from builds import deploys
from console import access
from console.ansi import plain
from console.downloads import text_file
from console.views.frame import number_of
from runtimes import journal as journals
from runtimes.models import Journal

PAGE = 2_000
LARGEST_PAGE = 10_000
MOST_HITS = 10_000


@require_GET
@never_cache
def lines(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Lines after number `since`, or the last ones of all, as `[milliseconds, step, text]`."""
    deploy = access.deploy(request, name, number)
    sealed = journals.sealed(deploy.journal.pk)
    last = journals.count(deploy.journal)
    limit = min(number_of(request, "limit", PAGE), LARGEST_PAGE)
    since = number_of(request, "since", max(0, last - limit))
    found = journals.read(deploy.journal, since, limit)
    return JsonResponse(
        {
            "from": found[0].number if found else since + 1,
            "lines": [[line.at_ms, line.step, line.text] for line in found],
            "last": last,
            "sealed": sealed,
            "state": deploys.get(deploy.app, number).state,  # read after the seal: with it comes the last one
        }
    )


@require_GET
@never_cache
def text(request: HttpRequest, name: str, number: int) -> StreamingHttpResponse:
    """The whole log as a file of plain text."""
    deploy = access.deploy(request, name, number)
    read = partial(journals.read, deploy.journal, limit=PAGE)
    return text_file(f"{deploy.app.name}-{deploy.number}.txt", read, lambda line: plain(line.text))


@require_GET
@never_cache
def search(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """The numbers of the lines that have some text, whatever their case."""
    deploy = access.deploy(request, name, number)
    wanted = request.GET.get("q", "").casefold()
    hits = [line.number for line in _all(deploy.journal) if wanted in plain(line.text).casefold()] if wanted else []
    return JsonResponse({"count": len(hits), "lines": hits[:MOST_HITS]})


def _all(journal: Journal) -> Iterator[journals.Line]:
    """Every line there is now, a page at a time."""
    since = 0
    while page := journals.read(journal, since, PAGE):
        yield from page
        since = page[-1].number
