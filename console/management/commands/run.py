"""run APP [--environment E] -- COMMAND…"""

import shlex
from argparse import REMAINDER
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from console.activity import record
from runtimes import oneoff
from runtimes.models import OneOff

from ._base import TranslatedCommand
from ._follow import find_app, find_environment, follow_lines

INTERRUPTED = 130


class Command(TranslatedCommand):
    help = gettext_noop(
        "Run a command in a fresh container of what is live; its output and its exit status are this command's."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app")
        parser.add_argument("--environment", default="production")
        parser.add_argument(
            "words", nargs=REMAINDER, metavar="COMMAND", help=_("after --; one word is a line for a shell")
        )

    def handle(self, *args: Any, **options: Any) -> None:
        words = options["words"][1:] if options["words"][:1] == ["--"] else options["words"]
        environment = find_environment(find_app(options["app"]), options["environment"])
        try:
            one = oneoff.run(environment, words[0] if len(words) == 1 else shlex.join(words))
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from None
        record(None, "run", environment=environment, target=one.name, command=one.command)
        self._follow(one)
        one.refresh_from_db()
        if one.state != "done":
            raise CommandError(_in_words(one), returncode=one.exit_code or 1)

    def _follow(self, one: OneOff) -> None:
        try:
            follow_lines(one.journal, self.stdout.write)
        except KeyboardInterrupt:
            oneoff.cancel(one)
            raise CommandError(_("%(name)s was canceled.") % {"name": one.name}, returncode=INTERRUPTED) from None


def _in_words(one: OneOff) -> str:
    return one.failure or (
        _("Exit status %(exit_code)s.") % {"exit_code": one.exit_code} if one.exit_code else _("Canceled.")
    )
