"""Logs as files of plain text, a page at a time: no log is ever in memory as a whole."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse


def text_file(name: str, read: Callable[[int], Sequence[Any]], write: Callable[[Any], str]) -> StreamingHttpResponse:
    """An attachment of this name; `read` gives the lines after a number, `write` the text of one."""
    response = StreamingHttpResponse(_pages(read, write), content_type="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


async def _pages(read: Callable[[int], Sequence[Any]], write: Callable[[Any], str]) -> AsyncIterator[str]:
    since = 0
    while page := await sync_to_async(read)(since):
        yield "".join(f"{write(line)}\n" for line in page)
        since = page[-1].number
