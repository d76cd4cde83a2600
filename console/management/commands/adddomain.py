"""adddomain APP NAME [--environment E]"""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from console.activity import record
from runtimes import domains

from ._base import TranslatedCommand
from ._follow import find_app, find_environment


class Command(TranslatedCommand):
    help = gettext_noop("Let an environment answer at a name of its own too.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app")
        parser.add_argument("name", help=_("such as shop.example.org"))
        parser.add_argument("--environment", default="production")

    def handle(self, *args: Any, **options: Any) -> None:
        environment = find_environment(find_app(options["app"]), options["environment"])
        try:
            domain = domains.add(environment, options["name"])
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from None
        record(None, "domain-add", environment=environment, target=domain.name)
        self.stdout.write(
            _("%(domain)s is routed to %(environment)s. In its DNS: CNAME %(hostname)s")
            % {"domain": domain, "environment": environment, "hostname": environment.hostname}
        )
