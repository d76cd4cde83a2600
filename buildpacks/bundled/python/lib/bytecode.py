"""Compile installed modules once per build, so that no instance has to do it at every start.

Usage: bytecode.py SITE_PACKAGES

Test suites inside packages, and pip, are left out: nobody imports them while serving. Bytecode that an earlier build
made stays where it is of the very same source, so that one added package costs only its own modules. One process per
core; a module that does not compile is skipped, as pip does.
"""

import os
import py_compile
import struct
import sys
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path

LEFT_OUT = {"tests", "test", "pip", "__pycache__"}


def sources(root: Path) -> list[Path]:
    """Paths of all modules below `root`, the largest first so that processes end together."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in LEFT_OUT]
        found += [Path(folder, name) for name in names if name.endswith(".py")]
    return sorted(found, key=lambda path: path.stat().st_size, reverse=True)


def is_compiled(path: Path) -> bool:
    """Whether there is bytecode that Python takes for this source: it names its time and size (PEP 552)."""
    try:
        with Path(cache_from_source(str(path))).open("rb") as bytecode:
            header = bytecode.read(16)
    except OSError:
        return False
    source = path.stat()
    wanted = struct.pack("<4sIII", MAGIC_NUMBER, 0, int(source.st_mtime) & 0xFFFFFFFF, source.st_size & 0xFFFFFFFF)
    return header == wanted


def compile_all(paths: list[Path]) -> None:
    """Compile each of `paths`; a broken module stays what it is, source that fails when imported."""
    for path in paths:
        try:
            py_compile.compile(str(path), doraise=True)
        except (py_compile.PyCompileError, OSError, ValueError, RecursionError):
            continue


def main(root: Path) -> None:
    """Split the work over as many processes as there are cores."""
    left = [path for path in sources(root) if not is_compiled(path)]
    cores = len(os.sched_getaffinity(0))
    children = []
    for share in range(cores):
        child = os.fork()
        if child == 0:
            compile_all(left[share::cores])
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
