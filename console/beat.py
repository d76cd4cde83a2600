"""Ring the clock: `python -m console.beat` puts the tasks of CELERY_BEAT_SCHEDULE into their queues.

It needs their names only, so it loads neither Django's models nor the tasks themselves.
"""

from celery import Celery
from django.conf import settings

from console.celery import app as tasks


def clock() -> Celery:
    """The same broker, routes and schedule as the workers', without Django around it."""
    app = Celery(tasks.main, fixups=[])
    app.config_from_object(settings, namespace="CELERY")
    return app


if __name__ == "__main__":
    clock().Beat(schedule=str(settings.DATA_DIR / "celerybeat-schedule"), loglevel="WARNING", quiet=True).run()
