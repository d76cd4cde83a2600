"""Asking for a page until it is there."""

import http.client
import time
from collections.abc import Callable
from dataclasses import dataclass

PATIENCE_SECONDS = 300
PAUSE_SECONDS = 0.01


@dataclass(frozen=True)
class Address:
    """Where to ask, and under which name; `path` must answer 200 when all is well."""

    port: int
    host: str = "localhost"
    path: str = "/"


def get(address: Address) -> tuple[int, str]:
    """Status and text of one answer; status 0 where nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", address.port, timeout=10)
    try:
        connection.request("GET", address.path, headers={"Host": address.host})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()


class Visitor:
    """Somebody who asks for one page again and again over one connection, as browsers do."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._connection = http.client.HTTPConnection("127.0.0.1", address.port, timeout=60)

    def __enter__(self) -> "Visitor":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def get(self) -> tuple[int, str]:
        """Status and text of one answer, which there must be."""
        self._connection.request("GET", self._address.path, headers={"Host": self._address.host})
        answer = self._connection.getresponse()
        return answer.status, answer.read().decode()


def wait(address: Address, is_it: Callable[[str], bool] = lambda _: True) -> float:
    """Wait for an answer 200 whose text `is_it`; return the moment (`time.perf_counter`) at which it came."""
    deadline = time.perf_counter() + PATIENCE_SECONDS
    while time.perf_counter() < deadline:
        status, text = get(address)
        if status == 200 and is_it(text):
            return time.perf_counter()
        time.sleep(PAUSE_SECONDS)
    raise TimeoutError(f"{address} did not answer as expected: {get(address)}")
