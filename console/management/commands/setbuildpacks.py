"""setbuildpacks APP NAME… (none: automatic)"""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from builds.arrange import arrange
from console.activity import record

from ._base import TranslatedCommand
from ._follow import find_app


class Command(TranslatedCommand):
    help = gettext_noop("Set an app's buildpacks, in their order; without names they are found by detection.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app")
        parser.add_argument("names", nargs="*", metavar="NAME")

    def handle(self, *args: Any, **options: Any) -> None:
        app, names = find_app(options["app"]), options["names"]
        try:
            arrange(app, names)
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from None
        record(None, "buildpacks-order", app=app, target=", ".join(names))
        self.stdout.write(
            _("%(name)s builds with %(names)s from the next deploy.")
            % {"name": app.name, "names": _(", then ").join(names) or _("what detection finds")}
        )
