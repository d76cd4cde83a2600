"""How the platform itself is: each part says so in a row, and one that falls silent is told by its age."""

import shutil
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils import timezone
from django.utils.translation import gettext as _
from redis import Redis
from redis.exceptions import RedisError

from builds import stacks
from builds.models import Finding
from runtimes import router
from runtimes.engine.base import EngineError
from runtimes.holding import alone
from runtimes.installation import engine
from runtimes.models import PlatformLimits, Stack
from runtimes.regular import Regular

EVERY_SECONDS = 20
SILENT = timedelta(seconds=90)
STORAGES = ("sources", "slugs", "logs", "buildpacks")
REDIS_SECONDS = 2.0


def look() -> None:
    """Ask every part that the controller can reach, and write down what it says, unless somebody does already."""
    with alone("selfcheck") as is_free:
        if is_free:
            _look()


def _look() -> None:
    for name, text, is_well in _findings():
        note(name, text, is_well=is_well)
    there = [f"stack {stack.name}" for stack in Stack.objects.all()]
    Finding.objects.filter(name__startswith="stack ").exclude(name__in=there).delete()


def note(name: str, text: str = "", *, is_well: bool = True) -> None:
    """Write down how a part is, as of now."""
    facts = {"is_well": is_well, "text": text[:300], "at": timezone.now()}
    Finding.objects.update_or_create(name=name, defaults=facts)


def redis() -> Finding:
    """How Redis is, asked at once by whoever shows it: no task would come to write it down while it is away."""
    finding = Finding(name="redis", text=_("It answers."), is_well=True, at=timezone.now())
    try:
        with Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=REDIS_SECONDS, socket_timeout=REDIS_SECONDS
        ) as link:
            link.ping()
    except (RedisError, OSError) as error:
        finding.is_well = False
        finding.text = _(
            "It does not answer: what is asked for waits, and pages show news late. Apps serve on. "
            "Start it with bin/services. (%(why)s)"
        ) % {"why": error}
    return finding


class Heartbeat(Regular):
    """Says every few seconds that a worker lives, however long its tasks take."""

    def __init__(self, queue: str) -> None:
        super().__init__(f"heartbeat of {queue}", EVERY_SECONDS)
        self._queue = queue

    def look(self) -> None:
        """Say it."""
        note("worker " + self._queue, _("It is at work."))


def _findings() -> Iterator[tuple[str, str, bool]]:
    yield _engine()
    yield _router()
    yield _disk()
    for stack in Stack.objects.all():
        yield _stack(stack)
    for name in STORAGES:  # last: one that breaks in a way of its own is told by its silence
        yield _storage(name)


def _engine() -> tuple[str, str, bool]:
    try:
        engine().ping()
    except EngineError as error:
        return "docker", _("The Docker daemon does not answer: %(why)s") % {"why": error}, False
    return "docker", _("The daemon answers."), True


def _router() -> tuple[str, str, bool]:
    try:
        is_running = router.is_running()
    except EngineError:
        return "router", _("Nobody knows while the Docker daemon does not answer."), False
    if is_running:
        return "router", _("It is up."), True
    text = _("It does not run: apps cannot be reached. It is started again; if it stays away, bin/services says why.")
    return "router", text, False


def _disk() -> tuple[str, str, bool]:
    usage, least = shutil.disk_usage(settings.DATA_DIR), PlatformLimits.now().free_disk
    free = usage.free // 1024**2
    text = _("%(free)s of %(total)s MB are free.") % {"free": free, "total": usage.total // 1024**2}
    if free < least:
        return (
            "disk",
            _("%(text)s No build begins below %(least)s MB: clean up, or give the platform a larger disk.")
            % {"text": text, "least": least},
            False,
        )
    return "disk", text, True


def _storage(name: str) -> tuple[str, str, bool]:
    label = f"storage {name}"
    try:
        key = storages[name].save("selfcheck", ContentFile(b"well"))
        storages[name].delete(key)
    except OSError as error:
        return label, _("It cannot be written: %(why)s.") % {"why": error.strerror or error}, False
    return label, _("It can be written."), True


def _stack(stack: Stack) -> tuple[str, str, bool]:
    label = f"stack {stack.name}"
    try:
        absent = stacks.missing(stack)
    except EngineError:
        return label, _("Nobody knows while the Docker daemon does not answer."), False
    return (label, absent, False) if absent else (label, _("Its images are here."), True)
