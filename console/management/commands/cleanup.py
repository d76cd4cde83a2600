"""cleanup [--dry-run]"""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from builds import cleanup
from console.activity import record
from runtimes.orders import order


class Command(BaseCommand):
    help = "Remove slugs, images, sources and logs that no release to go back to needs any more."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")

    def handle(self, *args: Any, **options: Any) -> None:
        found = cleanup.plan()
        for slug in found.slugs:
            self.stdout.write(f"slug {slug.sha256[:12]} of {slug.app.name}, {slug.size / 1e6:.1f} MB")
        for image in found.images:
            self.stdout.write(f"image {image} of {image.app.name}")
        for key in found.sources:
            self.stdout.write(f"source {key}")
        self.stdout.write(_("%(lines)s lines of %(count)s logs") % {"lines": found.lines, "count": found.logs.count()})
        if options["dry_run"]:
            self.stdout.write(_("Nothing was removed."))
            return
        order("builds.tasks.clean_up")
        record(None, "clean-up")
        self.stdout.write(_("It is being removed."))
