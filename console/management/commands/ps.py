"""ps NAME"""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.timesince import timesince

from ._follow import find_app


class Command(BaseCommand):
    help = "List an app's instances."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:
        app = find_app(options["name"])
        for environment in app.environments.all():
            live = environment.live
            self.stdout.write(f"{environment.name}: {live.version if live else 'nothing deployed yet'}")
            for instance in environment.instances.exclude(state="down").select_related("release"):
                since = f" for {timesince(instance.started_at)}" if instance.started_at else ""
                exit_status = f" (exit status {instance.exit_code})" if instance.state == "crashed" else ""
                self.stdout.write(
                    f"  {instance.name:<12} {instance.release.version:<5} {instance.state}{since}{exit_status}"
                )
