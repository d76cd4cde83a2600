"""What lets the platform in at a registry that is not for everybody."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from runtimes.encryption import EncryptedTextField
from runtimes.engine.base import Login
from runtimes.engine.references import HOST

from .teams import Team

credentials_name_validator = RegexValidator(
    r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,29}\Z", gettext_lazy("Use 1 to 30 letters, digits, hyphens, dots and underscores.")
)
registry_validator = RegexValidator(
    rf"\A{HOST.pattern}\Z",
    gettext_lazy("Name the registry's host, with its port if it has one, as registry.example.com:5000."),
)


class CredentialsQuerySet(models.QuerySet["Credentials"]):
    def usable_by(self, *teams: Team) -> "CredentialsQuerySet":
        """Those of these teams, and those that are for all."""
        return self.filter(Q(team=None) | Q(team__in=teams))


class Credentials(models.Model):
    """A user and a password or token for one registry, of a team or, without one, for all teams.

    They are shown to no other registry: whoever may name an image could else have them sent anywhere.
    """

    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.CASCADE, related_name="credentials")
    name = models.CharField(max_length=30, validators=[credentials_name_validator])
    registry = models.CharField(max_length=260, validators=[registry_validator])
    username = models.CharField(max_length=200)
    password = EncryptedTextField()
    updated_at = models.DateTimeField(auto_now=True)

    objects = CredentialsQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["team", "name"], name="one_credentials_per_team_and_name"),
            models.UniqueConstraint(fields=["name"], condition=Q(team=None), name="one_credentials_for_all_per_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def login(self) -> Login:
        """What is shown to the registry."""
        return Login(self.username, self.password)
