"""What a release brought that the one before it had not: commit, image, names of config vars, commands."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from runtimes.models import Image, Release


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
    def image(self) -> tuple[Image | None, Image | None] | None:
        """The images before and after, if these are two."""
        before, after = self.before.image, self.after.image
        same = (before and before.digest) == (after and after.digest)
        return None if same else (before, after)

    def __bool__(self) -> bool:
        return bool(self.commit or self.image or self.config or self.commands)


def changes(release: Release, earlier: Iterable[Release]) -> Changes | None:
    """What differs from the newest of the earlier ones that served before; None for the first release."""
    before = next((each for each in earlier if each.number < release.number), None)
    if before is None:
        return None
    return Changes(
        before, release, differing(before.config, release.config), differing(before.commands, release.commands)
    )


def differing(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The names whose values differ, or that only one of the two has."""
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
