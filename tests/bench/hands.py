"""The console's verbs on request, so that a click costs no start of Python.

A line of JSON comes in, `["scale", app, {"web": 5}]`, and one goes out: the number of the deploy, or null.
"""

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
django.setup()

from runtimes import release, restart, scale  # noqa: E402 - models can be imported only from here on
from runtimes.models import App, Environment  # noqa: E402


def _production(app: str) -> Environment:
    return App.objects.get(name=app).production


def _scale(app: str, quantities: dict[str, int]) -> None:
    scale.scale(_production(app), quantities)


def _change_config(app: str) -> int:
    return release.change_config(_production(app)).journal.number


def _roll_back(app: str) -> int:
    newest = release.possible_rollbacks(_production(app))[0]
    return release.roll_back(newest).journal.number


def _stop(app: str) -> None:
    restart.stop(_production(app))


VERBS: dict[str, Callable[..., Any]] = {
    "scale": _scale,
    "change_config": _change_config,
    "roll_back": _roll_back,
    "stop": _stop,
}

if __name__ == "__main__":
    for line in sys.stdin:
        verb, *arguments = json.loads(line)
        sys.stdout.write(json.dumps(VERBS[verb](*arguments)) + "\n")
        sys.stdout.flush()
