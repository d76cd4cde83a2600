"""rollback APP vN [--environment E] [--current-config]"""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from console.activity import record
from runtimes.release import roll_back

from ._base import TranslatedCommand
from ._follow import find_app, find_environment, find_release, follow_release


class Command(TranslatedCommand):
    help = gettext_noop("Release what an old release ran again, with its config or the current one.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app")
        parser.add_argument("version", metavar="vN")
        parser.add_argument("--environment", default="production")
        parser.add_argument("--current-config", action="store_true", help=_("keep the config as it is set now"))

    def handle(self, *args: Any, **options: Any) -> None:
        environment = find_environment(find_app(options["app"]), options["environment"])
        old = find_release(environment, options["version"])
        try:
            release = roll_back(old, current_config=options["current_config"])
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from None
        record(None, "roll-back", environment=environment, target=release.version, to=old.version)
        follow_release(release, self.stdout.write)
