"""A preview of detection: which buildpacks recognise the source as it is now, in seconds, without a build."""

import secrets
from collections import deque
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.files.storage import storages
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from buildpacks import registry
from buildpacks.models import Buildpack
from builds import channel, driver, git, source, stacks
from builds.faults import BuildFailed
from builds.models import Detection
from runtimes import bell
from runtimes.engine.base import EngineError, JobSpec, Limits, Upload
from runtimes.faults import Fault, PlatformFailed, TimedOut
from runtimes.installation import engine
from runtimes.loglines import LONGEST, LineSplitter, shorten
from runtimes.models import App, ConfigVar
from runtimes.orders import AWAY, NOT_BEGUN, ask
from runtimes.redaction import Redactor
from runtimes.watch import Watch, worker_name

SECONDS = 120
LIMITS = Limits(memory=512, cpus=1.0, pids=128)

# So much of what was said on the way is kept: the end of it.
MOST_LINES = 1_000
MOST_CHARACTERS = 20_000


def start_preview(app: App) -> Detection:
    """Ask for a preview; one that is on its way is returned as it is."""
    with transaction.atomic():
        App.objects.select_for_update().get(pk=app.pk)
        if going_on := Detection.objects.filter(app=app, state="running").first():
            return going_on
        Detection.objects.filter(app=app).delete()
        detection = Detection.objects.create(app=app)
    if not ask("builds.tasks.preview", detection.pk):
        detection.move("failed", output=f"{AWAY} {NOT_BEGUN}")
    bell.ring(f"app.{app.pk}")
    return detection


def carry_out(detection: Detection) -> None:
    """Fetch the source, ask every usable buildpack, and write down which apply and what they said."""
    app = detection.app
    notes = _Notes([*ConfigVar.objects.for_build(app).values(), app.git_secret])
    try:
        with Watch(worker_name(), lambda: False) as watch:
            found = _detect(detection, notes, watch)
        detection.move("done", found=found, output=notes.text())
    except Fault as fault:
        detection.move("failed", output=notes.hide(fault.message))
    except (EngineError, PlatformFailed) as error:
        failure = _("The platform failed, not your app: %(why)s") % {"why": error}
        detection.move("failed", output=notes.hide(failure))
        raise
    finally:
        bell.ring(f"app.{detection.app_id}")


def end_abandoned() -> None:
    """Fail previews whose worker is gone."""
    late = timezone.now() - timedelta(seconds=settings.FETCH_TIMEOUT + 2 * SECONDS)
    for detection in Detection.objects.filter(state="running", created_at__lt=late):
        detection.move("failed", output=_("The worker that ran this preview stopped. Try again."))


class _Notes:
    """A pen that remembers what was said last, without secrets."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self.hide = Redactor(secrets)
        self._lines: deque[str] = deque(maxlen=MOST_LINES)
        self._splitter = LineSplitter()

    def say(self, text: str) -> None:
        self._lines.extend(self._stored(line) for line in [*self._splitter.close(), text])

    def write(self, data: bytes) -> None:
        self._lines.extend(map(self._stored, self._splitter.feed(data)))

    def text(self) -> str:
        """All that is remembered."""
        return "\n".join([*self._lines, *map(self._stored, self._splitter.close())])[-MOST_CHARACTERS:]

    def _stored(self, line: str) -> str:
        return shorten(self.hide(line), unended=len(line) >= 2 * LONGEST)


def _detect(detection: Detection, notes: _Notes, watch: Watch) -> list[dict[str, Any]]:
    app = detection.app
    if absent := stacks.missing(app.stack):
        raise BuildFailed("no-stack", absent)
    fetched = source.fetch(source.Wanted(app, f"preview-{detection.pk}"), notes, watch)
    try:
        return _ask(detection, fetched.key, notes, watch)
    finally:
        storages["sources"].delete(fetched.key)


def _ask(detection: Detection, key: str, notes: _Notes, watch: Watch) -> list[dict[str, Any]]:
    app, nonce, buildpacks = detection.app, secrets.token_hex(16), registry.usable()
    spec = JobSpec(
        name=f"preview-{detection.pk}",
        image=app.stack.build_image,
        command=(driver.COMMAND,),
        labels={"slipway.app": app.name},
        network=git.NETWORK,
        limits=LIMITS,
    )
    facts = {"id": f"preview-{detection.pk}", "automatic": True, "only": "detect"}
    engine().ensure_network(git.NETWORK, isolated=True)
    found: list[dict[str, Any]] = []
    with engine().job(spec, _uploads(app, key, facts, buildpacks, nonce)) as job:
        try:
            with watch.over(job, SECONDS):
                for part in channel.split(job.output(), nonce):
                    if isinstance(part, bytes):
                        notes.write(part)
                    elif part["event"] == "detected":
                        found = part["buildpacks"]
                job.wait()
        except TimedOut:
            raise BuildFailed(
                "timeout", _("The buildpacks took longer than %(seconds)s seconds to answer.") % {"seconds": SECONDS}
            ) from None
    return [{"name": buildpacks[each["index"]].name, "label": notes.hide(each["label"])} for each in found]


def _uploads(app: App, key: str, facts: dict[str, Any], buildpacks: list[Buildpack], nonce: str) -> list[Upload]:
    return [
        Upload(f"/tmp/build_{facts['id']}", source.unpack(key)),  # noqa: S108
        *driver.uploads(app, facts, buildpacks, nonce),
    ]
