"""removedomain APP NAME"""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from console.activity import record
from runtimes import domains
from runtimes.models import Domain

from ._base import TranslatedCommand
from ._follow import find_app


class Command(TranslatedCommand):
    help = gettext_noop("Let an app answer at one of its own names no more.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app")
        parser.add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:
        app = find_app(options["app"])
        try:
            name = domains.hostname(options["name"])
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from None
        domain = Domain.objects.filter(environment__app=app, name=name).select_related("environment__app").first()
        if not domain:
            raise CommandError(_("%(app)s has no domain %(name)s.") % {"app": app, "name": name})
        domains.remove(domain)
        record(None, "domain-remove", environment=domain.environment, target=domain.name)
        self.stdout.write(_("%(domain)s leads to %(app)s no more.") % {"domain": domain, "app": app})
