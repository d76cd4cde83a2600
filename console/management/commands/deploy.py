"""deploy NAME [--ref R | --image REF] [--archive FILE] [--environment production]"""

from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from builds.models import Build
from builds.start import start_deploy
from console.activity import record
from console.faults import told
from runtimes.faults import PlatformFailed
from runtimes.models import Environment

from ._base import TranslatedCommand
from ._follow import find_app, find_environment, follow


class Command(TranslatedCommand):
    help = gettext_noop("Deploy an app and follow its log; the exit status is 0 only if the release is live.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--ref", default="", help=_("branch, tag or commit, for this deploy alone"))
        parser.add_argument("--archive", metavar="FILE", type=Path, help=_("deploy this instead of the app's source"))
        parser.add_argument("--image", metavar="REF", default="", help=_("another ready image, for this deploy alone"))
        parser.add_argument("--environment", default="production")
        parser.add_argument(
            "--clear-cache", action="store_true", help=_("build without what was kept of earlier builds")
        )

    def handle(self, *args: Any, **options: Any) -> None:
        app = find_app(options["name"])
        build = self._start(find_environment(app, options["environment"]), options)
        facts: dict[str, Any] = {"target": f"#{build.journal.number}", "ref": build.ref, "image": build.image}
        record(None, "deploy", environment=build.journal.environment, **facts)
        deploy = follow(app, build.journal.number, self.stdout.write)
        if deploy.state not in ("live", "retired"):
            ended = _("Deploy #%(number)s %(state)s") % {"number": deploy.number, "state": deploy.state}
            raise CommandError(f"{ended}: {deploy.failure}".rstrip(": "))
        self.stdout.write(_("%(name)s is live: %(address)s") % {"name": app.name, "address": deploy.address})

    def _start(self, environment: Environment, options: dict[str, Any]) -> Build:
        facts = {name: options[name] for name in ("ref", "image", "clear_cache")}
        try:
            if not options["archive"]:
                return start_deploy(environment, **facts)
            with options["archive"].open("rb") as file:
                return start_deploy(environment, archive=File(file, options["archive"].name), **facts)
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from None
        except PlatformFailed as fault:
            raise CommandError(told(fault)) from None
        except OSError as error:
            raise CommandError(f"{options['archive']}: {error.strerror}") from None
