"""createapp NAME --git URL [--ref R] [--dir D] | --archive FILE | --sample S | --image REF [--credentials NAME]"""

from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from builds.create import create_app
from builds.credentials import find
from console.activity import record
from console.faults import told
from runtimes.faults import PlatformFailed
from runtimes.models import App, Stack, Team

from ._base import TranslatedCommand


class Command(TranslatedCommand):
    help = gettext_noop("Create an app from a Git repository, an archive, a sample or a ready image.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument("--git", metavar="URL")
        source.add_argument("--archive", metavar="FILE", type=Path)
        source.add_argument("--sample")
        source.add_argument("--image", metavar="REF", help=_("a ready image, with a tag or a digest"))
        parser.add_argument(
            "--credentials", metavar="NAME", help=_("for the image's registry; of the team, or for all")
        )
        parser.add_argument(
            "--pull", choices=App.Pull.values, default=App.Pull.ALWAYS, help=_("when to ask the registry")
        )
        parser.add_argument("--ref", default="", help=_("branch, tag or commit"))
        parser.add_argument("--dir", default="", help=_("directory in the source"))
        parser.add_argument("--team", help=_("name of the team; default: the first one"))
        parser.add_argument("--stack", help=_("name of the stack; default: the first one"))

    def handle(self, *args: Any, **options: Any) -> None:
        kind = next(kind for kind in App.Source.values if options.get(kind) is not None)
        try:
            team = Team.objects.get(name=options["team"]) if options["team"] else Team.objects.earliest("pk")
            stack = Stack.objects.get(name=options["stack"]) if options["stack"] else None
            facts = {"git_url": options["git"] or "", "git_ref": options["ref"], "directory": options["dir"]}
            facts |= {"sample": options["sample"] or "", "team": team, "stack": stack}
            facts |= {"image": options["image"] or "", "image_pull": options["pull"]}
            if options["credentials"]:
                facts["credentials"] = find(team, options["credentials"])
            app = self._create(options["name"], kind, options["archive"], facts)
        except (Team.DoesNotExist, Stack.DoesNotExist) as error:
            raise CommandError(
                _("There is no such %(what)s.") % {"what": type(error).__qualname__.split(".")[0].lower()}
            ) from None
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from None
        except PlatformFailed as fault:
            raise CommandError(told(fault)) from None
        except OSError as error:
            raise CommandError(f"{options['archive']}: {error.strerror}") from None
        record(None, "app-create", app=app, source=app.source)
        self.stdout.write(_("Created %(name)s. Deploy it with: manage.py deploy %(name)s") % {"name": app.name})

    def _create(self, name: str, kind: str, path: Path | None, facts: dict[str, Any]) -> App:
        if not path:
            return create_app(name=name, source=kind, **facts)
        with path.open("rb") as file:
            return create_app(name=name, source=kind, archive=File(file, path.name), **facts)
