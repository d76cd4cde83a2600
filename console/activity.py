"""Who did what to which object, when: one row for every act on a page or on the command line."""

import os
import pwd
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from console.client import address_of
from console.models import Activity
from runtimes.models import App, Environment, Team
from runtimes.redaction import Redactor

LONGEST_TEXT = 200
LONGEST_LIST = 50

# The stable word of an action → how people read it after somebody's name.
WORDS = {
    "app-create": gettext_lazy("created the app"),
    "app-destroy": gettext_lazy("destroyed the app"),
    "deploy": gettext_lazy("deployed"),
    "retry": gettext_lazy("deployed the same source again"),
    "cancel": gettext_lazy("canceled a deploy"),
    "roll-back": gettext_lazy("rolled back"),
    "promote": gettext_lazy("promoted a release"),
    "config-set": gettext_lazy("set config vars"),
    "config-remove": gettext_lazy("removed config vars"),
    "config-release": gettext_lazy("released the config"),
    "config-reveal": gettext_lazy("looked at a config var"),
    "config-export": gettext_lazy("exported the config"),
    "scale": gettext_lazy("scaled"),
    "restart": gettext_lazy("restarted"),
    "run": gettext_lazy("ran a command"),
    "run-cancel": gettext_lazy("canceled a command"),
    "shell-open": gettext_lazy("opened a shell"),
    "stop": gettext_lazy("stopped everything"),
    "start": gettext_lazy("started everything"),
    "maintenance-on": gettext_lazy("switched the maintenance page on"),
    "maintenance-off": gettext_lazy("switched the maintenance page off"),
    "process-change": gettext_lazy("changed a process type's settings"),
    "source-change": gettext_lazy("changed the source"),
    "buildpacks-order": gettext_lazy("changed the buildpacks"),
    "detection-preview": gettext_lazy("previewed the detection"),
    "cache-clear": gettext_lazy("cleared the cache"),
    "stack-choose": gettext_lazy("chose another stack"),
    "domain-add": gettext_lazy("added a domain"),
    "domain-look": gettext_lazy("had a domain looked up"),
    "domain-remove": gettext_lazy("removed a domain"),
    "https-force": gettext_lazy("forced HTTPS"),
    "https-allow": gettext_lazy("allowed plain HTTP"),
    "environment-add": gettext_lazy("added an environment"),
    "environment-protect": gettext_lazy("changed who may release"),
    "team-create": gettext_lazy("created the team"),
    "member-set": gettext_lazy("gave a role to"),
    "member-remove": gettext_lazy("removed from the team"),
    "invitation-create": gettext_lazy("invited somebody"),
    "invitation-revoke": gettext_lazy("revoked an invitation"),
    "invitation-accept": gettext_lazy("accepted an invitation"),
    "person-add": gettext_lazy("added a person"),
    "person-password": gettext_lazy("gave a new password to"),
    "person-in": gettext_lazy("let in"),
    "person-out": gettext_lazy("shut out"),
    "sign-in": gettext_lazy("signed in"),
    "sign-in-failed": gettext_lazy("failed to sign in"),
    "sign-out": gettext_lazy("signed out"),
    "password-change": gettext_lazy("changed their password"),
    "buildpack-add": gettext_lazy("added a buildpack"),
    "buildpack-enable": gettext_lazy("enabled a buildpack"),
    "buildpack-disable": gettext_lazy("disabled a buildpack"),
    "buildpack-fetch": gettext_lazy("had a buildpack fetched again"),
    "buildpack-remove": gettext_lazy("removed a buildpack"),
    "buildpack-variables": gettext_lazy("changed the variables of a buildpack"),
    "registry-order": gettext_lazy("changed the order of the registry"),
    "hint-save": gettext_lazy("saved a failure hint"),
    "hint-move": gettext_lazy("moved a failure hint"),
    "hint-enable": gettext_lazy("switched a failure hint on"),
    "hint-disable": gettext_lazy("switched a failure hint off"),
    "hint-remove": gettext_lazy("removed a failure hint"),
    "limits-change": gettext_lazy("changed the platform's limits"),
    "clean-up": gettext_lazy("had the platform cleaned up"),
    "keys-rotate": gettext_lazy("rotated the encryption keys"),
    "stack-add": gettext_lazy("added a stack"),
    "stack-renew": gettext_lazy("had a stack made anew"),
    "stack-remove": gettext_lazy("removed a stack"),
    "credentials-add": gettext_lazy("added credentials"),
    "credentials-change": gettext_lazy("changed credentials"),
    "credentials-remove": gettext_lazy("removed credentials"),
    "process-add": gettext_lazy("added a process type"),
    "process-remove": gettext_lazy("removed a process type"),
    "release-command": gettext_lazy("set the release command"),
}


def record(
    who: Any,
    action: str,
    *,
    app: App | None = None,
    environment: Environment | None = None,
    team: Team | None = None,
    target: str = "",
    address: str | None = None,
    **facts: Any,
) -> Activity:
    """Write down that `who` did this; call it when it is done.

    `who` is the request of a page, a user (of a websocket, with the `address` it came from), or None for
    a command. `action` is a word of `WORDS`, `target` a short text such as `web=3`, `facts` are strings,
    numbers, booleans and lists of strings. Never hand over a secret: names of config vars, not their
    values. What looks like one of the app's secrets all the same is masked.
    """
    app = app or (environment.app if environment else None)
    team = team or (app.team if app else None)
    hide = Redactor(_secrets(app))
    return Activity.objects.create(
        **_actor(who, address),
        action=action,
        **_name_and_key("app", app),
        **_name_and_key("team", team),
        environment=environment.name if environment else "",
        target=_short(target, hide),
        facts={name: _short(value, hide) for name, value in facts.items() if value not in (None, "", [], False)},
    )


def word(action: str) -> Any:
    """How people read an action."""
    return WORDS.get(action, action)


def _actor(who: Any, address: str | None) -> dict[str, Any]:
    if who is None:
        return {"actor": _system_user(), "via": Activity.Via.COMMAND}
    if isinstance(who, HttpRequest):
        who, address = who.user, address_of(who)
    return {"actor": who.get_username()[:150], "actor_key": who.pk, "via": Activity.Via.PAGE, "address": address}


def _system_user() -> str:
    """Who runs this command; the number where the system has no name for it, as in some containers."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid={os.getuid()}"


def _secrets(app: App | None) -> Iterator[str]:
    if app:
        yield app.git_secret
        yield from (var.value for var in app.config_vars.all())


def _name_and_key(field: str, found: App | Team | None) -> dict[str, Any]:
    return {field: found.name, f"{field}_key": found.pk} if found else {}


def _short(value: Any, hide: Redactor) -> Any:
    if isinstance(value, list | tuple):
        return [_short(each, hide) for each in value[:LONGEST_LIST]]
    return value if isinstance(value, bool | int | float) else hide(str(value))[:LONGEST_TEXT]
