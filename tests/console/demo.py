"""Fills an empty database with a believable installation, to look at the pages: `python -m tests.console.demo`."""

import os
import random
from datetime import timedelta
from typing import Any

import django

LOG = """\
0|Queued by ana at 12:00:03 UTC, to be deployed to production.
1|Cloning https://git.example.com/acme/shop.git, branch main
1|       Commit 3f9c2ab Show the basket on every page (Ana Lima)
2|-----> Detecting buildpacks
2|       Node.js, Python
3|-----> Node.js app detected
3|-----> Installing node 22.12.0
3|       Resolving engines.node \x1b[36m22.x\x1b[0m
3|-----> Installing dependencies
3|       npm ci
3|       \x1b[33mnpm warn\x1b[0m deprecated inflight@1.0.6: This module is not supported
3|       added 214 packages in 3s
3|-----> Building
3|       > shop@1.4.0 build
3|       > vite build
3|       \x1b[36mvite v7.1.2 \x1b[32mbuilding for production...\x1b[0m
3|       \x1b[32m✓\x1b[0m 187 modules transformed.
3|       \x1b[2mstatic/\x1b[22m\x1b[36mindex.html                 \x1b[39m\x1b[2m  0.46 kB\x1b[22m
3|       \x1b[2mstatic/\x1b[22m\x1b[35massets/index-D3kq1.css     \x1b[39m\x1b[2m 12.37 kB\x1b[22m
3|       \x1b[2mstatic/\x1b[22m\x1b[38;2;120;200;255massets/index-B9x2f.js      \x1b[39m\x1b[2m148.02 kB\x1b[22m
3|       \x1b[32m✓ built in 1.84s\x1b[0m
3| !     The package lock is older than package.json. Run npm install and commit it.
4|-----> Python app detected
4|-----> Using Python 3.11.2
4|-----> Installing requirements with uv
4|       Resolved 9 packages in 31ms
4|       \x1b[32m+\x1b[0m django==5.2.19
4|       \x1b[32m+\x1b[0m gunicorn==23.0.0
4|       \x1b[32m+\x1b[0m whitenoise==6.12.0
4|-----> $ python manage.py collectstatic --noinput
4|       131 static files copied to '/tmp/build_3f9c/staticfiles'.
""".splitlines()
TAIL = """\
5|-----> Packaging the slug
5|       Procfile: \x1b[1mweb\x1b[0m, \x1b[1mworker\x1b[0m, release
5|       41.2 MB compressed, 163.8 MB unpacked, 4,218 files
6|       Stored as 8d/8d03c1b9…
7|-----> python manage.py check
7|       System check identified no issues (0 silenced).
8|       Starting web.1, web.2, web.3
9|       web.1 answers on port 8000 after 0.9 s
10|       Traffic goes to v12
""".splitlines()
BROKEN = """\
4|       \x1b[1m\x1b[31merror\x1b[39m\x1b[0m: No solution found when resolving dependencies:
4|         ╰─▶ Because there is no version of djnago and you require djnago, your
4|             requirements are unsatisfiable.
4| !     requirements.txt asks for djnago, which does not exist. Did you mean django?
""".splitlines()
PRINTED = (
    '10.89.0.2 - - "GET /basket HTTP/1.1" 200 5316 "-" "Mozilla/5.0"',
    "[INFO] Sent 3 mails in 0.41 s",
    '10.89.0.2 - - "POST /basket/add HTTP/1.1" 302 0',
    "\x1b[33m[WARNING] Stock of article 4711 is low\x1b[0m",
    "ERROR: payment 8812 timed out after 5 s, trying again",
    '10.89.0.2 - - "GET /static/assets/index-B9x2f.js HTTP/1.1" 304 0',
    "[INFO] Worker 12 took order 20391 from the queue",
)
MESSAGES = (
    "Show the basket on every page",
    "Retry payments that time out",
    "Upgrade Django to 5.2.19",
    "Cache the front page for a minute",
    "Fix rounding of totals in yen",
    "Move thumbnails to object storage",
)


def cut(lines: list[str]) -> list[tuple[int, str]]:
    """`3|text` as (3, text)."""
    return [(int(step), text) for step, _, text in (line.partition("|") for line in lines)]


