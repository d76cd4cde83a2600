"""bootstrap: what an installation needs before its first start."""

import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from buildpacks import registry
from console.activity import record
from runtimes.models import Membership, Role, Team

from ._base import TranslatedCommand


class Command(TranslatedCommand):
    help = gettext_noop(
        "Fill the registry and, if nobody can sign in yet, make the first admin and print the password once."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        registry.sync()
        users = get_user_model().objects
        if users.exists():
            return
        password = secrets.token_urlsafe(15)
        admin = users.create_superuser("admin", password=password)
        Membership.objects.create(team=Team.objects.earliest("pk"), user=admin, role=Role.ADMIN)
        record(None, "person-add", target=admin.get_username())
        self.stdout.write(_("Sign in as admin with the password %(password)s") % {"password": password})
        self.stdout.write(_("It is shown this once and stored nowhere in plain text."))
