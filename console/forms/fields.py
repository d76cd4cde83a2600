"""Checks of what people type that more than one form needs; pure."""

import re
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from builds.create import GIT_REF
from runtimes.address_rules import literal


class SecretField(forms.CharField):
    """A secret that is taken and never shown, not even when the form comes back."""

    class Blank(forms.Textarea):
        def format_value(self, value: Any) -> str:  # noqa: ARG002 - Django's signature
            return ""

    def __init__(self, *, rows: int = 1, **kwargs: Any) -> None:
        attrs = {"rows": rows, "autocomplete": "off", "spellcheck": "false"}
        super().__init__(widget=self.Blank(attrs=attrs), **kwargs)


# user@host:path, as git and ssh write it; no scheme, no leading dash anywhere.
_SCP = re.compile(r"\A[A-Za-z0-9_][A-Za-z0-9_.-]*@(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*):(?!/?-)[A-Za-z0-9~/_][^\s\\]*\Z")
_HOST = re.compile(r"\A[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?\Z")


def check_git_url(value: str) -> None:
    """Refuse what is no https, ssh or scp-form address; `builds.create` asks where it leads."""
    if any(char.isspace() or not char.isprintable() for char in value):
        raise ValidationError(_("A Git URL has no spaces or control characters."))
    if match := _SCP.match(value):
        _check_host(match["host"])
        return
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise ValidationError(_("This is not a URL that Git understands.")) from None
    if parts.scheme not in {"https", "ssh"}:
        raise ValidationError(_("Use a URL that begins with https:// or ssh://, or the form git@host:path."))
    if parts.password:
        raise ValidationError(_("Leave the password out of the URL: everybody who sees the app would see it."))
    if not parts.path.strip("/"):
        raise ValidationError(_("The URL names a host but no repository."))
    _check_host(host)


def _check_host(host: str) -> None:
    if literal(host) is None and not _HOST.match(host):
        raise ValidationError(_("The URL has no valid host name."))


def check_ref(value: str) -> None:
    """Refuse what git could take for an option or a range."""
    if not GIT_REF.fullmatch(value) or ".." in value or value.endswith((".lock", "/", ".")):
        raise ValidationError(
            _("Use the name of a branch or tag, or a commit: letters, digits and . _ / + - between them.")
        )


def check_directory(value: str) -> None:
    """Refuse a directory that is not inside the source."""
    if value.startswith("/") or ".." in value.split("/") or not value.isprintable() or "\\" in value:
        raise ValidationError(_("Name a directory inside the source, as backend or services/web."))


ARCHIVE_ENDINGS = (".tar.gz", ".tgz", ".tar.zst", ".zip")


def check_archive_name(name: str) -> None:
    """Refuse a file whose ending is not one of an archive that can be unpacked."""
    if not name.lower().endswith(ARCHIVE_ENDINGS):
        raise ValidationError(_("Upload a .tar.gz, .tar.zst or .zip file."))
