"""Every address of the console."""

from django.urls import path, register_converter

from console.views import (
    account,
    activity,
    admin,
    apps,
    buildpacks,
    config,
    deploys,
    environments,
    hints,
    invitations,
    logs,
    output,
    processes,
    queue,
    registry,
    releases,
    sign_in,
    stacks,
    teams,
)


class AppName:
    """An app's name in an address, as `runtimes.models.apps.name_validator` allows it."""

    regex = "[a-z][a-z0-9-]{0,29}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(AppName, "app")

urlpatterns = [
    path("login", sign_in.SignIn.as_view(), name="login"),
    path("logout", sign_in.SignOut.as_view(), name="logout"),
    path("queue", queue.index, name="queue"),
    path("teams/", teams.index, name="teams"),
    path("teams/new", teams.found, name="found"),
    path("teams/<int:pk>/", teams.show, name="team"),
    path("teams/<int:pk>/join", teams.join, name="join"),
    path("teams/<int:pk>/leave", teams.leave, name="leave"),
    path("teams/<int:pk>/invite", invitations.invite, name="invite"),
    path("teams/<int:pk>/invitations/<int:invitation>/revoke", invitations.revoke, name="revoke-invitation"),
    path("invitations/<str:token>/", invitations.show, name="invitation"),
    path("invitations/<str:token>/accept", invitations.accept, name="accept-invitation"),
    path("admin/people", admin.persons, name="persons"),
    path("admin/people/new", admin.welcome, name="welcome"),
    path("admin/people/<int:pk>", admin.change, name="change"),
    path("admin/buildpacks", registry.index, name="registry"),
    path("admin/buildpacks/new", registry.register, name="register"),
    path("admin/buildpacks/order", registry.order, name="order-registry"),
    path("admin/buildpacks/<int:pk>", registry.change, name="arrange-registry"),
    path("admin/buildpacks/<int:pk>/", registry.show, name="registered"),
    path("admin/buildpacks/<int:pk>/environment", registry.environment, name="environment-registry"),
    path("admin/hints", hints.index, name="hints"),
    path("admin/hints/new", hints.edit, name="add-hint"),
    path("admin/hints/try", hints.attempt, name="try-hints"),
    path("admin/hints/<int:pk>/", hints.edit, name="hint"),
    path("admin/hints/<int:pk>", hints.change, name="change-hint"),
    path("admin/stacks", stacks.index, name="stacks"),
    path("admin/stacks/new", stacks.add, name="add-stack"),
    path("admin/stacks/<int:pk>", stacks.change, name="change-stack"),
    path("admin/activity", activity.of_platform, name="platform-activity"),
    path("admin/activity.csv", activity.csv_of_platform, name="platform-activity-csv"),
    path("account/", account.show, name="account"),
    path("account/password", account.password, name="password"),
    path("account/theme", account.theme, name="theme"),
    path("", apps.index, name="apps"),
    path("apps/switch", apps.switch, name="switch"),
    path("apps/new", apps.create, name="create"),
    path("apps/<app:name>/", apps.show, name="app"),
    path("apps/<app:name>/deploy", deploys.start, name="start"),
    path("apps/<app:name>/deploys/", deploys.index, name="deploys"),
    path("apps/<app:name>/deploys/<int:number>/", deploys.show, name="deploy"),
    path("apps/<app:name>/deploys/<int:number>/live", deploys.live, name="deploy-live"),
    path("apps/<app:name>/deploys/<int:number>/cancel", deploys.cancel, name="cancel"),
    path("apps/<app:name>/deploys/<int:number>/retry", deploys.retry, name="retry"),
    path("apps/<app:name>/deploys/<int:number>/log", logs.lines, name="log"),
    path("apps/<app:name>/deploys/<int:number>/log/search", logs.search, name="log-search"),
    path("apps/<app:name>/deploys/<int:number>/log.txt", logs.text, name="log-text"),
    path("apps/<app:name>/releases/", releases.index, name="releases"),
    path("apps/<app:name>/releases/<int:number>/back", releases.back, name="roll-back"),
    path("apps/<app:name>/processes/", processes.index, name="processes"),
    path("apps/<app:name>/processes/scale", processes.scale, name="scale"),
    path("apps/<app:name>/processes/restart", processes.restart, name="restart"),
    path("apps/<app:name>/processes/of/<slug:process>", processes.settings, name="process"),
    path("apps/<app:name>/processes/switch", processes.switch, name="switch-off"),
    path("apps/<app:name>/logs/", output.show, name="output"),
    path("apps/<app:name>/logs/lines", output.lines, name="output-lines"),
    path("apps/<app:name>/logs.txt", output.text, name="output-text"),
    path("apps/<app:name>/buildpacks/", buildpacks.index, name="buildpacks"),
    path("apps/<app:name>/buildpacks/arrange", buildpacks.arrange, name="arrange"),
    path("apps/<app:name>/buildpacks/forget", buildpacks.forget, name="clear-cache"),
    path("apps/<app:name>/buildpacks/detection", buildpacks.detection, name="detection"),
    path("apps/<app:name>/buildpacks/preview", buildpacks.preview, name="preview"),
    path("apps/<app:name>/config/", config.index, name="config"),
    path("apps/<app:name>/config/set", config.put, name="config-set"),
    path("apps/<app:name>/config/paste", config.paste, name="config-paste"),
    path("apps/<app:name>/config/release", config.release, name="config-release"),
    path("apps/<app:name>/config/reveal", config.reveal, name="config-reveal"),
    path("apps/<app:name>/config/export", config.export, name="config-export"),
    path("apps/<app:name>/config/remove", config.remove, name="config-remove"),
    path("apps/<app:name>/activity/", activity.of_app, name="activity"),
    path("apps/<app:name>/activity.csv", activity.csv_of_app, name="activity-csv"),
    path("apps/<app:name>/settings/", apps.settings, name="settings"),
    path("apps/<app:name>/settings/source", apps.source, name="source"),
    path("apps/<app:name>/settings/environments", environments.add, name="add-environment"),
    path("apps/<app:name>/settings/environments/protect", environments.protect, name="protect"),
    path("apps/<app:name>/compare", environments.compare, name="compare"),
    path("apps/<app:name>/promote", environments.promote, name="promote"),
    path("apps/<app:name>/settings/stack", stacks.choose, name="choose-stack"),
    path("apps/<app:name>/settings/destroy", apps.remove, name="destroy"),
]
