"""releases APP [--environment E]"""

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from runtimes.freeze import runs

from ._base import TranslatedCommand
from ._follow import find_app, find_environment


class Command(TranslatedCommand):
    help = gettext_noop("List an environment's releases, newest first.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app")
        parser.add_argument("--environment", default="production")

    def handle(self, *args: Any, **options: Any) -> None:
        environment = find_environment(find_app(options["app"]), options["environment"])
        for release in environment.releases.select_related("slug", "image", "created_by"):
            of = f"{release.image}" if release.image else release.commit[:7] or runs(release).short
            what = release.description or f"{release.get_kind_display()} {of}".strip()
            who = release.created_by or _("command line")
            self.stdout.write(
                f"{release.version:<6}{release.state:<10}{release.created_at:%Y-%m-%d %H:%M}  {what} ({who})"
            )
