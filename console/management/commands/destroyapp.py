"""destroyapp NAME --yes"""

import time
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from builds.destroy import destroy
from console.activity import record
from runtimes.models import App

from ._base import TranslatedCommand
from ._follow import POLL_SECONDS, find_app


class Command(TranslatedCommand):
    help = gettext_noop("Destroy an app: its instances, releases, slugs and logs. This cannot be undone.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--yes", action="store_true", help=_("do not ask, destroy"))

    def handle(self, *args: Any, **options: Any) -> None:
        app = find_app(options["name"])
        if not options["yes"]:
            raise CommandError(
                _("This destroys %(name)s with all its releases and logs. Add --yes to do it.") % {"name": app.name}
            )
        destroy(app)
        record(None, "app-destroy", app=app)
        while App.objects.filter(pk=app.pk).exists():
            time.sleep(POLL_SECONDS)
        self.stdout.write(_("Destroyed %(name)s.") % {"name": app.name})
