"""Changing config vars; what runs keeps the config of its release until the next one."""

from collections.abc import Iterable, Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from runtimes import bell
from runtimes.models import App, ConfigVar, Environment
from runtimes.models.config import key_validator

# The platform says these itself, or a container would not start with them.
PROTECTED = frozenset(
    {"PORT", "DYNO", "HOME", "PATH", "LD_PRELOAD", "LD_LIBRARY_PATH", "BASH_ENV", "ENV", "STACK", "HOSTNAME"}
)

# The platform says these too, and a config var takes their place.
OVERRIDABLE = frozenset({"MEMORY_AVAILABLE", "WEB_CONCURRENCY"})

# In bytes. Linux starts no process with a variable of 128 KB.
LONGEST = 64 * 1024


def set_vars(app: App, values: Mapping[str, str], environment: Environment | None = None) -> None:
    """Set all of these or none; raise `ValidationError` with a sentence that names the key."""
    for key, value in values.items():
        check(key, value)
    with transaction.atomic():
        for key, value in values.items():
            ConfigVar.objects.update_or_create(app=app, environment=environment, key=key, defaults={"value": value})
        _changed(app, environment)
    bell.ring(f"app.{app.pk}")


def unset_vars(app: App, keys: Iterable[str], environment: Environment | None = None) -> int:
    """Remove these; return how many there were."""
    with transaction.atomic():
        gone, _ = ConfigVar.objects.filter(app=app, environment=environment, key__in=list(keys)).delete()
        if gone:
            _changed(app, environment)
    bell.ring(f"app.{app.pk}")
    return gone


def _changed(app: App, environment: Environment | None) -> None:
    """Note when, so that pages can say that what runs is older."""
    concerned = app.environments.filter(pk=environment.pk) if environment else app.environments.all()
    concerned.update(config_changed_at=timezone.now())


def check(key: str, value: str) -> None:
    """Raise `ValidationError` for a key or value that cannot be a process's environment."""
    if key in PROTECTED or key.startswith("SLIPWAY_"):
        raise ValidationError(_("%(key)s is set by the platform and cannot be changed.") % {"key": key})
    try:
        key_validator(key)
    except ValidationError as error:
        raise ValidationError(f"{key}: {error.messages[0]}") from error
    if "\0" in value:
        raise ValidationError(_("%(key)s: a value cannot hold a NUL character.") % {"key": key})
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ValidationError(_("%(key)s: a value has to be text in UTF-8.") % {"key": key})
    if len(value.encode()) > LONGEST:
        raise ValidationError(
            _("%(key)s: a value can hold at most %(most)s KB.") % {"key": key, "most": LONGEST // 1024}
        )
