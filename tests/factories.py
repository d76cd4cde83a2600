"""Rows for tests: an app of Alice's team, builds, slugs and releases of it."""

import hashlib
import io
import itertools
import tarfile
from typing import Any

import zstandard
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction

from builds.models import Build
from runtimes import journal
from runtimes.engine.base import JobSpec
from runtimes.journal import Writer
from runtimes.models import App, Environment, Image, Journal, Process, Release, Slug, Stack, Team
from runtimes.watch import Watch

_numbers = itertools.count(1)


def user(name: str = "alice") -> Any:
    """Somebody without a password to remember."""
    return get_user_model().objects.create_user(name)


def team(name: str = "Alice's team") -> Team:
    """A team of nobody."""
    return Team.objects.get_or_create(name=name)[0]


def app(name: str = "shop", **fields: Any) -> App:
    """An app with its production environment."""
    given = {"source": "git", "git_url": "https://git.example/alice/shop.git"} | fields
    made = App.objects.create(name=name, team=team(), stack=Stack.objects.get(name="debian-12"), **given)
    Environment.objects.create(app=made, name="production")
    return made


def slug(of: App, process_types: dict[str, str] | None = None, *, stored: bool = True, **fields: Any) -> Slug:
    """A slug of one file that no other slug is equal to; `stored` as the storage would have it."""
    content = slug_bytes({"hello": f"slug {next(_numbers)}".encode()})
    sha256 = hashlib.sha256(content).hexdigest()
    made = Slug.objects.create(
        app=of,
        sha256=sha256,
        size=len(content),
        unpacked=len(content),
        stack=of.stack,
        platform="linux/amd64",
        process_types={"web": "serve"} if process_types is None else process_types,
        **fields,
    )
    if stored:
        storages["slugs"].save(made.key, ContentFile(content))
    return made


def image(of: App, reference: str = "registry.example/shop:1", **fields: Any) -> Image:
    """An image that no other image is equal to."""
    digest = f"sha256:{hashlib.sha256(str(next(_numbers)).encode()).hexdigest()}"
    facts = {"digest": digest, "platform": "linux/amd64", "size": 1024} | fields
    return Image.objects.create(app=of, reference=reference, **facts)


def slug_bytes(files: dict[str, bytes]) -> bytes:
    """A slug's archive with these files."""
    return zstandard.compress(tar_bytes(files))


def tar_bytes(files: dict[str, bytes]) -> bytes:
    """A plain tar with these files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(content), 0o644
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def record(environment: Environment, *steps: str) -> Journal:
    """A journal with these steps planned."""
    with transaction.atomic():
        made = Journal.objects.open(environment)
        journal.plan(made, [(key, key.capitalize()) for key in steps])
    return made


def build(of: App, **fields: Any) -> Build:
    """A queued build, with a journal of its own."""
    return Build.objects.create(app=of, journal=record(of.production), **fields)


def release(environment: Environment, state: str = "live", of: Slug | Image | None = None, **fields: Any) -> Release:
    """A release in any state; without a slug or image given it has a slug of its own."""
    what = of or slug(environment.app)
    made_of: dict[str, Any] = {"image": what} if isinstance(what, Image) else {"slug": what}
    commands = fields.get("commands", {"web": ""} if isinstance(what, Image) else what.process_types)
    for name in commands:
        Process.objects.get_or_create(environment=environment, name=name, defaults={"quantity": int(name == "web")})
    given = {"number": Release.objects.next_number(environment), "commands": commands} | made_of | fields
    if "journal" not in given:
        given["journal"] = record(environment)
    return Release.objects.create(environment=environment, state=state, **given)


def watch(**asked: bool) -> Watch:
    """A watch that is not entered: nothing is leased, and `canceled=True` says that somebody wants the end."""
    return Watch("worker", lambda: asked.get("canceled", False))


def log_of(record: Journal) -> list[str]:
    """All lines of a journal."""
    return [line.text for line in journal.read(record, 0, limit=1_000_000)]


def writer(environment: Environment, *steps: str) -> Writer:
    """A pen for a new journal with these steps; use it as a context."""
    return Writer(record(environment, *steps))


def job_like(*command: str, **more: Any) -> JobSpec:
    """A job of nobody in particular."""
    return JobSpec(name=f"job-{next(_numbers)}", image="slipway/debian-12:run", command=command, **more)


def uploaded(data: bytes, name: str = "shop", **fields: Any) -> App:
    """An app whose source is this archive."""
    key = storages["sources"].save(f"uploads/{name}", ContentFile(data))
    return app(name, source="archive", git_url="", archive=key, archive_name="app.tar.gz", **fields)
