"""showconfig APP [--environment E]"""

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from console.activity import record
from runtimes.models import ConfigVar

from ._base import TranslatedCommand
from ._follow import find_app, find_environment


class Command(TranslatedCommand):
    help = gettext_noop("Show config vars with their values, as KEY=VALUE lines.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app")
        parser.add_argument(
            "--environment", help=_("what a release of this environment gets; default: what is set for all")
        )

    def handle(self, *args: Any, **options: Any) -> None:
        app, name = find_app(options["app"]), options["environment"]
        environment = find_environment(app, name) if name else None
        config = ConfigVar.objects
        values = config.for_release(environment) if environment else config.for_build(app)
        record(None, "config-export", app=app, environment=environment)
        for key, value in sorted(values.items()):
            self.stdout.write(f"{key}={value}")
