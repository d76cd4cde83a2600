"""Pick a published version of an npm package, as npm's own range rules would.

Usage: versions.py RANGE [NODE_VERSION] < packument

Reads the registry's answer for the package, prints `version`, tarball URL and the sha512 in hex, separated by
spaces. With NODE_VERSION, versions whose `engines.node` excludes it are left out. Exit status 3: no version fits, the
newest of each major are on stderr. Rules: the README of node-semver.
"""

import base64
import json
import re
import sys
from typing import Any

Version = tuple[int, int, int]
Bounds = tuple[Version, Version]

TOP: Version = (1 << 31, 0, 0)
EVERYTHING = {"", "*", "x", "X", "latest", "current", "node", "stable", "lts", "lts/*"}
PARTIAL = re.compile(r"(<=|>=|<|>|=|~>|~|\^)?\s*v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:[-+][\w.+-]*)?")
HYPHEN = re.compile(r"(\S+)\s+-\s+(\S+)")


def parts(match: re.Match[str]) -> list[int]:
    """The numbers that a partial version names, up to the first wildcard: `1.x` is [1]."""
    numbers: list[int] = []
    for text in match.group(2, 3, 4):
        if text is None or not text.isdigit():
            break
        numbers.append(int(text))
    return numbers


def lowest(numbers: list[int]) -> Version:
    """The first version that a partial one covers."""
    filled = [*numbers, 0, 0, 0]
    return (filled[0], filled[1], filled[2])


def after(numbers: list[int], keep: int) -> Version:
    """The first version after all those that share the first `keep` numbers."""
    kept = numbers[:keep]
    return lowest([*kept[:-1], kept[-1] + 1]) if kept else TOP


def caret(numbers: list[int]) -> int:
    """How many numbers `^` holds fast: up to the first that is not 0."""
    leading = next((place for place, number in enumerate(numbers) if number), len(numbers) - 1)
    return leading + 1


def bounds(match: re.Match[str]) -> Bounds:
    """Turn one comparator into a half-open interval."""
    operator, numbers = match.group(1) or "=", parts(match)
    low, top = lowest(numbers), after(numbers, len(numbers))
    table: dict[str, Bounds] = {
        "=": (low, top),
        ">=": (low, TOP),
        "<": ((0, 0, 0), low),
        ">": (top, TOP),
        "<=": ((0, 0, 0), top),
        "~": (low, after(numbers, 2)),
        "~>": (low, after(numbers, 2)),
        "^": (low, after(numbers, caret(numbers)) if numbers else TOP),
    }
    return table[operator]


def intervals(range_text: str) -> list[list[Bounds]]:
    """Alternatives (`||`) of comparators that must all hold. Raises ValueError for what is no range."""
    found = []
    for alternative in range_text.split("||"):
        text = HYPHEN.sub(r">=\1 <=\2", alternative.strip())
        if text in EVERYTHING:
            found.append([((0, 0, 0), TOP)])
            continue
        if PARTIAL.sub("", text).strip(" ,"):
            raise ValueError(range_text)
        found.append([bounds(match) for match in PARTIAL.finditer(text)])
    return found


def satisfies(version: Version, range_text: str) -> bool:
    """Does the version lie in the range?"""
    return any(all(low <= version < top for low, top in every) for every in intervals(range_text))


def stable(text: str) -> Version | None:
    """The three numbers of a version; None for a pre-release, which no plain range includes."""
    match = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", text)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def suits(facts: dict[str, Any], node: Version | None) -> bool:
    """Does this version of a package run on that Node? Unreadable or missing `engines` do not speak against it."""
    engines = facts.get("engines")
    wanted = engines.get("node") if isinstance(engines, dict) else None
    if node is None or not isinstance(wanted, str):
        return True
    try:
        return satisfies(node, wanted)
    except ValueError:
        return True


def choose(packument: dict[str, Any], range_text: str, node: Version | None) -> str | None:
    """The newest stable version in the range that suits the Node; None if there is none."""
    known = {version: text for text in packument["versions"] if (version := stable(text))}
    fitting = [v for v, text in known.items() if satisfies(v, range_text) and suits(packument["versions"][text], node)]
    return known[max(fitting)] if fitting else None


def newest_of_each_major(packument: dict[str, Any]) -> str:
    """For a message: `26.10.0, 25.9.0, …`."""
    newest: dict[int, Version] = {}
    for version in filter(None, map(stable, packument["versions"])):
        newest[version[0]] = max(version, newest.get(version[0], version))
    return ", ".join(".".join(map(str, newest[major])) for major in sorted(newest, reverse=True)[:8])


def main(range_text: str, node_text: str) -> int:
    """Print the choice. Exit status 2: not a range; 3: nothing fits."""
    packument = json.load(sys.stdin)
    try:
        version = choose(packument, range_text, stable(node_text))
    except ValueError:
        return 2
    if version is None:
        sys.stderr.write(newest_of_each_major(packument) + "\n")
        return 3
    dist = packument["versions"][version]["dist"]
    integrity = dist.get("integrity", "").split()
    digest = next((text.removeprefix("sha512-") for text in integrity if text.startswith("sha512-")), "")
    sys.stdout.write(f"{version} {dist['tarball']} {base64.b64decode(digest).hex()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""))
