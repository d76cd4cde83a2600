"""What commands do on the fake engine: a few words that mean the same on a real one.

    true  false  echo WORD…  cat FILE…  printenv NAME  sleep SECONDS (or infinity)
    tail /dev/zero                      uses up its memory: is killed, exit status 137, OOM
    timeout -k SECONDS SECONDS COMMAND  gives it so long to sleep: exit status 124 after that
    sh -c LINE, bash -c LINE            statements with `;` or a line end between them, see below
    /usr/local/bin/slipway-run LINE     the run image's entry does the same

A LINE knows the words above, `exit STATUS`, `exec WORD…`, `exec 2>&1`, `trap '' TERM` (SIGTERM passes from
then on), `$NAME`, `${NAME}` and `$?`, quotes round whole words, and at the end of a statement `>&2` or
`> FILE`. Anything else of a shell's language ends it with status 2 and a line that says so.

At a terminal `sh` and `bash` without more read one LINE after the other, `stty size` says how large it is, and
Ctrl-C and Ctrl-D do what they do.

One word is the fake's own: `serve` listens on $PORT at the instance's own address, which is a real
loopback address of this machine, answers every request with 200 and its $DYNO, and ends on SIGTERM.
`sleep infinity` in its place is an instance that never listens; `exit 3` is one that crashes.

A test that needs more hands in a program of its own, by the first word of its command:

    engine.world.programs["/usr/local/lib/slipway/build"] = builder

A program is a function of a `Process`: it looks at `argv`, `env` and `files`, says `write(b"…")`,
sleeps with `sleep(seconds)`, from which it does not come back once it is killed, and returns its
exit status. Files it leaves with `files.write(path, content)` are what `Job.read` gives.
"""

import socket
from dataclasses import dataclass, replace

from runtimes.engine.docker_kwargs import RUN_ENTRY
from runtimes.engine.fake_process import Host, Process, Program
from runtimes.engine.fake_shell import REFUSED, run_line

KILLED = 137
TOO_LATE = 124
FOREVER = 3600.0 * 24 * 365
KNOCK_SECONDS = 0.05


def echo(process: Process) -> int:
    process.write(" ".join(process.argv[1:]).encode() + b"\n")
    return 0


def cat(process: Process) -> int:
    for path in process.argv[1:]:
        try:
            process.write(process.files.read(path))
        except FileNotFoundError:
            process.complain(f"cat: {path}: No such file or directory")
            return 1
    return 0


def printenv(process: Process) -> int:
    value = process.env.get(process.argv[1])
    if value is None:
        return 1
    process.write(value.encode() + b"\n")
    return 0


def sleep(process: Process) -> int:
    process.sleep(FOREVER if process.argv[1] == "infinity" else float(process.argv[1]))
    return 0


def tail(process: Process) -> int:
    if process.argv[1:] != ("/dev/zero",):
        process.complain("tail: the fake engine knows /dev/zero only")
        return REFUSED
    process.host.run_out_of_memory()
    return KILLED


class _Late(Exception):
    """A command has slept for longer than it may."""


@dataclass
class _Hurried:
    """Where a command runs that has so many seconds left."""

    host: Host
    left: float

    @property
    def address(self) -> str:
        return self.host.address

    def rest(self, seconds: float) -> None:
        self.host.rest(min(seconds, self.left))
        self.left -= seconds
        if self.left < 0:
            raise _Late

    def ignore_sigterm(self) -> None:
        self.host.ignore_sigterm()

    def run_out_of_memory(self) -> None:
        self.host.run_out_of_memory()


def timeout(process: Process) -> int:
    match process.argv[1:]:
        case ["-k", _, seconds, *command]:
            try:
                return replace(process, host=_Hurried(process.host, float(seconds))).run(*command)
            except _Late:
                return TOO_LATE
    process.complain("timeout: the fake engine knows -k SECONDS SECONDS COMMAND only")
    return REFUSED


def shell(process: Process) -> int:
    match process.argv[1:]:
        case ["-c", line, *_]:  # what a script is given it cannot use
            return run_line(process, line)
    process.complain("sh: the fake engine knows -c only")
    return REFUSED


def slipway_run(process: Process) -> int:
    return run_line(process, process.argv[1])


def serve(process: Process) -> int:
    body = process.env["DYNO"].encode()
    answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    with socket.create_server((process.host.address, int(process.env["PORT"]))) as server:
        server.settimeout(KNOCK_SECONDS)
        while True:
            process.sleep(0)
            _answer(server, answer)


def _answer(server: socket.socket, answer: bytes) -> None:
    """Answer one visitor, if one comes; who only knocked has got what it wanted."""
    try:
        visitor, _ = server.accept()
        with visitor:
            visitor.settimeout(KNOCK_SECONDS * 10)
            if visitor.recv(65536):
                visitor.sendall(answer)
    except OSError:
        return


def words() -> dict[str, Program]:
    """Return the programs every fake engine begins with."""
    return {
        "true": lambda _: 0,
        "false": lambda _: 1,
        "echo": echo,
        "cat": cat,
        "printenv": printenv,
        "sleep": sleep,
        "tail": tail,
        "timeout": timeout,
        "sh": shell,
        "/bin/sh": shell,
        "bash": shell,
        RUN_ENTRY: slipway_run,
        "serve": serve,
    }
