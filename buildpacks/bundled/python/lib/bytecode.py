"""Compile installed modules once per build, so that no instance has to do it at every start.

Usage: bytecode.py SITE_PACKAGES [KEPT_SITE_PACKAGES]

Test suites inside packages are left out: nobody imports them while serving. Bytecode is taken over from the tree
kept from the last build (hard links) where the source is the very same file, so that one added package costs only
its own modules. One process per core; a module that does not compile is skipped, as pip does.
"""

import os
import sys
from importlib.util import cache_from_source
from py_compile import PyCompileError, compile

LEFT_OUT = {"tests", "test", "__pycache__"}


def sources(root: str) -> list[str]:
    """Paths of all modules below `root`, relative to it, the largest first so that processes end together."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in LEFT_OUT]
        for name in names:
            if name.endswith(".py"):
                path = os.path.join(folder, name)
                found.append((os.path.getsize(path), os.path.relpath(path, root)))
    return [path for _, path in sorted(found, reverse=True)]


def take_over(root: str, kept: str, path: str) -> bool:
    """Link the kept bytecode of `path` if its source there is the same inode; say whether it did."""
    old, new = os.path.join(kept, path), os.path.join(root, path)
    try:
        if not os.path.samefile(old, new):
            return False
        os.makedirs(os.path.dirname(cache_from_source(new)), exist_ok=True)
        os.link(cache_from_source(old), cache_from_source(new))
    except FileExistsError:
        return True
    except OSError:
        return False
    return True


def compile_all(paths: list[str]) -> None:
    """Compile each of `paths`; a broken module stays what it is, source that fails when imported."""
    for path in paths:
        try:
            compile(path, doraise=True)
        except (PyCompileError, OSError, ValueError, RecursionError):
            continue


def main(root: str, kept: str | None) -> None:
    """Split the work over as many processes as there are cores."""
    left = [path for path in sources(root) if not (kept and take_over(root, kept, path))]
    cores = len(os.sched_getaffinity(0))
    children = []
    for share in range(cores):
        child = os.fork()
        if child == 0:
            compile_all([os.path.join(root, path) for path in left[share::cores]])
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 and os.path.isdir(sys.argv[2]) else None)
