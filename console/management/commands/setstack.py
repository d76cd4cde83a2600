"""setstack APP STACK"""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from builds.stacks import change_stack
from console.activity import record
from runtimes.models import Stack

from ._base import TranslatedCommand
from ._follow import find_app


class Command(TranslatedCommand):
    help = gettext_noop("Build an app with another stack from the next deploy on, which starts without its cache.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app")
        parser.add_argument("stack")

    def handle(self, *args: Any, **options: Any) -> None:
        app = find_app(options["app"])
        try:
            change_stack(app, Stack.objects.get(name=options["stack"]))
        except Stack.DoesNotExist:
            names = ", ".join(Stack.objects.values_list("name", flat=True))
            raise CommandError(
                _("There is no stack %(stack)s. There are: %(names)s.") % {"stack": options["stack"], "names": names}
            ) from None
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from None
        record(None, "stack-choose", app=app, target=options["stack"])
        self.stdout.write(
            _("%(name)s is built with %(stack)s from the next deploy on.")
            % {"name": app.name, "stack": options["stack"]}
        )