def fill() -> None:
    """Make everything."""
    from buildpacks import registry  # noqa: PLC0415
    from buildpacks.models import Buildpack  # noqa: PLC0415
    from runtimes.models import App  # noqa: PLC0415
    from tests.console import factories as make  # noqa: PLC0415 - models exist only after setup

    dice = random.Random(7)  # noqa: S311 - the same rows each time, and nothing secret
    ana = make.user("ana", is_superuser=True, is_staff=True, first_name="Ana", last_name="Lima")
    shop_team = make.team("Storefront", bo="admin", cem="member", dee="viewer")
    data_team = make.team("Data", eva="operator")
    whole = cut(LOG + TAIL)
    names = ["shop", "checkout", "search", "accounts", "mailer", "thumbs", "landing", "docs", "admin-tools", "reports"]
    for place, name in enumerate(names):
        app = make.app(name, shop_team if place % 3 else data_team)
        for turn in range(dice.randint(6, 19), 0, -1):
            state = dice.choices(("live", "failed", "canceled"), (8, 2, 1))[0]
            make.deploy(
                app,
                state,
                by=ana,
                ago=timedelta(hours=turn * 7 + place, minutes=13 * place),
                commit=f"{dice.getrandbits(80):020x}",
                message=dice.choice(MESSAGES),
                failure="Python stopped with exit code 1 while it compiled the app." if state == "failed" else "",
                exit_code=1 if state == "failed" else None,
                lines=cut(LOG + BROKEN) if state == "failed" else whole,
                speed=dice.uniform(0.5, 1.6),
            )
        make.deploy(app, by=ana, ago=timedelta(hours=place, minutes=20), message=MESSAGES[place % 6], lines=whole)
        make.instances(
            app, "web", ["up", "up", "up"] if place != 4 else ["up", "crashed"], exit_code=137, oom=True, crashes=3
        )
        if place % 2 == 0:
            make.instances(app, "worker", ["up"])
    shop, checkout, search = (App.objects.get(name=name) for name in names[:3])
    make.deploy(
        checkout, "failed", by=ana, ago=timedelta(minutes=6), lines=cut(LOG + BROKEN), exit_code=1,
        failure="requirements.txt asks for djnago, which does not exist. Did you mean django?\n"
        "Correct the name in requirements.txt, commit, and deploy again.",
    )  # fmt: skip
    make.deploy(search, "building", by=ana, ago=timedelta(seconds=19), lines=cut(LOG))
    registry.sync()
    for place, name in enumerate(("nodejs", "python")):
        shop.app_buildpacks.create(buildpack=Buildpack.objects.get(name=name), position=place)
    shop.builds.filter(state="succeeded").update(buildpacks=[{"name": "nodejs"}, {"name": "python"}])
    make.printed(shop, [("web.1" if turn % 3 else "worker.1", PRINTED[turn % len(PRINTED)]) for turn in range(900)])
    make.run(shop, "python manage.py migrate", by=ana, exit_code=0, lines=["No migrations to apply."])
    make.run(shop, "python manage.py loaddata prices", "failed", by=ana, exit_code=1, lines=["No fixture found."])
    make.shell(shop, ana, instance="web.1", ending="It ended with exit status 0.")
    shop.environments.create(name="staging")
    make.domains(shop)
    make.app("fresh", shop_team, source="sample", sample="flask", git_url="", git_ref="")
    for key in ("DATABASE_URL", "SECRET_KEY", "SENTRY_DSN"):
        shop.config_vars.create(key=key, value="hidden")
    _acts(shop)


def _acts(shop: Any) -> None:
    """What was done to an app lately, and who is invited."""
    from console import invitations  # noqa: PLC0415
    from console.activity import record  # noqa: PLC0415
    from tests.console import factories as make  # noqa: PLC0415 - models exist only after setup

    shop.environments.filter(name="production").update(protection="operator")
    production, bo = shop.production, make.known("bo")
    record(None, "app-create", app=shop, source="git")
    for number in range(60):
        record(bo, "scale", environment=production, target=f"web={number % 4 + 1}", address="203.0.113.9")
    record(bo, "config-set", app=shop, target="DATABASE_URL, SECRET_KEY, SENTRY_DSN", address="203.0.113.9")
    record(make.known("ana"), "deploy", environment=production, target="#20", address="2001:db8::17", ref="main")
    record(None, "roll-back", environment=production, target="v18", to="v17")
    record(bo, "member-set", team=shop.team, target="cem", address="203.0.113.9", role="member")
    record(bo, "sign-in", address="203.0.113.9")
    for role in ("viewer", "operator"):
        invitations.invite(shop.team, role, make.known("ana"))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    django.setup()
    fill()
