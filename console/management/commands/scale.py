"""scale APP web=3 worker=1 [--environment E]"""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from console.activity import record
from runtimes.scale import scale

from ._base import TranslatedCommand
from ._follow import find_app, find_environment


class Command(TranslatedCommand):
    help = gettext_noop("Set how many instances of each process type run.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app")
        parser.add_argument("quantities", nargs="+", metavar="TYPE=N")
        parser.add_argument("--environment", default="production")

    def handle(self, *args: Any, **options: Any) -> None:
        environment = find_environment(find_app(options["app"]), options["environment"])
        pairs = [pair.partition("=") for pair in options["quantities"]]
        if wrong := [name for name, _, quantity in pairs if not quantity.isdecimal()]:
            raise CommandError(_("%(wrong)s: write TYPE=N, such as web=3.") % {"wrong": wrong[0]})
        try:
            scale(environment, {name: int(quantity) for name, _, quantity in pairs})
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from None
        record(None, "scale", environment=environment, target=" ".join(options["quantities"]))
        self.stdout.write(
            _("Scaling %(environment)s to %(wanted)s. See: manage.py ps %(app)s")
            % {"environment": environment, "wanted": " ".join(options["quantities"]), "app": options["app"]}
        )
