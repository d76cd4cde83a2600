"""Facts of a pyproject.toml for bash: one `name=value` per line, nothing for what is missing.

Usage: pyproject.py FILE. Exit status 1 with the parser's words on stderr when the file is no TOML.
Sources: PEP 621 (`[project]`), PEP 518 (`[build-system]`), Poetry's and uv's documentation for their tables.
"""

import re
import sys
import tomllib
from pathlib import Path
from typing import Any


def poetry_python(constraint: object) -> str:
    """Poetry's `^3.11` and `~3.11` in the words of PEP 440; other constraints mean the same in both."""
    text = constraint if isinstance(constraint, str) else ""
    match = re.fullmatch(r"([\^~])(\d+)(?:\.(\d+))?(?:\.\d+)?", text.strip())
    if match is None:
        return "" if text == "*" else text
    sign, major, minor = match[1], int(match[2]), int(match[3] or 0)
    below = f"{major}.{minor + 1}" if sign == "~" and match[3] else f"{major + 1}"
    return f">={text.strip()[1:]},<{below}"


def facts(document: dict[str, Any]) -> dict[str, str]:
    """What the buildpack asks: which tables there are, the Python wanted, whether the app installs itself."""
    project, tool = document.get("project", {}), document.get("tool", {})
    poetry, uv = tool.get("poetry"), tool.get("uv", {})
    wanted = project.get("requires-python") or poetry_python((poetry or {}).get("dependencies", {}).get("python"))
    is_package = "build-system" in document and uv.get("package", True) and (poetry or {}).get("package-mode", True)
    return {
        "project": "1" if project else "",
        "poetry": "1" if poetry is not None else "",
        "package": "1" if is_package else "",
        "requires_python": wanted or "",
    }


def main(path: Path) -> int:
    """Print the facts."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for name, value in facts(document).items():
        sys.stdout.write(f"{name}={value}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
