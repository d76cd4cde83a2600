"""Config vars: what an app is told through its environment."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from runtimes.encryption import EncryptedTextField

from .apps import App, Environment

key_validator = RegexValidator(
    r"\A[A-Za-z_][A-Za-z0-9_]{0,127}\Z", gettext_lazy("Use letters, digits and underscores, and begin with a letter.")
)


class ConfigVarQuerySet(models.QuerySet["ConfigVar"]):
    def for_build(self, app: App) -> dict[str, str]:
        """What a build may see: only the vars for all environments, so a slug belongs to none."""
        return {var.key: var.value for var in self.filter(app=app, environment=None)}

    def for_release(self, environment: Environment) -> dict[str, str]:
        """What a release gets: the vars for all environments, overridden by its own."""
        own = {var.key: var.value for var in self.filter(environment=environment)}
        return self.for_build(environment.app) | own


class ConfigVar(models.Model):
    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="config_vars")
    environment = models.ForeignKey(
        Environment, null=True, blank=True, on_delete=models.CASCADE, related_name="config_vars"
    )
    key = models.CharField(max_length=128, validators=[key_validator])
    value = EncryptedTextField()
    updated_at = models.DateTimeField(auto_now=True)

    objects = ConfigVarQuerySet.as_manager()

    class Meta:
        ordering = ["key"]
        constraints = [
            models.UniqueConstraint(fields=["environment", "key"], name="one_var_per_environment"),
            models.UniqueConstraint(fields=["app", "key"], condition=Q(environment=None), name="one_var_per_app"),
        ]

    def __str__(self) -> str:
        return self.key
