"""A pretended registry: what it has, whom it lets in, and whether it answers."""

import hashlib
from dataclasses import dataclass, field

from runtimes.engine import references
from runtimes.engine.base import Login
from runtimes.engine.fake_files import Files
from runtimes.engine.references import Reference

PLATFORM = "linux/amd64"


@dataclass(frozen=True)
class Offered:
    """An image as its registry has it; `login` is whom it is for, nobody in particular if there is none,
    `entry` what it runs by itself.
    """

    files: Files = field(default_factory=dict)
    platform: str = PLATFORM
    port: int | None = None
    has_shell: bool = True
    login: Login | None = None
    entry: tuple[str, ...] = ("serve",)
    mark: str = ""

    @property
    def digest(self) -> str:
        facts = (sorted(self.files), self.platform, self.port, self.has_shell, self.mark)
        return f"sha256:{hashlib.sha256(repr(facts).encode()).hexdigest()}"


@dataclass
class Registry:
    """Every registry there is: `offer` what it shall have; hosts in `away` do not answer."""

    offers: dict[str, Offered] = field(default_factory=dict)
    away: set[str] = field(default_factory=set)

    def offer(self, image: str, **facts: object) -> Offered:
        """Have an image under this name, and for ever by its digest; a tag moves to it."""
        offered = Offered(**{"mark": image, **facts})  # type: ignore[arg-type]
        name = references.parse(image)
        assert name is not None  # noqa: S101 - of a test's own
        self.offers |= {f"{name.repository}:{name.tag or 'latest'}": offered}
        self.offers |= {f"{name.repository}@{offered.digest}": offered}
        return offered

    def ask(self, image: str, wanted: Reference, login: Login | None) -> Offered:
        """Give what there is under this name; raise `NotPulled`."""
        if wanted.host in self.away:
            raise references.unreachable(wanted.host, "Nobody answers there.")
        where = f"@{wanted.digest}" if wanted.digest else f":{wanted.tag or 'latest'}"
        offered = self.offers.get(f"{wanted.repository}{where}")
        if offered is None:
            raise references.missing(image, wanted.host)
        if offered.login and login != offered.login:
            raise references.refused(image, wanted.host, login)
        if offered.platform != PLATFORM:
            raise references.foreign(image, [offered.platform], PLATFORM)
        return offered
