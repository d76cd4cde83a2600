"""Make the list of files that the server answers with: `.heroku/static/site.json`, and compressed twins beside it.

Usage: prepare.py BUILD_DIR ROOT KEPT. KEPT holds compressed twins between builds, by checksum of the original.
All decisions fall here, once; the server only looks up. static.json may say (all optional): `clean_urls` (default
true), `error_page`, `routes` ({"/**": "index.html"} for single-page apps), `redirects`, `headers` by pattern.
"""

import contextlib
import gzip
import hashlib
import importlib
import json
import mimetypes
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# A checksum in a name means that the content under that name never changes: app.3f9c2ab1.js (hexadecimal, not a date),
# index-BVx3k2aP.css (eight characters, not a word), and all that these frameworks put below such folders.
HASHED = re.compile(
    r"[.-](?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{8,64}\.\w+$"
    r"|[.-](?=[\w-]+[A-Z])(?=[\w-]*[a-z])[\w-]{8}\.\w+$"
    r"|/(_next/static|_app/immutable|_nuxt|_astro)/"
)
TEXT = re.compile(r"text/|application/(javascript|json|xml|wasm|[\w.]+\+(json|xml))|image/svg|font/(ttf|otf)")
NAMED_TEXT = re.compile(r"text/|application/(javascript|json|xml|[\w.]+\+(json|xml))")
NEVER = {"Procfile", "static.json", "app.json", "Aptfile"}
NEVER |= {"package.json", "package-lock.json", "yarn.lock", "pnpm-lock.yaml"}
NEVER_FOLDERS = {"node_modules", "bin"}
SMALLEST = 1024  # bytes; below, the compressed twin saves less than its headers cost
YEAR = "public, max-age=31536000, immutable"
HOUR = "public, max-age=3600"
ASK = "no-cache"  # keep it, but ask each time whether it is still the same

for kind, suffix in (
    ("text/javascript", ".mjs"),
    ("application/manifest+json", ".webmanifest"),
    ("font/woff2", ".woff2"),
):
    mimetypes.add_type(kind, suffix)


def encoders() -> dict[str, Callable[[bytes], bytes]]:
    """How to compress, best first. brotli is there only where the package index could give it."""
    found: dict[str, Callable[[bytes], bytes]] = {}
    with contextlib.suppress(ImportError):
        found["br"] = importlib.import_module("brotli").compress
    found["gzip"] = lambda content: gzip.compress(content, 9, mtime=0)
    return found


def site_files(root: Path, whole_source: bool) -> Iterator[Path]:
    """Files below the root that are meant for visitors: no hidden ones (but .well-known), nothing of the platform's."""
    for folder, folders, names in os.walk(root):
        top = whole_source and Path(folder) == root
        folders[:] = sorted(name for name in folders if shown(name) and not (top and name in NEVER_FOLDERS))
        yield from (Path(folder, name) for name in sorted(names) if shown(name) and not (top and name in NEVER))


def shown(name: str) -> bool:
    """Is a file or folder of that name for visitors?"""
    return not name.startswith(".") or name == ".well-known"


def cache_control(path: Path) -> str:
    """How long a browser may keep it without asking."""
    if path.suffix in {".html", ".htm"} or path.name in {"sw.js", "service-worker.js"}:
        return ASK
    return YEAR if HASHED.search(path.as_posix()) else HOUR


def twins(content: bytes, digest: str, kept: Path, target: Path) -> dict[str, str]:
    """Compressed twins by encoding, as names in `target`; made only where the last build left none."""
    found = {}
    for encoding, encode in encoders().items():
        name = f"{digest}.{encoding}"
        if not (kept / name).exists():
            (kept / name).write_bytes(encode(content))
        if (kept / name).stat().st_size < len(content) * 0.95:
            (target / name).unlink(missing_ok=True)
            (target / name).hardlink_to(kept / name)
            found[encoding] = f".heroku/static/{name}"
    return found


def describe(path: Path, build: Path, kept: Path) -> dict[str, Any]:
    """What the server needs to know of one file."""
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:20]
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    compressible = TEXT.match(kind) and len(content) >= SMALLEST
    return {
        "file": str(path.relative_to(build)),
        "type": f"{kind}; charset=utf-8"
        if kind.startswith("text/") or kind.endswith(("json", "javascript", "xml"))
        else kind,
        "tag": digest,
        "cache": cache_control(path),
        "twins": twins(content, digest, kept, build / ".heroku" / "static") if compressible else {},
    }


def addresses(path: Path, root: Path, clean: bool) -> list[str]:
    """Under which addresses a file answers: its own, its folder's for index.html, and without .html if `clean`."""
    own = f"/{path.relative_to(root).as_posix()}"
    if path.name == "index.html":
        return [own, own.removesuffix("index.html")]
    return [own, own.removesuffix(".html")] if clean and own.endswith(".html") else [own]


def fallback(config: dict[str, Any], answers: dict[str, Any], built: bool) -> str | None:
    """The page for addresses that no file has: as configured, or for a built front end of a single page."""
    routes = config.get("routes", {})
    if isinstance(routes, dict) and "/**" in routes:
        return f"/{str(routes['/**']).lstrip('/')}"
    pages = {answer["file"] for answer in answers.values() if answer["file"].endswith(".html")}
    return "/index.html" if built and len(pages) == 1 and "/index.html" in answers else None


def main(build: Path, root_name: str, kept: Path) -> None:
    """Write site.json, drop twins that no file has any more, say what was found."""
    root = build / root_name
    file = build / "static.json"
    config = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    answers: dict[str, Any] = {}
    for path in site_files(root, root_name == "."):
        described = describe(path, build, kept)
        for address in addresses(path, root, config.get("clean_urls", True)):
            answers.setdefault(address, described)
    site = {
        "answers": answers,
        "fallback": fallback(config, answers, (build / "package.json").exists()),
        "missing": f"/{config.get('error_page', '404.html').lstrip('/')}",
        "redirects": config.get("redirects", {}),
        "headers": config.get("headers", {}),
    }
    (build / ".heroku" / "static" / "site.json").write_text(json.dumps(site), encoding="utf-8")
    used = {Path(name).name for answer in answers.values() for name in answer["twins"].values()}
    for old in kept.iterdir():
        if old.name not in used:
            old.unlink()
    sys.stdout.write(f"{len({answer['file'] for answer in answers.values()})} files, {len(used)} compressed twins\n")
    if site["fallback"]:
        sys.stdout.write(f"Addresses without a file get {site['fallback']}: a single-page app\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
