"""Serve the site that prepare.py listed, on $PORT. Needs nothing but Python's own library.

Every request is a look-up in site.json, so no path from outside ever reaches the file system. HTTP semantics
are those of RFC 9110: validators, ranges, content coding, redirects.
"""

import json
import os
import re
import signal
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

HOME = Path(__file__).resolve().parents[2]
SITE: dict[str, Any] = json.loads((Path(__file__).parent / "site.json").read_text(encoding="utf-8"))
RANGE = re.compile(r"bytes=(\d*)-(\d*)$")


def pattern(text: str) -> re.Pattern[str]:
    """`/**` is everything below, `/*` one part of a path."""
    return re.compile(re.escape(text).replace(r"\*\*", ".*").replace(r"\*", "[^/]*") + "$")


HEADERS = [(pattern(text), headers) for text, headers in SITE["headers"].items()]


def byte_range(text: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a single range; None for what is no range of this size."""
    match = RANGE.match(text)
    if match is None or match.groups() == ("", "") or size == 0:
        return None
    if not match[1]:
        return max(size - int(match[2]), 0), size - 1
    first, last = int(match[1]), min(int(match[2] or size - 1), size - 1)
    return (first, last) if first <= last else None


class Handler(BaseHTTPRequestHandler):
    """One connection of a client, which may send several requests."""

    protocol_version = "HTTP/1.1"
    server_version = "static"
    sys_version = ""
    timeout = 60  # seconds that a silent client keeps its thread
    wbufsize = 65536  # headers and a small body leave in one packet

    def do_GET(self) -> None:
        """Answer with a file, a redirect, the single-page fallback, or the error page."""
        path = unquote(urlsplit(self.path).path)
        redirect = SITE["redirects"].get(path)
        if isinstance(redirect, dict):
            self.redirect(str(redirect["url"]), int(redirect.get("status", HTTPStatus.MOVED_PERMANENTLY)))
        elif answer := SITE["answers"].get(path):
            self.answer(answer, path, HTTPStatus.OK)
        elif f"{path}/" in SITE["answers"]:
            self.redirect(quote(f"/{path.lstrip('/')}/"), HTTPStatus.MOVED_PERMANENTLY)
        elif SITE["fallback"] in SITE["answers"] and "." not in path.rsplit("/", 1)[-1]:
            self.answer(SITE["answers"][SITE["fallback"]], path, HTTPStatus.OK)
        elif missing := SITE["answers"].get(SITE["missing"]):
            self.answer(missing, path, HTTPStatus.NOT_FOUND)
        else:
            self.plain(HTTPStatus.NOT_FOUND)

    do_HEAD = do_GET  # noqa: N815 (the base class names it so)

    def answer(self, answer: dict[str, Any], path: str, status: HTTPStatus) -> None:
        """A file, or its compressed twin, or the news that the client has it already."""
        coding = self.coding(answer["twins"])
        tag = f'"{answer["tag"]}{"-" + coding if coding else ""}"'
        if status == HTTPStatus.OK and self.has(tag):
            self.head(HTTPStatus.NOT_MODIFIED, answer, path, tag, coding)
            self.end_headers()
            return
        with (HOME / (answer["twins"][coding] if coding else answer["file"])).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            first, last = 0, size - 1
            wanted = self.headers.get("Range") if not coding and status == HTTPStatus.OK else None
            if wanted and (part := byte_range(wanted, size)):
                status, (first, last) = HTTPStatus.PARTIAL_CONTENT, part
            self.head(status, answer, path, tag, coding)
            if status == HTTPStatus.PARTIAL_CONTENT:
                self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
            self.send_header("Content-Length", str(last - first + 1))
            self.end_headers()
            if self.command != "HEAD" and last >= first:
                self.wfile.flush()
                self.connection.sendfile(file, first, last - first + 1)

    def head(self, status: HTTPStatus, answer: dict[str, Any], path: str, tag: str, coding: str) -> None:
        """Status line and the headers that all answers with a file share; those of static.json win."""
        headers = {
            "Content-Type": answer["type"],
            "Cache-Control": answer["cache"] if status != HTTPStatus.NOT_FOUND else "no-cache",
            "ETag": tag,
            "Accept-Ranges": "bytes",
            "X-Content-Type-Options": "nosniff",
        }
        if answer["twins"]:
            headers["Vary"] = "Accept-Encoding"
        if coding:
            headers["Content-Encoding"] = coding
        for matching, more in HEADERS:
            if matching.match(path):
                headers.update(more)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, str(value))

    def coding(self, twins: dict[str, str]) -> str:
        """The best coding that both sides have; empty for none. `;q=0` refuses one."""
        offered = {
            part.split(";")[0].strip().lower()
            for part in self.headers.get("Accept-Encoding", "").split(",")
            if not re.search(r";\s*q=0(\.0*)?\s*$", part)
        }
        return next((name for name in twins if name in offered), "")

    def has(self, tag: str) -> bool:
        """Does the client's If-None-Match name this very version?"""
        known = self.headers.get("If-None-Match", "")
        return known == "*" or tag in {part.strip().removeprefix("W/") for part in known.split(",")}

    def redirect(self, target: str, status: int) -> None:
        """Send the client elsewhere; line breaks in a configured address would be headers."""
        self.send_response(status)
        self.send_header("Location", target.replace("\r", "").replace("\n", ""))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def plain(self, status: HTTPStatus) -> None:
        """A status without a page of the site's own."""
        text = f"{status.value} {status.phrase}\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it so)
        """One line per request on stdout, where the platform's log is."""
        sys.stdout.write(f"{self.headers.get('X-Forwarded-For', self.client_address[0])} {format % args}\n")
        sys.stdout.flush()


class Server(ThreadingHTTPServer):
    """A thread per connection; a burst of them waits in the queue."""

    request_queue_size = 256
    daemon_threads = True


def main() -> None:
    """Serve until SIGTERM."""
    server = Server(("", int(os.environ.get("PORT", "8000"))), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    sys.stdout.write(f"Serving {len(SITE['answers'])} addresses on port {server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.2)


if __name__ == "__main__":
    main()
