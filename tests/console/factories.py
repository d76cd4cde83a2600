"""Rows for the console's tests and for its demonstration: people, apps, deploys with steps and a log."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from builds.models import Build
from runtimes.models import (
    App,
    Credentials,
    Domain,
    Environment,
    Instance,
    Journal,
    LogChunk,
    Membership,
    OneOff,
    OutputChunk,
    Process,
    Release,
    Role,
    Shell,
    Slug,
    Stack,
    Step,
    Team,
)

STEPS = (
    ("queued", "Queued", 0.4),
    ("fetch", "Fetch source", 2.1),
    ("detect", "Detect", 0.3),
    ("buildpack:0", "Node.js", 9.7),
    ("buildpack:1", "Python", 6.2),
    ("package", "Package slug", 1.1),
    ("store", "Store slug", 0.6),
    ("release", "Release command", 1.4),
    ("start", "Start instances", 1.2),
    ("healthy", "Wait until healthy", 1.9),
    ("switch", "Switch traffic", 0.2),
)


def user(name: str, **fields: Any) -> Any:
    """Somebody who can sign in with their own name as password."""
    return get_user_model().objects.create_user(name, password=name, **fields)


def known(name: str) -> Any:
    """Somebody who has been made before."""
    return get_user_model().objects.get(username=name)


def team(name: str, **members: str) -> Team:
    """A team; `members` are user names with their roles."""
    made = Team.objects.create(name=name)
    for who, role in members.items():
        found = get_user_model().objects.filter(username=who).first() or user(who)
        Membership.objects.create(team=made, user=found, role=Role(role))
    return made


def people() -> Team:
    """Alice's team, in which everybody has another role; Charlie in a team of his own; root, who runs the platform."""
    made = team("Alice's team", alice="admin", olga="operator", mark="member", vera="viewer")
    team("Charlie's team", charlie="admin")
    user("root", is_superuser=True)
    return made


def credentials(of: Team | None, name: str = "ours", registry: str = "registry.example.com") -> Credentials:
    """Credentials of a registry, of a team or for all."""
    facts = {"registry": registry, "username": "robot", "password": "a long secret"}
    return Credentials.objects.get_or_create(team=of, name=name, defaults=facts)[0]


def app(name: str, of: Team, **fields: Any) -> App:
    """An app with its production environment."""
    stack, _ = Stack.objects.get_or_create(
        name="debian-12", defaults={"build_image": "build", "run_image": "run", "identifier": "heroku-22"}
    )
    given = {"source": "git", "git_url": f"https://git.example.com/acme/{name}.git", "git_ref": "main"} | fields
    made = App.objects.create(name=name, team=of, stack=stack, **given)
    Environment.objects.create(app=made, name="production")
    return made


def deploy(
    of: App,
    state: str = "live",
    *,
    by: Any = None,
    ago: timedelta = timedelta(0),
    commit: str = "3f9c2ab41d0e77f2b9a1",
    message: str = "Show the basket on every page",
    failed_at: str = "buildpack:1",
    failure: str = "",
    exit_code: int | None = None,
    lines: Sequence[tuple[int, str]] = (),
    speed: float = 1.0,
    size: int = 41_200_000,
) -> Journal:
    """A deploy in any state of `builds.deploys.Deploy`; `lines` are (step number from 0, text)."""
    environment = of.production
    began = timezone.now() - ago
    number = (Journal.objects.filter(app=of).count()) + 1
    journal = Journal.objects.create(app=of, environment=environment, number=number, created_by=by, created_at=began)
    last = _steps(journal, state, began, failed_at, speed)
    _log(journal, began, lines)
    over = state not in {"queued", "building", "releasing"}
    slug = _slug(of, commit, message, size, number) if state in {"live", "retired", "releasing"} else None
    Build.objects.create(
        app=of,
        journal=journal,
        state={"queued": "queued", "building": "running", "failed": "failed", "canceled": "canceled"}.get(
            state, "succeeded"
        ),
        commit="" if state == "queued" else commit,
        message="" if state == "queued" else message,
        slug=slug,
        failure=failure if state == "failed" else "",
        exit_code=exit_code,
        queued_at=began,
        started_at=None if state == "queued" else began + timedelta(seconds=0.4),
        ended_at=last if over or state == "releasing" else None,
    )
    if slug:
        _release(environment, journal, slug, state, last, by)
    if over:
        ended = {"sealed_at": last} | ({"cancel_requested_at": last, "canceled_by": by} if state == "canceled" else {})
        Journal.objects.filter(pk=journal.pk).update(**ended)
    return journal


def instances(of: App, process: str, states: Iterable[str], **fields: Any) -> None:
    """The live release's instances of one process type, in these states, and as many wanted."""
    environment = of.production
    all_states = list(states)
    Process.objects.create(environment=environment, name=process, quantity=len(all_states))
    for index, state in enumerate(all_states, 1):
        Instance.objects.create(
            environment=environment,
            release=environment.releases.get(state="live"),
            process=process,
            index=index,
            state=state,
            started_at=timezone.now() - timedelta(hours=5, minutes=12 * index),
            **(fields if state == "crashed" else {}),
        )


