"""restart APP [web | web.1] [--environment E]"""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from console.activity import record
from runtimes.restart import restart

from ._base import TranslatedCommand
from ._follow import find_app, find_environment


class Command(TranslatedCommand):
    help = gettext_noop("Restart all instances, those of a process type, or one; one after the other.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app")
        parser.add_argument(
            "what", nargs="?", default="", help=_("process type or instance, as web or web.1; default: all")
        )
        parser.add_argument("--environment", default="production")

    def handle(self, *args: Any, **options: Any) -> None:
        environment = find_environment(find_app(options["app"]), options["environment"])
        try:
            restart(environment, options["what"])
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from None
        record(None, "restart", environment=environment, target=options["what"])
        self.stdout.write(_("Restarting. See: manage.py ps %(app)s") % {"app": options["app"]})
