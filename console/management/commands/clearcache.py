"""clearcache APP"""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from console.activity import record
from runtimes.orders import AWAY, NOT_BEGUN, ask

from ._base import TranslatedCommand
from ._follow import find_app


class Command(TranslatedCommand):
    help = gettext_noop("Forget what buildpacks remember of an app; the next build begins cold.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app")

    def handle(self, *args: Any, **options: Any) -> None:
        app = find_app(options["app"])
        if not ask("builds.tasks.clear_cache", app.pk):
            raise CommandError(f"{AWAY} {NOT_BEGUN}")
        record(None, "cache-clear", app=app)
        self.stdout.write(_("The cache of %(name)s is being cleared.") % {"name": app.name})
