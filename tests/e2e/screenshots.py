"""Pictures of every page for the documentation: `python -m tests.e2e.screenshots [FOLDER]`.

Starts an installation, fills it by using it, and photographs it at 1280 and 390 px, in the light and in the dark.
"""

import sys
import tarfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page

from tests.e2e import browsing
from tests.e2e.installation import ROOT, Installation
from tests.e2e.person import Person
from tests.e2e.sources import archive, pages

FOLDER = ROOT / "docs" / "screenshots"
PORTS = (8000, 8080, 6380)
WIDTHS = {"wide": (1280, 800), "narrow": (390, 844)}
COLOURS = 128  # of a picture's palette
DRAIN_SECONDS = 20  # until what served before is gone and what was asked for is up
AS_TALL_AS_THE_WINDOW = {"logs"}
THE_SAME_IN_THE_DARK = {"sample"}

DONE_BY_COMMANDS = (
    ("scale", "harbour", "web=3"),
    ("run", "harbour", "--", "python manage.py showmigrations"),
    ("adddomain", "harbour", "harbour.example.org"),
    ("setconfig", "tides", "GUNICORN_CMD_ARGS=--access-logfile - --access-logformat '%(m)s %(U)s %(s)s %(M)s ms'"),
)

Scheme = Literal["light", "dark"]


class Camera:
    """A signed-in page for each width and colour scheme."""

    def __init__(self, browser: Browser, installation: Installation, folder: Path) -> None:
        self._url, self._folder = installation.url, folder
        self._pages: dict[str, Page] = {}
        for scheme in ("light", "dark"):
            for size, (width, height) in WIDTHS.items():
                context = browser.new_context(
                    viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
                )
                self._pages[f"{size}-{scheme}"] = context.new_page()

    @property
    def looks(self) -> Iterable[str]:
        """Every size in every scheme."""
        return self._pages

    def take(self, name: str, path: str) -> None:
        """Photograph a page of the console in every look it is wanted in."""
        for look in self._looks(name):
            self.open(look, path)
            self.shoot(name, look)

    def take_opened(self, name: str) -> None:
        """Photograph what stands open, without loading it again."""
        for look in self._looks(name):
            self.shoot(name, look)

    def open(self, look: str, path: str) -> Page:
        """Go to a page in one look."""
        page = self._pages[look]
        page.goto(path if path.startswith("http") else f"{self._url}/{path}")
        page.wait_for_load_state("load")
        page.evaluate("document.fonts.ready")
        page.wait_for_timeout(700)  # the log and the counter come over their sockets
        return page

    def wait_for(self, what: str) -> None:
        """Until it is in sight in every look."""
        for page in self._pages.values():
            page.locator(what).wait_for()

    def shoot(self, name: str, look: str) -> None:
        """Write one picture."""
        size, _, scheme = look.partition("-")
        suffix = "-dark" if scheme == "dark" else ""
        path = self._folder / f"{name}-{WIDTHS[size][0]}{suffix}.png"
        _write_small(self._pages[look].screenshot(full_page=name not in AS_TALL_AS_THE_WINDOW), path)

    def sign_in(self, password: str) -> None:
        """Through the form, in every look."""
        for page in self._pages.values():
            browsing.sign_in(page, self._url, password)

    def _looks(self, name: str) -> Iterator[str]:
        yield from ("wide-light", "narrow-light")
        if name not in THE_SAME_IN_THE_DARK:
            yield from ("wide-dark", "narrow-dark")


