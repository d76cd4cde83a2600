"""addstack NAME --build IMAGE --run IMAGE --stack IDENTIFIER"""

import time
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from builds import stacks
from console.activity import record

from ._base import TranslatedCommand
from ._follow import POLL_SECONDS


class Command(TranslatedCommand):
    help = gettext_noop(
        "Add a stack of two images: they are fetched if need be, and made into ones that Slipway builds and runs with."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--build", metavar="IMAGE", required=True, help=_("what apps are built in"))
        parser.add_argument("--run", metavar="IMAGE", required=True, help=_("what they run in"))
        parser.add_argument("--stack", metavar="IDENTIFIER", required=True, help=_("what buildpacks find in $STACK"))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            stack = stacks.add(options["name"], options["build"], options["run"], options["stack"])
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from None
        while not (stack.is_ready or stack.problem):
            time.sleep(POLL_SECONDS)
            stack.refresh_from_db()
        if stack.problem:
            stacks.remove(stack)
            raise CommandError(
                _("%(name)s was not added: %(problem)s") % {"name": stack.name, "problem": stack.problem}
            )
        record(None, "stack-add", target=stack.name)
        self.stdout.write(_("Added %(name)s. Apps can be set to it.") % {"name": stack.name})
