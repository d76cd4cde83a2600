"""The platform itself: how it is and what it stores, its limits, and cleaning up."""

from typing import Any, NamedTuple

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from buildpacks.models import Buildpack
from builds import cleanup, selfcheck
from builds.models import Build, Finding
from console import access
from console.activity import record
from console.forms.limits import LimitsForm
from runtimes import quota
from runtimes.models import LogChunk, OutputChunk, PlatformLimits, Slug
from runtimes.orders import AWAY, NOT_BEGUN, ask


class Stored(NamedTuple):
    """What lies in one place: how many, in words, and how many bytes if that is known."""

    name: str
    number: str
    size: int | None


@require_GET
def health(request: HttpRequest) -> HttpResponse:
    """How every part of the platform is, and what it stores."""
    access.platform(request)
    context = {"findings": _findings(), "stored": _stored()}
    return render(request, "admin/health.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def limits(request: HttpRequest) -> HttpResponse:
    """The limits, those of the settings too, and what a clean-up would remove."""
    access.platform(request)
    form = LimitsForm(request.POST if request.method == "POST" else None, instance=PlatformLimits.now())
    if form.is_bound and form.is_valid():
        form.save()
        record(request, "limits-change", target=", ".join(form.changed_data))
        messages.success(request, _("The limits are saved."))
        return redirect("limits")
    context = {"form": form, "settings": _of_settings(), "plan": cleanup.plan()}
    return render(request, "admin/limits.html", context, status=422 if form.is_bound else 200)


@require_POST
def clean_up(request: HttpRequest) -> HttpResponse:
    """Have removed what nobody can go back to any more."""
    access.platform(request)
    if ask("builds.tasks.clean_up"):
        record(request, "clean-up")
        messages.success(request, _("It is being removed. What runs, and what can be rolled back to, stays."))
    else:
        messages.error(request, f"{AWAY} {NOT_BEGUN}")
    return redirect("limits")


def _findings() -> list[tuple[str, Finding, bool]]:
    """Each part by its name, what it says, and whether it is well: one that has been silent for long is not."""
    known = {each.name: each for each in Finding.objects.all()}
    for name in {"worker builder", "worker controller"} - known.keys():
        known[name] = Finding(name=name, is_well=False, text=_("It has never said anything."))
    known["redis"] = selfcheck.redis()
    oldest = timezone.now() - selfcheck.SILENT
    rows = sorted(known.values(), key=lambda each: each.name)
    return [(_part(each.name), each, each.is_well and each.at > oldest) for each in rows]


def _part(name: str) -> str:
    """What a part of the platform is called on a page: `worker builder`, `docker`, `stack debian-12`."""
    kind, _space, which = name.partition(" ")
    return _PARTS[kind] % {"which": which} if kind in _PARTS else name


_PARTS: dict[str, Any] = {
    "disk": gettext_lazy("Disk"),
    "docker": gettext_lazy("Docker"),
    "redis": gettext_lazy("Redis"),
    "router": gettext_lazy("Router"),
    "stack": gettext_lazy("Stack %(which)s"),
    "storage": gettext_lazy("Storage of %(which)s"),
    "worker": gettext_lazy("Worker %(which)s"),
}


def _stored() -> list[Stored]:
    archives = Slug.objects.filter(removed_at=None).order_by().values("sha256", "size").distinct()
    slugs = archives.aggregate(count=Count("*"), size=Sum("size"))
    caches = Build.objects.exclude(cache_bytes=None).order_by("app", "-pk").values_list("app", "cache_bytes")
    latest = {app: size or 0 for app, size in reversed(list(caches))}
    sources = Build.objects.exclude(source="").values("source").distinct().count()
    lines = {name: model.objects.aggregate(lines=Sum("count"))["lines"] or 0 for name, model in _LOGS.items()}
    return [
        Stored(_("Slugs"), str(slugs["count"]), slugs["size"] or 0),
        Stored(_("Sources"), str(sources), None),
        Stored(_("Caches of builds"), str(len(latest)), sum(latest.values())),
        Stored(_("Buildpacks fetched"), str(Buildpack.objects.exclude(archive="").count()), None),
        Stored(_("Logs of deploys"), _("%(n)d lines") % {"n": lines["deploys"]}, None),
        Stored(_("What instances printed"), _("%(n)d lines") % {"n": lines["instances"]}, None),
    ]


_LOGS: dict[str, Any] = {"deploys": LogChunk, "instances": OutputChunk}


def _of_settings() -> list[tuple[str, str, str]]:
    """What only the machine's administrator can set: words, value, the setting's name."""
    return [
        (_("Builds at once"), str(settings.BUILDERS), "SLIPWAY_BUILDERS"),
        (_("Most instances of an environment"), str(settings.INSTANCES), "SLIPWAY_INSTANCES"),
        (_("Seconds a build may take"), str(settings.BUILD_TIMEOUT), "SLIPWAY_BUILD_TIMEOUT"),
        (_("Memory of a build"), f"{settings.BUILD_MEMORY} MB", "SLIPWAY_BUILD_MEMORY"),
        (_("CPUs of a build"), f"{settings.BUILD_CPUS:g}", "SLIPWAY_BUILD_CPUS"),
        (_("Largest source, unpacked"), f"{settings.SOURCE_BYTES // 1024**2} MB", "SLIPWAY_SOURCE_BYTES"),
        (_("Largest slug"), f"{settings.SLUG_BYTES // 1024**2} MB", "SLIPWAY_SLUG_BYTES"),
        (_("Seconds a release command may take"), str(settings.RELEASE_TIMEOUT), "SLIPWAY_RELEASE_TIMEOUT"),
        (_("Lines kept of one log"), f"{quota.LINES:,}", ""),
    ]
