"""What is filled in at every address that takes something, so that it does what it is there for."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.forms.models import model_to_dict

from buildpacks.models import Buildpack
from builds.models import Hint
from runtimes.models import App, Process, Stack, Team
from runtimes.tune import TUNABLE

SECRET = "s3cret-Value-of-42"


class Deed(NamedTuple):
    """What is filled in, and the word of the record it leaves; `data` may be made when the rows are there."""

    action: str
    data: dict[str, Any] | Callable[[], dict[str, Any]] = {}
    args: tuple[str | int, ...] | None = None
    person: str = "root"


def settings_of_web() -> dict[str, Any]:
    """The form of a process type with another memory."""
    row = Process.objects.get(name="web")
    return {key: value for key, value in model_to_dict(row, TUNABLE).items() if value is not None} | {"memory": "256"}


def of_image() -> dict[str, Any]:
    """Let the app be of a ready image: others have their process types from their Procfile."""
    App.objects.update(source="image", image="registry.example.com/shop:1")
    return {"environment": "production"}


DEEDS = {
    "login": Deed("sign-in", {"username": "alice", "password": "alice"}, person=""),
    "logout": Deed("sign-out"),
    "create": Deed(
        "app-create",
        lambda: (
            {"name": "basket", "team": Team.objects.get(name="Alice's team").pk, "source": "sample"}
            | {"sample": "flask", "git_secret": SECRET}
        ),
    ),
    "start": Deed("deploy", {"ref": "main"}),
    "cancel": Deed("cancel", args=("shop", 3)),
    "retry": Deed("retry"),
    "found": Deed("team-create", {"name": "Another team"}),
    "join": Deed("member-set", {"name": "charlie", "role": "viewer"}),
    "leave": Deed("member-remove", {"name": "vera"}),
    "invite": Deed("invitation-create", {"role": "operator"}),
    "revoke-invitation": Deed("invitation-revoke"),
    "accept-invitation": Deed(
        "invitation-accept", {"username": "nora", "password1": SECRET, "password2": SECRET}, person=""
    ),
    "welcome": Deed("person-add", {"name": "nora"}),
    "change": Deed("person-password", {"do": "password"}),
    "register": Deed(
        "buildpack-add", {"name": "ruby", "kind": "git", "url": "https://git.example.com/ruby.git", "pin": "a" * 40}
    ),
    "order-registry": Deed(
        "registry-order", lambda: {"names": [*Buildpack.objects.values_list("name", flat=True)], "do": "down python"}
    ),
    "arrange-registry": Deed("buildpack-disable", {"do": "disable"}),
    "environment-registry": Deed("buildpack-variables", {"lines": f"MIRROR={SECRET}"}),
    "add-environment": Deed("environment-add", {"name": "qa"}),
    "protect": Deed("environment-protect", {"environment": "production", "role": "admin"}),
    "promote": Deed("promote", {"environment": "production", "to": "staging"}),
    "add-stack": Deed(
        "stack-add", {"name": "mine", "identifier": "mine", "build_from": "acme/build:1", "run_from": "acme/run:1"}
    ),
    "renew-stack": Deed("stack-renew", args=("their stack",)),
    "remove-stack": Deed("stack-remove", {"name": "theirs"}, args=("their stack",)),
    "choose-stack": Deed("stack-choose", lambda: {"stack": Stack.objects.get(name="theirs").pk}),
    "clear-cache": Deed("cache-clear"),
    "password": Deed("password-change", {"old_password": "root", "new_password1": SECRET, "new_password2": SECRET}),
    "roll-back": Deed("roll-back"),
    "scale": Deed("scale", {"process": "web", "quantity": "2"}),
    "add-process": Deed("process-add", lambda: of_image() | {"name": "worker", "command": "work"}),
    "remove-process": Deed("process-remove", of_image),
    "release-command": Deed("release-command", {"command": f"migrate {SECRET}"}),
    "add-credentials": Deed(
        "credentials-add", {"name": "hub", "registry": "docker.io", "username": "robot", "password": SECRET}
    ),
    "change-credentials": Deed(
        "credentials-change",
        {"name": "ours", "registry": "registry.example.com", "username": "other", "password": SECRET},
    ),
    "remove-credentials": Deed("credentials-remove", {"name": "ours"}),
    "process": Deed("process-change", settings_of_web),
    "restart": Deed("restart", {"what": "web"}),
    "switch-off": Deed("maintenance-on", {"do": "maintain"}),
    "start-run": Deed("run", {"command": f"curl -H 'Authorization: Basic {SECRET}' example.org"}),
    "cancel-run": Deed("run-cancel"),
    "open-shell": Deed("shell-open"),
    "arrange": Deed("buildpacks-order", {"names": [], "do": "add python"}),
    "preview": Deed("detection-preview"),
    "limits": Deed("limits-change", {"free_disk": "1", "releases": "5", "sources": "5", "logs": "5"}),
    "clean-up": Deed("clean-up"),
    "add-hint": Deed("hint-save", {"pattern": "no such host", "text": "Check the name."}),
    "hint": Deed("hint-save", lambda: model_to_dict(Hint.objects.earliest("pk"))),
    "change-hint": Deed("hint-disable", {"do": "disable"}),
    "config-set": Deed("config-set", {"key": "TOKEN", "value": SECRET}),
    "config-paste": Deed("config-set", {"paste-text": f"TOKEN={SECRET}"}),
    "config-release": Deed("config-release", {"environment": "production"}),
    "config-remove": Deed("config-remove", {"key": "DATABASE_URL", "name": "DATABASE_URL"}),
    "config-reveal": Deed("config-reveal", {"key": "DATABASE_URL"}),
    "config-export": Deed("config-export", {"environment": "production"}),
    "add-domain": Deed("domain-add", {"name": "another.example.org"}),
    "look-domain": Deed("domain-look", {"domain": "shop.example.org"}),
    "remove-domain": Deed("domain-remove", {"domain": "shop.example.org"}),
    "force-https": Deed("https-force", {"on": "yes"}),
    "source": Deed(
        "source-change", {"source": "git", "git_url": "https://git.example.com/b.git", "git_secret": SECRET}
    ),
    "destroy": Deed("app-destroy", {"name": "shop"}),
}
# What takes something and changes nothing: a cookie of the browser that asks, a try on a text.
CHANGE_NOTHING = {"theme", "try-hints"}
