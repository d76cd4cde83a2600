"""What a release brought that the one before it had not: commit, image, names of config vars, commands."""

from dataclasses import dataclass, field
from typing import Any

from runtimes.freeze import Runnable, as_set_now, runs
from runtimes.models import ConfigVar, Environment, Release, Slug
from runtimes.redaction import redact_command

# The release command among the commands of process types.
RELEASE = "release"
MOST_COMMITS = 20


@dataclass(frozen=True)
class Changes:
    """The difference between two releases, without a single value of a config var."""

    before: Release
    after: Release
    config: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)

    @property
    def commit(self) -> tuple[str, str] | None:
        """The commits before and after, if they differ."""
        pair = (self.before.commit, self.after.commit)
        return pair if pair[0] != pair[1] else None

    @property
    def artifact(self) -> tuple[Runnable | None, Runnable | None] | None:
        """The images before and after, if these are two; or the slugs, where no commit tells them apart."""
        before, after = (each.image or (None if self.commit else each.slug) for each in (self.before, self.after))
        return None if _sum(before) == _sum(after) else (before, after)

    def __bool__(self) -> bool:
        return bool(self.commit or self.artifact or self.config or self.commands)


def _sum(what: Runnable | None) -> str:
    """What two rows of the very same have in common."""
    if what is None:
        return ""
    return what.sha256 if isinstance(what, Slug) else what.digest


def changes(release: Release, before: Release | None) -> Changes | None:
    """What differs from the one that served before; None for the first release."""
    if before is None:
        return None
    return Changes(
        before, release, differing(before.config, release.config), differing(before.commands, release.commands)
    )


@dataclass(frozen=True)
class Promotion:
    """What a promotion would change in an environment, without a single value of a config var.

    `commits` are those that were built between the two, newest first; `config` are names whose values the release
    would change, `commands` and the release command (under its own name) are (name, before, after). `only_there`,
    `only_here` and `other_values` are where the config of the two environments differs.
    """

    new: Release
    old: Release | None
    commits: list[Slug]
    goes_back: bool
    config: list[str]
    commands: list[tuple[str, str, str]]
    only_there: list[str]
    only_here: list[str]
    other_values: list[str]


def promotion(live: Release, target: Environment) -> Promotion:
    """What promoting this live release to another environment would change there."""
    old, coming = target.live, as_set_now(runs(live), target)
    theirs, ours = (ConfigVar.objects.for_release(each) for each in (live.environment, target))
    before = {**old.commands, RELEASE: old.release_command} if old else {}
    after = {**(live.commands if live.image else {}), **coming["commands"], RELEASE: coming["release_command"]}
    return Promotion(
        new=live,
        old=old,
        **_commits(live, old),
        config=differing(old.config, ours) if old else [],
        commands=[(name, *_shown(before, after, name)) for name in differing(before, after) if old],
        only_there=sorted(theirs.keys() - ours.keys()),
        only_here=sorted(ours.keys() - theirs.keys()),
        other_values=sorted(name for name in theirs.keys() & ours.keys() if theirs[name] != ours[name]),
    )


def _shown(before: dict[str, str], after: dict[str, str], name: str) -> tuple[str, str]:
    """A command as it is and as it would be, without what somebody typed into it as a secret."""
    return redact_command(before.get(name, "")), redact_command(after.get(name, ""))


def _commits(live: Release, old: Release | None) -> dict[str, Any]:
    """What was built after what serves there now, up to what would; the other way round where that is older."""
    if not (old and old.slug and live.slug) or old.slug == live.slug:
        return {"commits": [], "goes_back": False}
    first, last = sorted((old.slug.pk, live.slug.pk))
    between = Slug.objects.filter(app=live.slug.app, pk__gt=first, pk__lte=last).exclude(commit="")
    return {"commits": list(between[:MOST_COMMITS]), "goes_back": live.slug.pk < old.slug.pk}


def differing(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The names whose values differ, or that only one of the two has."""
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
