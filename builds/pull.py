"""A ready image: nothing is built. It is fetched from its registry, and kept by its digest."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from queue import SimpleQueue
from typing import TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from builds.create import check_image
from builds.faults import BuildFailed, megabytes, minutes
from builds.models import Build
from runtimes.engine.base import NotPulled
from runtimes.engine.references import parse
from runtimes.faults import Canceled
from runtimes.installation import engine
from runtimes.journal import Writer
from runtimes.models import App, Image
from runtimes.restore import bring_back, login_for
from runtimes.watch import Watch

# What was said and whether it is canceled is looked at this often while an image comes.
LOOK_SECONDS = 0.2

Say = Callable[[str], object]
T = TypeVar("T")


def have_image(build: Build, log: Writer, watch: Watch) -> Image:
    """Have a build's image here; return its row. Raises `BuildFailed` that says why not, and `Canceled`."""
    with log.step("pull"):
        try:
            return _again(build.found, log, watch) if build.found else _fetched(build, log, watch)
        except NotPulled as refused:
            raise BuildFailed(refused.reason, str(refused)) from refused


def _again(image: Image, log: Writer, watch: Watch) -> Image:
    log.say(
        "-----> " + _("Using the image of the deploy that this one repeats: %(exactly)s") % {"exactly": image.exactly}
    )
    _patiently(lambda say: bring_back(image, say), log, watch)
    image.removed_at = None  # should it have been let go; this deploy keeps it from now on
    image.save(update_fields=["removed_at"])
    return image


def _fetched(build: Build, log: Writer, watch: Watch) -> Image:
    app, reference = build.app, build.image
    try:
        check_image(reference, "image")
    except ValidationError as error:  # its name may lead elsewhere by now
        raise BuildFailed("image-refused", " ".join(error.messages)) from None
    log.say("-----> " + _("Fetching %(url)s") % {"url": reference})
    known = _known(app, reference)
    fresh = not known and (app.image_pull == App.Pull.ALWAYS or _is_others(app, reference))
    login = login_for(app, reference)
    kept = _patiently(lambda say: engine().keep(known or reference, login, fresh=fresh, say=say), log, watch)
    log.say(f"       {kept.digest}, {megabytes(kept.size)}, {kept.platform}")
    facts = {name: getattr(kept, name) for name in ("digest", "platform", "size", "port", "has_shell")}
    with transaction.atomic():  # so that no clean-up meets one that nobody needs
        build.found = Image.objects.create(app=app, reference=reference, **facts)
        build.save(update_fields=["found"])
    return build.found


def _known(app: App, reference: str) -> str:
    """By its digest, what the team got under this name last, if that is here and need not be asked for again."""
    if app.image_pull == App.Pull.ALWAYS:
        return ""
    last = Image.objects.filter(app__team=app.team_id, reference=reference).first()
    return last.exactly if last and engine().kept(last.digest) else ""


def _is_others(app: App, reference: str) -> bool:
    """Whether what is here under this digest came for another team: then its registry says whether it is for all."""
    name = parse(reference)
    found = Image.objects.filter(digest=name.digest) if name and name.digest else Image.objects.none()
    return found.exclude(app__team=app.team_id).exists()


def _patiently(deed: Callable[[Say], T], log: Writer, watch: Watch) -> T:
    """Do it beside, so that who cancels need not wait for a registry; write down what is said on the way."""
    said: SimpleQueue[str] = SimpleQueue()
    over = threading.Event()

    def say(line: str) -> None:
        if over.is_set():
            raise Canceled
        said.put(line)

    pool = ThreadPoolExecutor(1)
    try:
        return _followed(pool.submit(deed, say), said, log, watch)
    finally:
        over.set()
        pool.shutdown(wait=False)


def _followed(future: "Future[T]", said: "SimpleQueue[str]", log: Writer, watch: Watch) -> T:
    deadline = time.monotonic() + settings.BUILD_TIMEOUT
    while wait([future], LOOK_SECONDS).not_done:
        _write_down(said, log)
        watch.check()
        if time.monotonic() > deadline:
            raise BuildFailed(
                "image-timeout",
                _("The image did not come within %(limit)s.") % {"limit": minutes(settings.BUILD_TIMEOUT)},
            )
    _write_down(said, log)
    return future.result()


def _write_down(said: "SimpleQueue[str]", log: Writer) -> None:
    while not said.empty():
        log.say(f"       {said.get()}")
