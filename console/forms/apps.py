"""What people fill in about an app: its beginning, its source, its end."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from builds.samples import names
from console.faults import told
from runtimes.faults import PlatformFailed
from runtimes.models import App, Credentials, Team
from runtimes.models.apps import RESERVED_NAMES, name_validator

from .fields import SecretField, check_archive_name, check_directory, check_git_url, check_ref

_SAMPLES = {
    "flask": gettext_lazy("Flask: one Python file, a requirements.txt and a Procfile. Builds in seconds."),
    "django-vue": gettext_lazy("Django with a front end that Node builds: two buildpacks, static files, a database."),
}


def samples() -> list[tuple[str, Any]]:
    """The bundled samples, each with a sentence about it."""
    return [(name, _SAMPLES.get(name, "")) for name in names()]


class CredentialsField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Credentials, each with the registry it is for."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj} ({obj.registry})"


class SourceForm(forms.Form):
    """Where an app comes from: Git, an uploaded archive, a sample, or a ready image."""

    source = forms.ChoiceField(
        label=gettext_lazy("Source"), choices=App.Source.choices, widget=forms.RadioSelect, initial=App.Source.GIT
    )
    git_url = forms.CharField(
        label=gettext_lazy("Git URL"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("https, ssh or git@host:path."),
        widget=forms.TextInput(attrs={"placeholder": "https://git.example.com/team/shop.git", "autocomplete": "off"}),
        validators=[check_git_url],
    )
    git_ref = forms.CharField(
        label=gettext_lazy("Branch, tag or commit"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Empty: the repository's default branch."),
        widget=forms.TextInput(attrs={"placeholder": "main", "autocomplete": "off"}),
        validators=[check_ref],
    )
    directory = forms.CharField(
        label=gettext_lazy("Directory"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Where the app lies in the source, if not at its root."),
        widget=forms.TextInput(attrs={"placeholder": "backend", "autocomplete": "off"}),
        validators=[check_directory],
    )
    git_secret = SecretField(
        label=gettext_lazy("Access token or private key"),
        max_length=16 * 1024,
        required=False,
        help_text=gettext_lazy("For a repository that is not public. Stored encrypted, never shown again."),
    )
    archive = forms.FileField(
        label=gettext_lazy("Archive"),
        required=False,
        help_text=gettext_lazy("A .tar.gz, .tar.zst or .zip file."),
        widget=forms.FileInput(attrs={"accept": ".tar.gz,.tgz,.tar.zst,.zst,.zip"}),
    )
    sample = forms.ChoiceField(
        label=gettext_lazy("Sample"),
        choices=samples,
        required=False,
        widget=forms.RadioSelect,
        initial="flask",
    )
    image = forms.CharField(
        label=gettext_lazy("Image"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("With a tag, or with a digest, which always means the same one."),
        widget=forms.TextInput(
            attrs={"placeholder": "registry.example.com/team/shop:1.4", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
    credentials = CredentialsField(
        label=gettext_lazy("Credentials"),
        queryset=Credentials.objects.none(),
        required=False,
        empty_label=gettext_lazy("None: it is for everybody"),
    )
    image_pull = forms.ChoiceField(
        label=gettext_lazy("Ask the registry"), choices=App.Pull.choices, required=False, initial=App.Pull.ALWAYS
    )

    def offer_credentials(self, *teams: Team) -> None:
        """Let those of these teams be chosen, each with the registry it is for."""
        field = self.fields["credentials"]
        assert isinstance(field, CredentialsField)  # noqa: S101 - tells mypy which field it is
        field.queryset = Credentials.objects.usable_by(*teams)

    def clean_image_pull(self) -> str:
        """Always, unless something else was chosen."""
        return self.cleaned_data["image_pull"] or App.Pull.ALWAYS

    def clean_archive(self) -> Any:
        """A file of a kind that can be unpacked and no larger than allowed."""
        if file := self.cleaned_data["archive"]:
            check_archive_name(file.name)
            if file.size > settings.SOURCE_BYTES:
                raise ValidationError(
                    _("The file has %(size)d MB; at most %(limit)d MB are allowed.")
                    % {"size": file.size // 10**6, "limit": settings.SOURCE_BYTES // 10**6}
                )
        return file

    def clean(self) -> dict[str, Any]:
        """What the chosen source cannot do without."""
        data = super().clean() or self.cleaned_data
        source = data.get("source")
        if source == App.Source.GIT and not data.get("git_url") and "git_url" not in self.errors:
            self.add_error("git_url", _("Give the URL of the repository."))
        if (
            source == App.Source.ARCHIVE
            and not data.get("archive")
            and self.needs_archive
            and "archive" not in self.errors
        ):
            self.add_error("archive", _("Choose the archive to upload."))
        if source == App.Source.SAMPLE and not data.get("sample"):
            self.add_error("sample", _("Choose a sample."))
        if source == App.Source.IMAGE and not data.get("image") and "image" not in self.errors:
            self.add_error("image", _("Name the image."))
        return data

    def carry_out(self, verb: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
        """Do it with what was filled in; a refusal stands at its field, and the answer is False."""
        try:
            verb(*args, **self.cleaned_data, **kwargs)
        except ValidationError as error:
            self.add_error(None, error)
        except PlatformFailed as fault:
            self.add_error("archive", told(fault))
        return not self.errors

    @property
    def needs_archive(self) -> bool:
        """Whether an archive must come with this form, since none is stored yet."""
        return True


class CreateAppForm(SourceForm):
    """A new app."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=30,
        help_text=gettext_lazy("Lower-case letters, digits and hyphens. It becomes the app's address."),
        widget=forms.TextInput(
            attrs={"autofocus": True, "autocomplete": "off", "spellcheck": "false", "placeholder": "shop"}
        ),
        validators=[name_validator],
    )
    team = forms.ModelChoiceField(label=gettext_lazy("Team"), queryset=Team.objects.none(), empty_label=None)

    field_order = ["name", "team", "source"]

    def __init__(self, *args: Any, teams: QuerySet[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["team"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - tells mypy which field it is
        field.queryset = teams
        field.initial = teams.first()
        self.offer_credentials(*teams)

    def clean_name(self) -> str:
        """A name that is free."""
        name: str = self.cleaned_data["name"]
        if name in RESERVED_NAMES:
            raise ValidationError(_("The platform uses this name itself. Choose another one."))
        if App.objects.filter(name=name).exists():
            raise ValidationError(_("There is an app of this name already. Choose another one."))
        return name


# Of an app's source, what its form begins with: no secret.
SHOWN = ("source", "git_url", "git_ref", "directory", "sample", "image", "image_pull", "credentials")


class EditSourceForm(SourceForm):
    """A change of an app's source; a stored archive stays unless a new one comes."""

    def __init__(self, *args: Any, app: App, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {name: getattr(app, name) for name in SHOWN}
        self.app = app
        self.offer_credentials(app.team)

    @property
    def needs_archive(self) -> bool:
        """Only if none is stored."""
        return not self.app.archive
