"""logs APP [web | web.1] [--follow] [--lines N] [--environment E]"""

from contextlib import suppress
from datetime import UTC, datetime
from time import sleep as pause
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from runtimes import output

from ._base import TranslatedCommand
from ._follow import POLL_SECONDS, find_app, find_environment


class Command(TranslatedCommand):
    help = gettext_noop("Show what an environment's instances print, also those that are gone.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app")
        parser.add_argument("instance", nargs="?", default="", help=_("process type or instance, as web or web.1"))
        parser.add_argument("--follow", action="store_true", help=_("go on until Ctrl-C"))
        parser.add_argument("--lines", type=int, default=100, help=_("how many of the latest lines; default: 100"))
        parser.add_argument("--environment", default="production")

    def handle(self, *args: Any, **options: Any) -> None:
        environment = find_environment(find_app(options["app"]), options["environment"])
        lines, seen = output.latest(environment, max(0, options["lines"]), options["instance"])
        self._write(lines)
        with suppress(KeyboardInterrupt):
            while options["follow"]:
                pause(POLL_SECONDS)
                lines = output.read(environment, seen, instance=options["instance"])
                self._write(lines)
                seen = lines[-1].number if lines else seen

    def _write(self, lines: list[output.Line]) -> None:
        for line in lines:
            at = datetime.fromtimestamp(line.at_ms / 1000, UTC)
            self.stdout.write(f"{at:%H:%M:%S} {line.release} {line.instance}: {line.text}")
