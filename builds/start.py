"""Starting a deploy: everything a page needs is written down before anyone works on it."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from builds.build import listed
from builds.create import check_image, check_ref, keep
from builds.models import Build
from builds.progress import PLACEHOLDER
from builds.supersede import supersede
from runtimes import bell, deploy, journal
from runtimes.models import App, Environment, Journal
from runtimes.orders import order

IMAGE_STEPS = [("queued", gettext_noop("Queued")), ("pull", gettext_noop("Pull image")), *deploy.STEPS]


def start_deploy(
    environment: Environment,
    *,
    by: Any = None,
    ref: str = "",
    archive: "File[bytes] | None" = None,
    image: str = "",
    clear_cache: bool = False,
) -> Build:
    """Queue a deploy of the app's source, or of `archive` or `image` in its place, to `environment`; return its build.

    The journal, all of its steps and its first line are there when this returns, and what waited for the
    environment is superseded. The app's list of buildpacks is taken as it is now. Raises `ValidationError` for a
    `ref` or an `image` that cannot be one, and for an app that is being removed; `PlatformFailed` if the archive
    cannot be stored.
    """
    app = environment.app
    check_ref(ref, "ref")
    if App.objects.filter(pk=app.pk, destroyed_at__isnull=False).exists():
        raise ValidationError(_("%(name)s is being removed.") % {"name": app.name})
    if image or app.source == App.Source.IMAGE:
        return _queue(environment, by, listed=[], image=_image(app, image))
    key = keep(app, archive) if archive else ""
    names = [buildpack.name for buildpack in listed(app)]
    return _queue(environment, by, ref=ref, archive=key, clear_cache=clear_cache, listed=names)


def deploy_again(old: Build, *, by: Any = None, clear_cache: bool = False) -> Build:
    """Queue a deploy of exactly the source that `old` had, with the buildpacks that it had, in their order.

    A build that never got as far as a source is asked for anew. Of a source that was cleaned up the commit is fetched
    once more; raises `ValidationError` where it had none.
    """
    environment = old.journal.environment
    facts = {name: getattr(old, name) for name in ("ref", "archive", "source", "commit", "author", "message")}
    used = [each["name"] for each in old.buildpacks] or old.listed
    facts |= {"image": old.image, "found": old.found}
    if old.buildpacks and not old.source:
        if not old.commit:
            raise ValidationError(_("Its source is not kept any more. Deploy what there is now."))
        facts["ref"] = old.commit
    return _queue(environment, by, clear_cache=clear_cache, listed=used if old.source else old.listed, **facts)


def steps(names: Sequence[str]) -> list[tuple[str, str]]:
    """The steps of a deploy with these buildpacks, as (key, name), as far as they are known before it starts."""
    buildpacks = [(f"buildpack:{index}", name) for index, name in enumerate(names)]
    return [
        ("queued", gettext_noop("Queued")),
        ("fetch", gettext_noop("Fetch source")),
        ("detect", gettext_noop("Detect")),
        *(buildpacks or [(PLACEHOLDER, gettext_noop("Buildpacks"))]),
        ("package", gettext_noop("Package slug")),
        ("store", gettext_noop("Store slug")),
        *deploy.STEPS,
    ]


def _image(app: App, image: str) -> str:
    if app.source != App.Source.IMAGE:
        raise ValidationError(
            {
                "image": _("%(name)s is built from its source. Set its source to a ready image first.")
                % {"name": app.name}
            }
        )
    if image:
        check_image(image, "image")
    return image or app.image


def _queue(environment: Environment, by: Any, *, listed: Sequence[str], **facts: Any) -> Build:
    with transaction.atomic():
        record = Journal.objects.open(environment, by=by)
        build = Build.objects.create(app=environment.app, journal=record, listed=list(listed), **facts)
        journal.plan(record, IMAGE_STEPS if build.image else steps(listed))
        queued = record.steps.get(key="queued")
        queued.move("running", started_at=timezone.now())
        journal.note(record, _first_line(record), step=queued.position)
        supersede(build)
        bell.ring(f"app.{environment.app_id}", "apps")
        order("builds.tasks.pull_next" if build.image else "builds.tasks.build_next")
    return build


def _first_line(record: Journal) -> str:
    facts = {
        "who": record.created_by,
        "when": f"{timezone.localtime():%H:%M:%S} UTC",
        "where": record.environment.name,
    }
    if record.created_by:
        return _("Queued by %(who)s at %(when)s, to be deployed to %(where)s.") % facts
    return _("Queued at %(when)s, to be deployed to %(where)s.") % facts
