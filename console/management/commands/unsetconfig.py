"""unsetconfig APP KEY…"""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from console.activity import record
from runtimes.config import unset_vars

from ._base import TranslatedCommand
from ._follow import find_app, find_environment
from .setconfig import add_where, release_change


class Command(TranslatedCommand):
    help = gettext_noop("Remove config vars and release the change.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app")
        parser.add_argument("keys", nargs="+", metavar="KEY")
        add_where(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        app = find_app(options["app"])
        environment = find_environment(app, options["environment"]) if options["environment"] else None
        if not unset_vars(app, options["keys"], environment):
            raise CommandError(_("None of these is set."))
        record(None, "config-remove", app=app, environment=environment, target=", ".join(options["keys"]))
        self.stdout.write(_("Removed %(keys)s.") % {"keys": ", ".join(options["keys"])})
        release_change(self, app, environment, options)
