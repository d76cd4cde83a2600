"""Time the periodic look over many instances of a pretended daemon: `python -m tests.bench.many INSTANCES ROUNDS`.

Runs in an installation's environment with `SLIPWAY_ENGINE=fake` and an empty database; prints JSON:
`{"seconds": […], "queries": […]}` by round.
"""

import json
import os
import sys
import time
from typing import cast

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
django.setup()

from django.core.management import call_command  # noqa: E402 - models can be imported only from here on
from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from runtimes import attention  # noqa: E402
from runtimes.engine.fake import FakeEngine  # noqa: E402
from runtimes.installation import engine  # noqa: E402
from runtimes.models import App, Environment, Instance, Journal, Process, Release, Slug, Stack, Team  # noqa: E402
from tests.doubles import add_router  # noqa: E402

APPS = 20


def populate(instances: int) -> None:
    """Apps with a live release each, and so many instances between them, all up."""
    call_command("migrate", verbosity=0)
    team = Team.objects.create(name="Bench")
    stack = Stack.objects.create(name="fake", build_image="slipway/debian-12:build", run_image="slipway/debian-12:run")
    for number in range(APPS):
        app = App.objects.create(team=team, name=f"app-{number}", source="sample", stack=stack)
        release(Environment.objects.create(app=app, name="production"), instances // APPS)
    attention.look_after()
    Instance.objects.filter(state="starting").update(state="up")


def release(environment: Environment, quantity: int) -> None:
    """A live release of a worker that sleeps."""
    app = environment.app
    slug = Slug.objects.create(app=app, sha256=f"{app.pk:064x}", size=1, unpacked=1, stack=app.stack, process_types={})
    engine().restore(slug.sha256, app.stack.run_image, [b"\0" * 10240])
    journal = Journal.objects.open(environment)
    Process.objects.create(environment=environment, name="worker", quantity=quantity)
    facts = {"number": 1, "state": "live", "commands": {"worker": "sleep infinity"}, "live_at": timezone.now()}
    Release.objects.create(environment=environment, slug=slug, journal=journal, **facts)


def look() -> tuple[float, int]:
    """One pass: its seconds and its queries."""
    with CaptureQueriesContext(connection) as queries:
        begun = time.perf_counter()
        attention.look_after()
        return time.perf_counter() - begun, len(queries)


if __name__ == "__main__":
    wanted, rounds = int(sys.argv[1]), int(sys.argv[2])
    add_router(cast(FakeEngine, engine()))
    populate(wanted)
    exist = len([one for one in engine().observe() if one.index and one.state == "up"])
    assert exist == wanted, f"{exist} of {wanted} are up"
    looks = [look() for _ in range(rounds)]
    json.dump({"seconds": [each[0] for each in looks], "queries": [each[1] for each in looks]}, sys.stdout)
    sys.stdout.flush()
    os._exit(0)  # the pretended instances sleep in threads
