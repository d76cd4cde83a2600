"""An app, where it comes from and where it runs."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy

from runtimes.encryption import EncryptedTextField

from .credentials import Credentials
from .teams import Role, Team

if TYPE_CHECKING:
    from .releases import Release

RESERVED_NAMES = frozenset(
    {
        "admin",
        "api",
        "app",
        "apps",
        "console",
        "localhost",
        "mail",
        "router",
        "slipway",
        "static",
        "status",
        "ws",
        "www",
    }
)

name_validator = RegexValidator(
    r"\A[a-z][a-z0-9-]{0,29}\Z",
    gettext_lazy("Use 1 to 30 lower-case letters, digits and hyphens, and begin with a letter."),
)


stack_name_validator = RegexValidator(
    r"\A(?=.{1,30}\Z)[a-z0-9]+([.-][a-z0-9]+)*\Z",
    gettext_lazy("Use lower-case letters, digits, and single hyphens or dots between."),
)
identifier_validator = RegexValidator(
    r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,29}\Z",
    gettext_lazy("Use letters, digits, hyphens, dots and underscores, as in heroku-24."),
)


class Stack(models.Model):
    """A build image and a run image made from one base, and the `$STACK` buildpacks are told.

    Of a stack that an admin added, `build_from` and `run_from` are the images that were named.
    `build_image` and `run_image` are made of them once, `recipe` says with which files of ours, and
    `problem` why they could not be made.
    """

    name = models.CharField(max_length=30, unique=True, validators=[stack_name_validator])
    build_image = models.CharField(max_length=200, blank=True, default="")
    run_image = models.CharField(max_length=200, blank=True, default="")
    identifier = models.CharField(max_length=30, help_text="The value of $STACK.", validators=[identifier_validator])
    build_from = models.CharField(max_length=200, blank=True, default="")
    run_from = models.CharField(max_length=200, blank=True, default="")
    recipe = models.CharField(max_length=64, blank=True, default="")
    problem = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_ours(self) -> bool:
        """Whether it comes with the platform."""
        return not self.build_from

    @property
    def is_ready(self) -> bool:
        """Whether apps can be built with it."""
        return bool(self.build_image and self.run_image)


class AppQuerySet(models.QuerySet["App"]):
    def visible_to(self, user: Any) -> "AppQuerySet":
        """The apps that a user may know of: those of their teams; all for the platform's admin."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self if user.is_superuser else self.filter(team__members=user)


class App(models.Model):
    """What a team deploys: a name, a source, a stack; `destroyed_at` is set while it is being removed."""

    class Source(models.TextChoices):
        GIT = "git", gettext_lazy("Git repository")
        ARCHIVE = "archive", gettext_lazy("Uploaded archive")
        SAMPLE = "sample", gettext_lazy("Sample")
        IMAGE = "image", gettext_lazy("Ready image")

    class Pull(models.TextChoices):
        ALWAYS = "always", gettext_lazy("At every deploy")
        MISSING = "missing", gettext_lazy("Only if it is not here")

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="apps")
    name = models.CharField(max_length=30, unique=True, validators=[name_validator])
    source = models.CharField(max_length=10, choices=Source.choices)
    git_url = models.CharField(max_length=500, blank=True, default="")
    git_ref = models.CharField(max_length=200, blank=True, default="", help_text="Branch, tag or commit.")
    git_secret = EncryptedTextField(blank=True, default="", help_text="Access token (https) or private key (ssh).")
    git_host_keys = models.TextField(blank=True, default="", help_text="Of an ssh host, as it was met first.")
    directory = models.CharField(max_length=200, blank=True, default="", help_text="Directory in the source.")
    archive = models.CharField(max_length=200, blank=True, default="", help_text="Key in the sources storage.")
    archive_name = models.CharField(max_length=200, blank=True, default="", help_text="The uploaded file's name.")
    sample = models.CharField(max_length=40, blank=True, default="")
    image = models.CharField(max_length=500, blank=True, default="", help_text="Of a registry, with tag or digest.")
    image_pull = models.CharField(max_length=10, choices=Pull.choices, default=Pull.ALWAYS)
    credentials = models.ForeignKey(
        Credentials, null=True, blank=True, on_delete=models.PROTECT, related_name="apps", help_text="For its registry."
    )
    stack = models.ForeignKey(Stack, on_delete=models.PROTECT, related_name="apps")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    destroyed_at = models.DateTimeField(null=True, blank=True)

    objects = AppQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def production(self) -> "Environment":
        return self.environments.get(name="production")


class Environment(models.Model):
    """Where an app runs: its own config vars, processes and releases."""

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="environments")
    name = models.CharField(max_length=30, default="production", validators=[name_validator])
    stopped = models.BooleanField(default=False, help_text="Nothing runs; everything is kept.")
    protection = models.CharField(
        max_length=10,
        choices=Role.choices,
        blank=True,
        default="",
        help_text="The lowest role that may change what serves here; empty: whoever may elsewhere.",
    )
    maintenance = models.BooleanField(default=False, help_text="Visitors see a page that says so.")
    release_command = models.TextField(blank=True, default="", help_text="In place of the Procfile's.")
    config_changed_at = models.DateTimeField(null=True, blank=True, help_text="When a config var for it changed last.")
    trouble = models.TextField(blank=True, default="", help_text="Why it is not what it should be, if that failed.")
    unrestarted = models.TextField(
        blank=True, default="", help_text="Instances that the last restart left: none came up to stand in."
    )
    force_https = models.BooleanField(default=False, help_text="Visitors of its own domains are sent to HTTPS.")

    class Meta:
        ordering = ["app", "pk"]
        constraints = [models.UniqueConstraint(fields=["app", "name"], name="one_environment_per_name")]

    def __str__(self) -> str:
        return f"{self.app.name}/{self.name}"

    @property
    def live(self) -> "Release | None":
        """The release that serves, if there is one."""
        return self.releases.filter(state="live").first()

    @property
    def hostname(self) -> str:
        """The name under which the router answers for this environment."""
        label = self.app.name if self.name == "production" else f"{self.app.name}--{self.name}"
        return f"{label}.{settings.APPS_DOMAIN}"

    @property
    def url(self) -> str:
        return f"http://{self.hostname}:{settings.APPS_PORT}"
