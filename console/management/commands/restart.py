"""restart APP [web | web.1] [--environment E]"""

import time
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from console.activity import record
from runtimes import restart as restarting
from runtimes.orders import AWAY

from . import _follow
from ._base import TranslatedCommand
from ._follow import find_app, find_environment


class Command(TranslatedCommand):
    help = gettext_noop(
        "Restart all instances, those of a process type, or one; one after the other. "
        "The exit status is 0 only if all were."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app")
        parser.add_argument(
            "what", nargs="?", default="", help=_("process type or instance, as web or web.1; default: all")
        )
        parser.add_argument("--environment", default="production")

    def handle(self, *args: Any, **options: Any) -> None:
        environment = find_environment(find_app(options["app"]), options["environment"])
        try:
            is_known = restarting.restart(environment, options["what"])
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from None
        record(None, "restart", environment=environment, target=options["what"])
        if not is_known:
            raise CommandError(f"{AWAY} {restarting.LATER}")
        self.stdout.write(_("Restarting, one instance after the other."))
        while restarting.is_under_way(environment):
            time.sleep(_follow.POLL_SECONDS)
        if left := restarting.left(environment, options["what"]):
            raise CommandError(
                _(
                    "Not restarted: %(names)s. No other came up to stand in, and what runs goes on as it was. "
                    "See: manage.py logs %(app)s"
                )
                % {"names": ", ".join(left), "app": options["app"]}
            )
