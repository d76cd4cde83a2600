"""Run one queue: `python -m console.worker builder`.

The same worker as `celery worker` starts, without its command line, whose interactive shell alone takes 10 MB.
"""

import gc
import sys

import django
from celery.signals import worker_ready
from celery.utils.nodenames import host_format
from django.conf import settings

from console.celery import app

django.setup()  # before what needs the models
from builds import store  # noqa: E402
from builds.selfcheck import Heartbeat  # noqa: E402
from runtimes import aside  # noqa: E402
from runtimes.services import Caretaker  # noqa: E402
from runtimes.shipper import Shipper  # noqa: E402

CONCURRENCY = {"builder": settings.BUILDERS, "controller": 8}


def work(queue: str) -> int:
    """Serve a queue until a signal comes; return the exit status. Builds and control wait for others, so threads do."""
    worker = app.Worker(
        hostname=host_format(f"{queue}@%h"),
        queues=[queue],
        pool="threads",
        concurrency=CONCURRENCY[queue],
        prefetch_multiplier=1,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        loglevel="INFO",
    )
    if queue == "controller":
        Shipper().start()
        Caretaker().start()
        aside.start(store.stock_ahead)
    heartbeat = Heartbeat(queue)
    heartbeat.start()
    worker.start()
    heartbeat.stop()
    aside.end()
    return int(worker.exitcode or 0)


@worker_ready.connect
def spare_the_collector(**_: object) -> None:
    """What is loaded by now stays to the end: nobody waits while the collector of garbage looks at it over and over."""
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    sys.exit(work(sys.argv[1]))
