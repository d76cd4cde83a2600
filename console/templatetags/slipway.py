"""What templates say in the console's own words: icons, states, times, sizes."""

import re
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from django import template
from django.forms import widgets
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from console import ansi
from console.rows import AppRow
from console.under_way import under_way
from runtimes.models import Release

register = template.Library()

# State → how it is drawn: the class that colours it, its icon, its word.
STATES: dict[str, tuple[str, str, Any]] = {
    "queued": ("waiting", "clock", gettext_lazy("Queued")),
    "pending": ("running", "loader-2", gettext_lazy("Rolling out")),
    "building": ("running", "loader-2", gettext_lazy("Building")),
    "pulling": ("running", "loader-2", gettext_lazy("Fetching")),
    "releasing": ("running", "loader-2", gettext_lazy("Releasing")),
    "canceling": ("canceled", "loader-2", gettext_lazy("Canceling")),
    "live": ("live", "circle-check", gettext_lazy("Live")),
    "retired": ("retired", "history", gettext_lazy("Was live")),
    "failed": ("failed", "circle-x", gettext_lazy("Failed")),
    "canceled": ("canceled", "ban", gettext_lazy("Canceled")),
    "superseded": ("superseded", "layers-subtract", gettext_lazy("Superseded")),
    "waiting": ("waiting", "circle-dashed", gettext_lazy("Waiting")),
    "running": ("running", "loader-2", gettext_lazy("Running")),
    "done": ("live", "circle-check", gettext_lazy("Done")),
    "skipped": ("superseded", "circle-minus", gettext_lazy("Skipped")),
    "starting": ("running", "loader-2", gettext_lazy("Starting")),
    "up": ("live", "circle-check", gettext_lazy("Up")),
    "crashed": ("crashed", "alert-triangle", gettext_lazy("Crashed")),
    "stopping": ("waiting", "circle-minus", gettext_lazy("Stopping")),
    "stopped": ("waiting", "player-pause", gettext_lazy("Stopped")),
    "down": ("waiting", "circle-dashed", gettext_lazy("Down")),
    "open": ("running", "terminal-2", gettext_lazy("Open")),
    "closed": ("retired", "circle-minus", gettext_lazy("Closed")),
    "never": ("superseded", "circle-dashed", gettext_lazy("Never deployed")),
    "here": ("live", "circle-check", gettext_lazy("Leads here")),
    "elsewhere": ("crashed", "alert-triangle", gettext_lazy("Leads elsewhere")),
    "nowhere": ("waiting", "circle-minus", gettext_lazy("Not in the DNS")),
    "unknown": ("superseded", "circle-dashed", gettext_lazy("Being looked up")),
}


register.simple_tag(cache(static), name="static")  # a page has half a dozen, looked up anew by Django's own


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """An icon of the vendored sprite, hidden from screen readers: a word stands beside it."""
    return _icon(name, css)


@cache
def _icon(name: str, css: str) -> SafeString:
    """A page has hundreds of them, and there are few."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        css,
        static("vendor/tabler-icons/sprite.svg"),
        name,
    )


@register.simple_tag
def state(name: str, word: str = "") -> SafeString:
    """A state as a pill: colour, icon and word."""
    tone, glyph, default = STATES[name]
    return _state(tone, glyph, word or str(default))


@lru_cache
def _state(tone: str, glyph: str, word: str) -> SafeString:
    spin = "spin" if glyph == "loader-2" else ""
    return format_html('<span class="state state-{}">{}{}</span>', tone, _icon(glyph, spin), word)


@register.simple_tag
def state_icon(name: str) -> SafeString:
    """A state as an icon alone, with its word for those who cannot see it."""
    return _state_icon(*STATES[name][:2], word(name))


@cache
def _state_icon(tone: str, glyph: str, word: str) -> SafeString:
    return format_html(
        '<span class="state-icon state-{}" title="{}">{}<span class="visually-hidden">{}</span></span>',
        tone,
        word,
        _icon(glyph, "spin" if glyph == "loader-2" else ""),
        word,
    )


@register.simple_tag
def tone_icon(name: str) -> str:
    """The address of the page's icon for a state."""
    return static(f"console/icons/{STATES[name][0]}.svg")


@register.filter
def tone(name: str) -> str:
    """The class part that colours a state."""
    return STATES[name][0]