def _write_small(picture: bytes, path: Path) -> None:
    """Keep a PNG with a palette: the console has few colours, and all pictures are cloned with the repository."""
    with Image.open(BytesIO(picture)) as image:
        image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def main(folder: Path = FOLDER) -> None:
    """Take all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with Installation(PORTS) as installation, browsing.chromium() as browser:
        camera = Camera(browser, installation, folder)
        camera.take("login", "login")
        camera.sign_in(installation.password)
        admin = Person(installation)
        _before_anything(camera, admin)
        _while_it_builds(camera, admin)
        _when_it_runs(camera, admin)
    pictures = list(folder.glob("*.png"))
    size = sum(path.stat().st_size for path in pictures) / 1024**2
    print(f"{len(pictures)} pictures, {size:.1f} MB")  # noqa: T201 it is a command


def _before_anything(camera: Camera, admin: Person) -> None:
    camera.take("apps-empty", "")
    camera.take("app-new", "apps/new?sample=django-vue")
    admin.create("harbour", source="sample", sample="django-vue")
    camera.take("app-before", "apps/harbour/")


def _while_it_builds(camera: Camera, admin: Person) -> None:
    admin.create("ledger", archive(pages("A ledger")))
    admin.create("tides", source="sample", sample="flask")
    for app in ("ledger", "tides", "ledger"):
        admin.wait(app, admin.deploy(app))
    number = admin.deploy("harbour", _packed(hook="#!/bin/bash\nsleep 15\n"))
    with _at_node(camera, f"apps/harbour/deploys/{number}/"):
        camera.take_opened("deploy-running")
        others = [("tides", admin.deploy("tides")), ("harbour", admin.deploy("harbour"))]
        camera.take("queue", "queue")
    for app, deploy in [("harbour", number), *others]:
        assert admin.wait(app, deploy).state in ("live", "retired")


@contextmanager
def _at_node(camera: Camera, path: str) -> Iterator[None]:
    """Inside, the deploy's page stands open in all looks, in the middle of the build."""
    for look in camera.looks:
        camera.open(look, path)
    camera.wait_for("[data-name='Node.js'][data-state='running']")
    yield


def _when_it_runs(camera: Camera, admin: Person) -> None:
    broken = archive(pages("Never", Procfile="web: echo 'ledger: no database at db.internal:5432' && exit 3\n"))
    failed = admin.deploy("ledger", broken)
    admin.set_config("harbour", "MAIL_HOST", "mail.example.org")
    last = admin.deploy("harbour", _packed())
    assert admin.wait("ledger", failed).state == "failed"
    assert admin.wait("harbour", last).state == "live"
    admin.add_environment("harbour", "staging")
    for words in DONE_BY_COMMANDS:
        assert admin.installation.manage(*words).returncode == 0, words
    admin.create("billing", source="git", git_url="https://git.example.org/shop/billing.git", git_ref="main")
    admin.set_config("harbour", "SECRET_KEY", "nobody-sees-this-again")
    time.sleep(DRAIN_SECONDS)
    for path in ("/", "/tides/today", "/", "/favicon.ico"):
        admin.open("tides", path)
    for name, path in {
        "apps": "",
        "app": "apps/harbour/",
        "deploys": "apps/harbour/deploys/",
        "deploy": f"apps/harbour/deploys/{last}/",
        "deploy-failed": f"apps/ledger/deploys/{failed}/",
        "releases": "apps/harbour/releases/",
        "promote": "apps/harbour/compare?environment=production&to=staging",
        "processes": "apps/harbour/processes/",
        "process": "apps/harbour/processes/of/web",
        "commands": "apps/harbour/runs/",
        "command": "apps/harbour/runs/1/",
        "shells": "apps/harbour/shells/",
        "domains": "apps/harbour/domains/",
        "activity": "apps/harbour/activity/",
        "logs": "apps/tides/logs/",
        "buildpacks": "apps/harbour/buildpacks/",
        "config": "apps/harbour/config/",
        "settings": "apps/harbour/settings/",
        "platform-activity": "admin/activity",
        "account": "account/",
        "teams": "teams/",
        "team": "teams/1/",
        "credentials": "credentials/",
        "people": "admin/people",
        "health": "admin/health",
        "limits": "admin/limits",
        "hints": "admin/hints",
        "registry": "admin/buildpacks",
        "stacks": "admin/stacks",
        "sample": admin.address("harbour"),
        "unknown-app": admin.address("nobody"),
        "not-found": "apps/nobody/",
    }.items():
        camera.take(name, path)


def _packed(hook: str = "") -> bytes:
    """The sample, packed by hand, as somebody who works on it would upload it; perhaps with a hook of its own."""
    buffer, sample = BytesIO(), ROOT / "builds" / "samples" / "django-vue"
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        tar.add(sample, "harbour", filter=lambda info: None if "node_modules" in info.name else info)
        if hook:
            member = tarfile.TarInfo("harbour/bin/pre-compile")
            member.size, member.mode = len(hook), 0o755
            tar.addfile(member, BytesIO(hook.encode()))
    return buffer.getvalue()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
