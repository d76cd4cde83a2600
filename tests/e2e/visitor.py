"""Somebody who opens an app again and again and writes down every answer."""

import http.client
import threading
import time
from collections import Counter
from typing import Self

MOST_REQUESTS = 20_000
MOST_SECONDS = 300
BREATH_SECONDS = 0.01


class Visitor:
    """Use it as a context: requests go on inside, each over a connection of its own, on the loopback device only.

    It stops by itself after so many requests or seconds.
    """

    def __init__(self, host: str, port: int, words: tuple[str, ...]) -> None:
        self.failures: list[str] = []
        self.answers: list[str] = []  # for each request that word of `words` which was in the answer
        self._host, self._port, self._words = host, port, words
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._visit)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def seen(self) -> Counter[str]:
        """How often each word came."""
        return Counter(self.answers)

    def _visit(self) -> None:
        deadline = time.monotonic() + MOST_SECONDS
        while not self._over.wait(BREATH_SECONDS) and time.monotonic() < deadline:
            if len(self.answers) + len(self.failures) >= MOST_REQUESTS:
                return
            self._ask()

    def _ask(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request("GET", "/", headers={"Host": self._host})
            answer = connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            self.failures.append(repr(error))
            return
        finally:
            connection.close()
        word = next((word for word in self._words if word in text), None)
        if answer.status != 200 or word is None:
            self.failures.append(f"{answer.status}: {text[:200]}")
        else:
            self.answers.append(word)
