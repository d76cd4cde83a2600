"""Files to take away; those that can be long a page at a time, never in memory as a whole."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpResponse, StreamingHttpResponse

# A spreadsheet takes a cell that begins with one of these for a formula, and would carry it out.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def text_file(name: str, read: Callable[[int], Sequence[Any]], write: Callable[[Any], str]) -> StreamingHttpResponse:
    """An attachment of this name; `read` gives the lines after a number, `write` the text of one."""
    return _attachment(name, "text/plain", _pages(read, write))


def csv_file(
    name: str, header: Sequence[str], read: Callable[[int], Sequence[Any]], cells: Callable[[Any], Sequence[str]]
) -> StreamingHttpResponse:
    """An attachment of rows; `read` gives those after the row with a key (first 0), `cells` what stands in one."""
    return _attachment(name, "text/csv", _rows(header, read, cells))


def attached(name: str, text: str) -> HttpResponse:
    """An attachment that is short enough to be at hand."""
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers=_named(name))


def _attachment(name: str, kind: str, parts: AsyncIterator[str]) -> StreamingHttpResponse:
    return StreamingHttpResponse(parts, content_type=f"{kind}; charset=utf-8", headers=_named(name))


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


async def _pages(read: Callable[[int], Sequence[Any]], write: Callable[[Any], str]) -> AsyncIterator[str]:
    since = 0
    while page := await sync_to_async(read)(since):
        yield "".join(f"{write(line)}\n" for line in page)
        since = page[-1].number


async def _rows(
    header: Sequence[str], read: Callable[[int], Sequence[Any]], cells: Callable[[Any], Sequence[str]]
) -> AsyncIterator[str]:
    yield _csv([header])
    key = 0
    while page := await sync_to_async(read)(key):
        yield _csv([cells(row) for row in page])
        key = page[-1].pk


def _csv(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([[_harmless(cell) for cell in row] for row in rows])
    return text.getvalue()


def _harmless(cell: str) -> str:
    """The cell as text, also to a spreadsheet."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
