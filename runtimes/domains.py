"""Custom domains of an environment: added, removed, served over HTTPS alone."""

import idna
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from runtimes import bell
from runtimes.models import Domain, Environment
from runtimes.models.domains import hostname_validator
from runtimes.orders import order

# So many names an environment may have.
MOST = 50


def add(environment: Environment, typed: str) -> Domain:
    """Give an environment one more name, routed as soon as it is committed.

    Raises `ValidationError` for what is no name, is the platform's own, or is taken; by whom is not told.
    """
    name = hostname(typed)
    if environment.domains.count() >= MOST:
        raise ValidationError(_("An environment has %(most)d domains at most.") % {"most": MOST})
    try:
        with transaction.atomic():
            domain = Domain.objects.create(environment=environment, name=name)
    except IntegrityError:
        raise ValidationError(_taken(environment, name)) from None
    _changed(environment)
    look(domain)
    return domain


def remove(domain: Domain) -> None:
    """Take a name away; nothing else of its environment changes."""
    domain.delete()
    _changed(domain.environment)


def force_https(environment: Environment, *, on: bool) -> None:
    """Send visitors of the environment's own domains to HTTPS, or let them come as they like."""
    Environment.objects.filter(pk=environment.pk).update(force_https=on)
    _changed(environment)


def look(domain: Domain) -> None:
    """Have it found out where a name leads."""
    order("runtimes.tasks.look_up", domain.pk)


def hostname(typed: str) -> str:
    """A name as the DNS has it: lower case, other scripts as punycode (RFC 5891, mapped as in UTS 46)."""
    name = typed.strip().rstrip(".")
    if "/" in name or ":" in name:
        raise ValidationError(_("Write the name alone, such as shop.example.org: no https://, no port, no path."))
    if name.startswith("*"):
        raise ValidationError(_("Add each name by itself: a name with * cannot be added."))
    try:
        name = idna.encode(name, uts46=True).decode() if name else ""
    except idna.IDNAError as error:
        raise ValidationError(_("This is no host name: %(why)s.") % {"why": str(error).rstrip(".")}) from None
    hostname_validator(name)
    if _is_ours(name):
        raise ValidationError(_("Names under %(domain)s are given by the platform.") % {"domain": settings.APPS_DOMAIN})
    if name in settings.ALLOWED_HOSTS:
        raise ValidationError(_("The console itself answers at this name."))
    return name


def _is_ours(name: str) -> bool:
    """Whether it is where the platform's own names for apps are."""
    apps_domain = settings.APPS_DOMAIN.lower()
    return name == apps_domain or name.endswith((f".{apps_domain}", ".localhost"))


def _taken(environment: Environment, name: str) -> str:
    """Why a name cannot be had: exact within the app, and no word about others."""
    own = Domain.objects.filter(environment__app=environment.app_id, name=name).select_related("environment").first()
    if own is None:
        return _("%(name)s is taken by another app.") % {"name": name}
    return _("%(name)s is there already, in %(where)s.") % {"name": name, "where": own.environment.name}


def _changed(environment: Environment) -> None:
    order("runtimes.tasks.route")
    bell.ring(f"app.{environment.app_id}")
