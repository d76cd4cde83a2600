"""setconfig APP KEY=VALUE…"""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from runtimes.config import set_vars

from ._follow import find_app, find_environment


class Command(BaseCommand):
    help = "Set config vars; the next deploy uses them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app")
        parser.add_argument("vars", nargs="+", metavar="KEY=VALUE")
        parser.add_argument("--environment", help="for this environment alone; default: for all, and for builds")

    def handle(self, *args: Any, **options: Any) -> None:
        app = find_app(options["app"])
        environment = find_environment(app, options["environment"]) if options["environment"] else None
        pairs = [pair.partition("=") for pair in options["vars"]]
        if wrong := [key for key, equals, _ in pairs if not equals]:
            raise CommandError(f"{wrong[0]}: write KEY=VALUE.")
        try:
            set_vars(app, {key: value for key, _, value in pairs}, environment)
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from None
        self.stdout.write(f"Set {', '.join(key for key, _, _ in pairs)}. The next deploy uses it.")
