"""ps NAME"""

from typing import Any

from django.core.management.base import CommandParser
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from runtimes.models import Instance

from ._base import TranslatedCommand
from ._follow import find_app


class Command(TranslatedCommand):
    help = gettext_noop("List an app's instances.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:
        app = find_app(options["name"])
        for environment in app.environments.all():
            live = environment.live
            self.stdout.write(f"{environment.name}: {live.version if live else _('nothing deployed yet')}")
            for instance in environment.instances.exclude(state="down").select_related("release"):
                self.stdout.write(
                    f"  {instance.name:<12} {instance.release.version:<5} {instance.state}{_since(instance)}"
                )


def _since(instance: Instance) -> str:
    """For how long, and of one that crashed how it ended."""
    words = _("for %(time)s") % {"time": timesince(instance.started_at)} if instance.started_at else ""
    if instance.state == "crashed":
        words += " " + _("(exit status %(code)s)") % {"code": instance.exit_code}
    return f" {words.strip()}" if words else ""
