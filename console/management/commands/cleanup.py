"""cleanup [--dry-run]"""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from builds import cleanup
from console.activity import record
from runtimes.orders import AWAY, NOT_BEGUN, ask

from ._base import TranslatedCommand


class Command(TranslatedCommand):
    help = gettext_noop("Remove slugs, images, sources and logs that no release to go back to needs any more.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help=_("only say what would go"))

    def handle(self, *args: Any, **options: Any) -> None:
        found = cleanup.plan()
        for slug in found.slugs:
            facts = {"slug": slug.sha256[:12], "app": slug.app.name, "size": f"{slug.size / 1e6:.1f}"}
            self.stdout.write(_("slug %(slug)s of %(app)s, %(size)s MB") % facts)
        for image in found.images:
            self.stdout.write(_("image %(image)s of %(app)s") % {"image": image, "app": image.app.name})
        for key in found.sources:
            self.stdout.write(_("source %(key)s") % {"key": key})
        self.stdout.write(_("%(lines)s lines of %(count)s logs") % {"lines": found.lines, "count": found.logs.count()})
        if options["dry_run"]:
            self.stdout.write(_("Nothing was removed."))
            return
        if not ask("builds.tasks.clean_up"):
            raise CommandError(f"{AWAY} {NOT_BEGUN}")
        record(None, "clean-up")
        self.stdout.write(_("It is being removed."))
