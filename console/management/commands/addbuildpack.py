"""addbuildpack NAME --git URL --commit SHA | --url URL --sha256 SUM | --archive FILE"""

import time
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from buildpacks.models import Buildpack
from builds.register import register
from console.activity import record
from console.faults import told
from runtimes.faults import PlatformFailed

from ._base import TranslatedCommand
from ._follow import POLL_SECONDS


class Command(TranslatedCommand):
    help = gettext_noop("Add a buildpack to the registry: it is fetched once, verified and kept.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument("--git", metavar="URL")
        source.add_argument("--url", metavar="URL")
        source.add_argument("--archive", metavar="FILE", type=Path)
        parser.add_argument("--commit", default="", help=_("full commit, with --git"))
        parser.add_argument("--sha256", default="", help=_("checksum of the file, with --url"))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            buildpack = self._register(options)
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from None
        except PlatformFailed as fault:
            raise CommandError(told(fault)) from None
        except OSError as error:
            raise CommandError(f"{options['archive']}: {error.strerror}") from None
        while not (buildpack.is_ready or buildpack.problem):
            time.sleep(POLL_SECONDS)
            buildpack.refresh_from_db()
        if buildpack.problem:
            buildpack.delete()
            raise CommandError(
                _("%(name)s was not added: %(problem)s") % {"name": buildpack.name, "problem": buildpack.problem}
            )
        record(None, "buildpack-add", target=buildpack.name)
        self.stdout.write(_("Added %(name)s at %(pin)s.") % {"name": buildpack.name, "pin": buildpack.pin[:12]})

    def _register(self, options: dict[str, Any]) -> Buildpack:
        name, kind = options["name"], Buildpack.Kind
        if options["git"]:
            return register(name, kind.GIT, url=options["git"], pin=options["commit"])
        if options["url"]:
            return register(name, kind.TARBALL, url=options["url"], pin=options["sha256"])
        with options["archive"].open("rb") as file:
            return register(name, kind.UPLOAD, archive=File(file, options["archive"].name))
