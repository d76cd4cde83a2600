"""A script kept ready in a container: to start a command there takes Docker a tenth of a second and more."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

from runtimes.engine.base import EngineUnreachable, gettext_noop
from runtimes.engine.docker_client import DockerClient, translated
from runtimes.engine.streams import frames

# A connection that nobody uses for long may be cut without a word: so long an answer is waited for.
RUN_SECONDS = 30

# Reads how many arguments come and then each in a line of its own, runs the script with them in a subshell, and answers
# with what it printed and its exit status, a NUL after each. It ends with its input: when nobody is there any more who
# asks.
LOOP = r"""while read -r count; do
  set --
  while [ "$count" -gt 0 ]; do
    IFS= read -r word || exit
    set -- "$@" "$word"
    count=$((count - 1))
  done
  said="$(eval "$0" 2>&1 </dev/null)"
  printf '%s\000%s\000' "$said" "$?"
done"""


class DockerScript:
    """One that waits for arguments; see `Engine.script`."""

    def __init__(self, client: DockerClient, ref: str, script: str) -> None:
        with translated():
            made = client.quick.exec_create(ref, ["sh", "-c", LOOP, script], stdin=True)["Id"]
            stream: Any = client.acting.exec_start(made, socket=True)
        self._stream = stream
        self._link: socket.socket = getattr(stream, "_sock", stream)  # a local socket comes wrapped, one with TLS not
        self._link.settimeout(RUN_SECONDS)
        self._answers = self._said()
        self._lock = threading.Lock()

    def run(self, *arguments: str) -> tuple[int, str]:
        asked = "\n".join([str(len(arguments)), *arguments, ""])
        with self._lock, translated():
            self._link.sendall(asked.encode())
            said, code = next(self._answers, ""), next(self._answers, "")
        if not code:
            raise EngineUnreachable(gettext_noop("Docker broke off in the middle of an answer."))
        return int(code), said

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._link.shutdown(socket.SHUT_RDWR)
        self._stream.close()

    def _said(self) -> Iterator[str]:
        """What it answers, piece by piece."""
        rest = b""
        for _, payload in frames(self._stream):
            *whole, rest = (rest + payload).split(b"\0")
            yield from (each.decode(errors="replace") for each in whole)
