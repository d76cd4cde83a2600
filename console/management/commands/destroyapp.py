"""destroyapp NAME --yes"""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from builds.destroy import destroy
from console.activity import record
from runtimes.models import App

from ._follow import POLL_SECONDS, find_app


class Command(BaseCommand):
    help = "Destroy an app: its instances, releases, slugs and logs. This cannot be undone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--yes", action="store_true", help="do not ask, destroy")

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
        self.stdout.write(f"Destroyed {app.name}.")
