"""Time the pages with many rows: `python -m tests.bench.visits APPS BUILDS RELEASES VISITS`.

Runs in an installation's environment with an empty database; prints JSON: by page the seconds of each visit and the
queries of one.
"""

import json
import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
django.setup()

from django.conf import settings  # noqa: E402 - models can be imported only from here on
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from builds.models import Build  # noqa: E402
from console import asgi  # noqa: E402, F401 - what the web process does when it starts
from runtimes.models import Release  # noqa: E402
from tests.bench.crowd import Crowd, facts  # noqa: E402
from tests.console import factories as make  # noqa: E402

WARM_UPS = 3


def pages() -> dict[str, tuple[str, str]]:
    """Name → who visits what; of the busy app, and of everything."""
    live = Release.objects.get(environment__app__name="app-0", state="live").journal.number
    failed = Build.objects.filter(app__name="app-0", state="failed").latest("pk").journal.number
    app = "/apps/app-0"
    of_member = {
        "apps": "/",
        "app": f"{app}/",
        "deploys": f"{app}/deploys/",
        "deploy, live": f"{app}/deploys/{live}/",
        "deploy, failed": f"{app}/deploys/{failed}/",
        "deploy, its parts": f"{app}/deploys/{live}/live",
        "log": f"{app}/deploys/{failed}/log",
        "releases": f"{app}/releases/",
        "processes": f"{app}/processes/",
        "logs": f"{app}/logs/",
        "buildpacks": f"{app}/buildpacks/",
        "config": f"{app}/config/",
        "settings": f"{app}/settings/",
        "activity": f"{app}/activity/",
        "queue": "/queue",
        "teams": "/teams/",
        "account": "/account/",
    }
    of_root = {
        "apps, admin": "/",
        "apps, searched": "/?q=app-99",
        "queue, admin": "/queue",
        "people": "/admin/people",
        "registry": "/admin/buildpacks",
        "stacks": "/admin/stacks",
        "hints": "/admin/hints",
        "activity, admin": "/admin/activity",
    }
    return {name: ("member0", path) for name, path in of_member.items()} | {
        name: ("root", path) for name, path in of_root.items()
    }


def visit(client: Client, path: str, times: int) -> tuple[list[float], int]:
    """The seconds of each visit, and the queries of one."""
    for _ in range(WARM_UPS):
        assert client.get(path).status_code == 200, path
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
        asked = len(queries)
    return [_seconds(client, path) for _ in range(times)], asked


def _seconds(client: Client, path: str) -> float:
    """What the processor needed, the database in it included: what else the machine does is not the page's."""
    begun = time.process_time()
    client.get(path)
    return time.process_time() - begun


if __name__ == "__main__":
    apps, builds, releases, visits = map(int, sys.argv[1:])
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    begun = time.perf_counter()
    Crowd(apps, builds, releases).fill()
    sys.stderr.write(f"{facts()} in {time.perf_counter() - begun:.0f} s\n")
    clients = {name: Client() for name in ("member0", "root")}
    for name, client in clients.items():
        client.force_login(make.known(name))
    found = {name: visit(clients[who], path, visits) for name, (who, path) in pages().items()}
    json.dump({name: {"seconds": taken, "queries": queries} for name, (taken, queries) in found.items()}, sys.stdout)
