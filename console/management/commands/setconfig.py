"""setconfig APP KEY=VALUE… [--environment E] [--no-release]"""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from console.activity import record
from runtimes.config import set_vars
from runtimes.models import App, Environment, Release
from runtimes.release import change_config

from ._base import TranslatedCommand
from ._follow import find_app, find_environment, follow_release


class Command(TranslatedCommand):
    help = gettext_noop("Set config vars and release the change.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app")
        parser.add_argument("vars", nargs="+", metavar="KEY=VALUE")
        add_where(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        app = find_app(options["app"])
        environment = find_environment(app, options["environment"]) if options["environment"] else None
        pairs = [pair.partition("=") for pair in options["vars"]]
        if wrong := [key for key, equals, _ in pairs if not equals]:
            raise CommandError(_("%(word)s: write KEY=VALUE.") % {"word": wrong[0]})
        try:
            set_vars(app, {key: value for key, _, value in pairs}, environment)
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from None
        record(None, "config-set", app=app, environment=environment, target=", ".join(key for key, _, _ in pairs))
        self.stdout.write(_("Set %(keys)s.") % {"keys": ", ".join(key for key, *_rest in pairs)})
        release_change(self, app, environment, options)


def add_where(parser: CommandParser) -> None:
    """The options that setting and unsetting share."""
    parser.add_argument("--environment", help=_("for this environment alone; default: for all, and for builds"))
    parser.add_argument("--no-release", action="store_true", help=_("let the next release bring it"))


def release_change(command: BaseCommand, app: App, environment: Environment | None, options: dict[str, Any]) -> None:
    """Release the change where something runs, in one environment or in all; follow each."""
    for each in [environment] if environment else app.environments.all():
        if each.live and not options["no_release"]:
            release = _change(each)
            record(None, "config-release", environment=each, target=release.version)
            follow_release(release, command.stdout.write)


def _change(environment: Environment) -> Release:
    try:
        return change_config(environment)
    except ValidationError as error:
        raise CommandError("\n".join(error.messages)) from None
