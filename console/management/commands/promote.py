"""promote APP --from staging --to production"""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext_noop

from console.activity import record
from runtimes.release import promote

from ._base import TranslatedCommand
from ._follow import find_app, find_environment, follow_release


class Command(TranslatedCommand):
    help = gettext_noop("Release in one environment what serves in another, without a build.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app")
        parser.add_argument("--from", dest="source", default="staging", metavar="ENVIRONMENT")
        parser.add_argument("--to", dest="target", default="production", metavar="ENVIRONMENT")

    def handle(self, *args: Any, **options: Any) -> None:
        app = find_app(options["app"])
        source, target = find_environment(app, options["source"]), find_environment(app, options["target"])
        try:
            release = promote(source, target)
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from None
        record(None, "promote", environment=target, target=release.version, origin=source.name)
        follow_release(release, self.stdout.write)
