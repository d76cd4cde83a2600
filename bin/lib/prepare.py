"""Bring database, first admin and static files up to date, in one process: each start of Django is a second.

What `bootstrap` says goes to standard output: the first admin's login, which is printed and kept nowhere.
"""

import hashlib
import os
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[2]


def fingerprint() -> str:
    """What the static files are made of: names, sizes and times of our own, and the versions of the libraries'."""
    files = sorted(path for folder in settings.STATICFILES_DIRS for path in Path(folder).rglob("*") if path.is_file())
    parts = [f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files]
    return hashlib.sha256("\n".join([*parts, (ROOT / "requirements.lock").read_text()]).encode()).hexdigest()


def collect() -> None:
    """Collect the static files unless they are those of last time."""
    stamp = Path(settings.STATIC_ROOT) / ".fingerprint"
    if not stamp.exists() or stamp.read_text() != fingerprint():
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(fingerprint())


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("bootstrap")
    collect()