def run(of: App, command: str, state: str = "done", *, lines: Sequence[str] = (), **fields: Any) -> OneOff:
    """A command that was run in the live release."""
    environment, began = of.production, timezone.now() - timedelta(minutes=3)
    journal = Journal.objects.create(
        app=of, environment=environment, number=0, created_by=fields.pop("by", None), created_at=began
    )
    _log(journal, began, [(-1, text) for text in lines])
    over = state not in {"waiting", "running"}
    times = {"started_at": began, "ended_at": began + timedelta(seconds=4) if over else None}
    if over:
        Journal.objects.filter(pk=journal.pk).update(sealed_at=times["ended_at"])
    number, live = OneOff.objects.next_number(of), environment.releases.get(state="live")
    return OneOff.objects.create(
        number=number, journal=journal, release=live, command=command, state=state, **times | fields
    )


def shell(of: App, by: Any, state: str = "closed", **fields: Any) -> Shell:
    """A shell that somebody had in the live release."""
    environment, began = of.production, timezone.now() - timedelta(minutes=5)
    facts = {"created_at": began, "opened_at": began, "release": environment.releases.get(state="live")}
    return Shell.objects.create(environment=environment, created_by=by, state=state, **facts | fields)


def printed(of: App, lines: Sequence[tuple[str, str]]) -> None:
    """What instances printed: (instance, text)."""
    at = int(timezone.now().timestamp() * 1000) - 700 * len(lines)
    rows = [[at + 700 * number, name, "v1", text] for number, (name, text) in enumerate(lines)]
    OutputChunk.objects.create(environment=of.production, first=1, count=len(rows), lines=rows)


def domains(of: App) -> None:
    """A domain in each state; one of them has a certificate, one is in another script."""
    now = timezone.now()
    for name, reach, addresses in (
        ("shop.example.org", Domain.Reach.HERE, "203.0.113.7"),
        ("www.example.org", Domain.Reach.ELSEWHERE, "198.51.100.20, 198.51.100.21"),
        ("xn--bcher-kva.example", Domain.Reach.NOWHERE, ""),
        ("new.example.org", Domain.Reach.UNKNOWN, ""),
    ):
        looked_at = None if reach == Domain.Reach.UNKNOWN else now - timedelta(minutes=3)
        until = now + timedelta(days=80) if reach == Domain.Reach.HERE else None
        facts = {"reach": reach, "addresses": addresses, "looked_at": looked_at, "certificate_until": until}
        Domain.objects.create(environment=of.production, name=name, **facts)


def _steps(journal: Journal, state: str, began: datetime, failed_at: str, speed: float) -> datetime:
    """Write the steps as far as a deploy in this state has come; return when the last one ended."""
    reached = {"queued": "queued", "building": "buildpack:1", "releasing": "start", "failed": failed_at}.get(state, "")
    if state == "canceled":
        reached = failed_at
    moment, done = began, True
    for position, (key, name, seconds) in enumerate(STEPS):
        step = Step(journal=journal, position=(position + 1) * 100, key=key, name=name)
        if done:
            step.state, step.started_at = "done", moment
            moment += timedelta(seconds=seconds * speed)
            step.ended_at = moment
            if key == reached:
                done = False
                step.state = {"failed": "failed", "canceled": "canceled"}.get(state, "running")
                step.ended_at = step.ended_at if step.state != "running" else None
                step.started_at = (
                    step.started_at if state in {"failed", "canceled"} else timezone.now() - timedelta(seconds=4)
                )
        elif state in {"failed", "canceled"}:
            step.state = "skipped"
        step.save()
    return moment


def _log(journal: Journal, began: datetime, lines: Sequence[tuple[int, str]]) -> None:
    at = int(began.timestamp() * 1000)
    rows = [[at + number * 40, (step + 1) * 100, text] for number, (step, text) in enumerate(lines)]
    for first in range(0, len(rows), 500):
        part = rows[first : first + 500]
        LogChunk.objects.create(journal=journal, first=first + 1, count=len(part), lines=part)


def _slug(of: App, commit: str, message: str, size: int, number: int) -> Slug:
    return Slug.objects.create(
        app=of,
        sha256=f"{of.pk:08x}{number:08x}".ljust(64, "0"),
        size=size,
        unpacked=size * 4,
        stack=of.stack,
        platform="linux/amd64",
        process_types={"web": "gunicorn wsgi -w 4 -b :$PORT"},
        commit=commit,
        message=message,
    )


def _release(environment: Environment, journal: Journal, slug: Slug, state: str, moment: datetime, by: Any) -> None:
    if state == "live":
        environment.releases.filter(state="live").update(state="retired")
    Release.objects.create(
        environment=environment,
        number=Release.objects.next_number(environment),
        slug=slug,
        commands=slug.process_types,
        journal=journal,
        state="pending" if state == "releasing" else state,
        created_at=moment - timedelta(seconds=4.7),
        created_by=by,
        live_at=None if state == "releasing" else moment,
    )