@register.filter
def word(name: str) -> str:
    """The word for a state."""
    return str(STATES[name][2])


@register.filter
def duration(seconds: float | None) -> str:
    """Seconds as `0.8 s`, `42 s`, `1 m 12 s`, `2 h 5 m`, `3 d 4 h`."""
    if seconds is None:
        return ""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    for large, unit, small, smaller in (
        (days, "d", hours, "h"),
        (hours, "h", minutes, "m"),
        (minutes, "m", seconds, "s"),
    ):
        if large:
            return f"{large} {unit} {small} {smaller}"
    return f"{seconds} s"


_AGO = ((60, gettext_lazy("%d min ago")), (3600, gettext_lazy("%d h ago")), (86400, gettext_lazy("%d d ago")))


def _ago(when: datetime) -> str:
    seconds = int((timezone.now() - when).total_seconds())
    if seconds >= 30 * 86400:
        return date_format(when, "j M Y")
    size, words = next(((size, words) for size, words in reversed(_AGO) if seconds >= size), (1, ""))
    return str(words) % (seconds // size) if words else _("just now")


@register.simple_tag
def ago_words() -> SafeString:
    """The words that `ago` has, for the script that keeps it true."""
    return format_html_join(" ", 'data-ago-{}="{}"', _AGO)


@register.filter
def ago(when: datetime | None) -> SafeString | str:
    """A moment relative to now, with the exact one in the title; a script keeps it true."""
    if when is None:
        return ""
    here = timezone.localtime(when)
    title = f"{here.isoformat(' ', 'seconds')[:19]} {here.tzname()}"
    return SafeString(
        f'<time datetime="{when.isoformat(timespec="seconds")}" title="{title}" data-ago>{escape(_ago(when))}</time>'
    )


@register.simple_tag
def clock(start: datetime | None, end: datetime | None = None) -> SafeString | str:
    """How long from `start` to `end`; without an end it runs on in the page."""
    if start is None:
        return ""
    seconds = ((end or timezone.now()) - start).total_seconds()
    if end is not None:
        return duration(seconds)
    return format_html('<span data-clock="{}">{}</span>', round(seconds * 1000), duration(max(0, seconds)))


@register.filter
def megabytes(size: int | None) -> str:
    """Bytes as MB with one decimal."""
    return "" if size is None else f"{size / 1e6:.1f} MB"


@register.filter
def commit(sha: str | None) -> str:
    """A commit as people write it: 7 characters."""
    return (sha or "")[:7]


@register.filter
def initials(user: Any) -> str:
    """One or two letters for somebody's badge."""
    parts = (user.get_full_name() or user.get_username()).replace(".", " ").split()
    return "".join(part[0] for part in parts[:2]).upper()


@register.simple_tag
@lru_cache(maxsize=10_000)
def url(route: str, *args: str | int) -> str:
    """The address of a page, remembered, in place of Django's own tag: a page has dozens of them."""
    return reverse(route, args=args)


@register.simple_tag
def made_of(release: Release) -> SafeString:
    """What a release runs: an image by its name and digest, or else a commit, or else the digits of a slug."""
    if (image := release.image) is not None:
        return format_html(
            '<code class="reference" title="{}">{}</code> <code class="quiet">{}</code>',
            *(image.digest, image.reference, image.short),
        )
    if release.slug is None:
        return SafeString("")
    short = release.slug.short
    if release.commit:
        return format_html('<code title="{}">{}</code>', _("Slug %(slug)s") % {"slug": short}, commit(release.commit))
    return format_html('<code class="quiet" title="{}">{}</code>', _("Slug"), short)


@register.simple_tag
def since(release: Release) -> SafeString:
    """Since when a release serves, and who made it."""
    by = _("by %(who)s") % {"who": release.created_by.get_username()} if release.created_by else ""
    return SafeString(f"{ago(release.live_at or release.created_at)} {escape(by)}")


@register.simple_tag
def bars(row: AppRow) -> SafeString | str:
    """The latest deploys of an app as bars: higher took longer, the colour is the state.

    Put together here and not in a template, since a list of apps has hundreds of them. Nothing that
    people write is in it: an app's name has nothing to escape.
    """
    if not row.deploys:
        return ""
    where = url("deploys", row.app.name)
    drawn_as = {name: (tone(name), escape(word(name))) for name in {deploy.state for deploy in row.deploys}}
    drawn = "".join(
        f'<a href="{where}{number}/" tabindex="-1"><rect x="{x}" width="5" height="20" class="bar-hit"></rect>'
        f'<rect x="{x}" y="{20 - height}" width="4" height="{height}" rx="1" class="bar bar-{drawn_as[state][0]}">'
        f"<title>#{number} {drawn_as[state][1]} {duration(seconds)}</title></rect></a>"
        for x, height, (number, state, seconds) in row.bars
    )
    label = ngettext("%(n)d recent deploy", "%(n)d recent deploys", len(row.deploys)) % {"n": len(row.deploys)}
    return SafeString(f'<svg class="bars" viewBox="0 0 100 20" role="group" aria-label="{escape(label)}">{drawn}</svg>')


@register.filter
def breakable(address: str) -> SafeString:
    """An address that breaks, where it must, before a dot or its port and not inside them."""
    parts = re.split(r"(?<=//)|(?=[.:](?!//))", address)
    return SafeString("<wbr>".join(map(escape, parts)))


@register.filter
def plain(text: str) -> str:
    """A log line without its terminal codes."""
    return ansi.plain(text)


@register.filter
def control(field: Any) -> SafeString:
    """A form field's own element in the console's dress, joined to its error and hint."""
    kind = "form-select" if isinstance(field.field.widget, widgets.Select) else "form-control"
    attrs = {"class": f"{kind} is-invalid" if field.errors else kind}
    if field.errors:
        attrs |= {"aria-invalid": "true", "aria-describedby": f"{field.id_for_label}_error"}
    return SafeString(field.as_widget(attrs=attrs))


@register.simple_tag(takes_context=True)
def theme(context: template.Context) -> str:
    """Light, dark or the system's choice, as the cookie remembers it."""
    request = context.get("request")
    chosen = request.COOKIES.get("theme", "") if request else ""
    return chosen if chosen in {"light", "dark"} else "auto"


@register.inclusion_tag("shared/_queue.html", takes_context=True)
def queue_counter(context: template.Context) -> dict[str, Any]:
    """How many deploys run and wait among the apps this user may know of."""
    states = [each.state for each in under_way(context["request"])]
    waiting = states.count("queued")
    return {"running": len(states) - waiting, "waiting": waiting}


# Key, address name, icon, word. The order is the order of the tabs.
_TABS = (
    ("overview", "app", "layout-dashboard", gettext_lazy("Overview")),
    ("deploys", "deploys", "rocket", gettext_lazy("Deploys")),
    ("releases", "releases", "list-numbers", gettext_lazy("Releases")),
    ("processes", "processes", "stack-2", gettext_lazy("Processes")),
    ("output", "output", "terminal-2", gettext_lazy("Logs")),
    ("buildpacks", "buildpacks", "puzzle", gettext_lazy("Buildpacks")),
    ("config", "config", "key", gettext_lazy("Config")),
    ("domains", "domains", "world", gettext_lazy("Domains")),
    ("settings", "settings", "settings", gettext_lazy("Settings")),
    ("activity", "activity", "history", gettext_lazy("Activity")),
)


# Address name, icon, word: the pages of the platform's admin.
_ADMIN_PAGES = (
    ("persons", "users", gettext_lazy("People")),
    ("registry", "puzzle", gettext_lazy("Buildpacks")),
    ("stacks", "stack-2", gettext_lazy("Stacks")),
    ("hints", "info-circle", gettext_lazy("Failure hints")),
    ("limits", "adjustments", gettext_lazy("Limits")),
    ("health", "circle-check", gettext_lazy("Health")),
    ("platform-activity", "history", gettext_lazy("Activity")),
)


@register.simple_tag
def admin_pages() -> Any:
    """The pages of the platform's admin: address name, icon, word."""
    return _ADMIN_PAGES


@register.simple_tag(takes_context=True)
def tabs(context: template.Context) -> list[tuple[str, str, str, Any]]:
    """The pages of the app at hand: key, address, icon, word."""
    app, environment = context["app"], context["environment"].name
    where = "" if environment == "production" else f"?environment={environment}"
    shown = [tab for tab in _TABS if tab[0] != "buildpacks" or app.source != "image"]  # nothing is built of one
    return [(key, url(route, app.name) + where, glyph, word) for key, route, glyph, word in shown]
