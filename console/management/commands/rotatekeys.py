"""rotatekeys [--forget-old]"""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from console.activity import record
from console.keys import keep_first, put_first
from runtimes import encryption

from ._base import TranslatedCommand


class Command(TranslatedCommand):
    help = gettext_noop(
        "Encrypt all stored secrets with a new key. The old ones are kept for backups until --forget-old."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--forget-old", action="store_true", help=_("Keep only the newest key, and make none."))

    def handle(self, *args: Any, **options: Any) -> None:
        own_file = not settings.ENCRYPTION_KEYS
        if options["forget_old"] and not own_file:
            raise CommandError(_("The keys come from SLIPWAY_ENCRYPTION_KEYS: remove the old ones there."))
        if own_file and not options["forget_old"]:
            put_first(settings.ENCRYPTION_KEYS_FILE)
        written = encryption.rotate()
        if options["forget_old"]:
            keep_first(settings.ENCRYPTION_KEYS_FILE)
        record(None, "keys-rotate", forget_old=options["forget_old"])
        self.stdout.write(
            _("%(written)s stored secrets are encrypted with the newest of %(count)s keys.")
            % {"written": written, "count": len(encryption.keys())}
        )
