"""Rows into the engine's words: pure, asks nobody."""

from collections.abc import Mapping
from typing import Any

from runtimes.engine.base import Formation, JobSpec, Limits
from runtimes.models import Environment, OneOff, Process, Release, Shell

NETWORK = "apps"
PIDS = 512
RUN_ENTRY = "/usr/local/bin/slipway-run"
RELEASE_MEMORY = 512


def labels(release: Release) -> dict[str, str]:
    """What everything of a release carries, so that rows can be rebuilt from the engine."""
    return environment_labels(release.environment) | {"slipway.release": str(release.number)}


def environment_labels(environment: Environment) -> dict[str, str]:
    """What everything of an environment carries."""
    return {"slipway.app": environment.app.name, "slipway.environment": environment.name}


def formation(release: Release, process: Process, image: str, resting: frozenset[int] = frozenset()) -> Formation:
    """The instances of one process type of a release, from the image that `restore.image_of` gave."""
    return Formation(
        name=f"{prefix(release)}-{process.name}",
        process=process.name,
        image=image,
        command=release.commands[process.name],
        indexes=tuple(range(1, process.wanted + 1)),
        env=variables(release, process),
        labels=labels(release) | {"slipway.process": process.name},
        network=NETWORK,
        limits=Limits(memory=process.memory, cpus=process.cpus, pids=PIDS),
        port=release.port if process.is_web else None,
        grace=process.grace,
        stop_signal=process.stop_signal,
        entrypoint=release.slug_id is not None,
        resting=resting,
    )


def health_command(release: Release, process: Process) -> tuple[str, ...]:
    """What asks an instance from inside how it is: the command, run as the process itself is, for so long at most."""
    limit = ("timeout", "-k", "1", str(process.timeout))
    return (*limit, *argv(release, process.health_command))


def argv(release: Release, line: str) -> tuple[str, ...]:
    """What runs a command line in a container of a release: its stack's entry, or the image's own shell."""
    return (RUN_ENTRY, line) if release.slug_id else ("/bin/sh", "-c", line)


def release_job(release: Release, image: str) -> JobSpec:
    """The container in which the release command runs once."""
    return JobSpec(
        name=f"{prefix(release)}-release",
        image=image,
        command=argv(release, release.release_command),
        env={"MEMORY_AVAILABLE": str(RELEASE_MEMORY), **release.config, "DYNO": "release.1"},
        labels=labels(release) | {"slipway.process": "release"},
        network=NETWORK,
        limits=Limits(memory=RELEASE_MEMORY, cpus=1.0, pids=PIDS),
        **manner(release),
    )


def manner(release: Release) -> dict[str, Any]:
    """As whom and where jobs of a release run: an image of others has its own user and directory."""
    return {"workdir": "/app"} if release.slug_id else {"user": "", "foreign": True}


def one_off_job(one: OneOff, image: str, limits: Limits) -> JobSpec:
    """The container in which somebody's command runs; what it prints to either stream keeps its order."""
    release = one.release
    return JobSpec(
        name=f"{prefix(release)}-{one.name}",
        image=image,
        command=argv(release, f"exec 2>&1\n{one.secret_command or one.command}"),
        env={"MEMORY_AVAILABLE": str(limits.memory), **release.config, "DYNO": one.name},
        labels=labels(release) | {"slipway.process": "run", "slipway.oneoff": str(one.pk)},
        network=NETWORK,
        limits=limits,
        **manner(release),
    )


def shell_job(shell: Shell, image: str, limits: Limits) -> JobSpec:
    """The container that waits while somebody has a shell in it."""
    release = shell.release
    return JobSpec(
        name=f"{prefix(release)}-{shell.place}",
        image=image,
        command=("sleep", "infinity"),
        env={"MEMORY_AVAILABLE": str(limits.memory), **release.config, "DYNO": shell.place},
        labels=labels(release) | {"slipway.process": "shell", "slipway.shell": str(shell.pk)},
        network=NETWORK,
        limits=limits,
        **manner(release),
    )


def shell_command(release: Release) -> tuple[str, ...]:
    """A shell that sees what the app's processes see: bash, or what an image of others has in its place."""
    return argv(release, "exec bash" if release.slug_id else "command -v bash >/dev/null && exec bash; exec sh")


# What a shell is told beside: what its screen can do, and to keep nothing of what is typed.
SHELL_ENVIRONMENT = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "HISTFILE": ""}


def hand_limits(environment: Environment) -> Limits:
    """What something run by hand may use: as much as an instance of web, or of the first process type there is."""
    processes = sorted(environment.processes.all(), key=lambda process: (not process.is_web, process.name))
    memory, cpus = (processes[0].memory, processes[0].cpus) if processes else (RELEASE_MEMORY, 1.0)
    return Limits(memory=memory, cpus=cpus, pids=PIDS)


def prefix(release: Release) -> str:
    """What the names of a release's containers begin with.

    The dot, which no name has, keeps `eu-staging` of the app `shop` apart from `staging` of `shop-eu`.
    """
    return f"{release.environment.app.name}.{release.environment.name}-v{release.number}"


def variables(release: Release, process: Process) -> Mapping[str, str]:
    """What an instance is told; a config var wins over what the platform says by the same name."""
    return {"MEMORY_AVAILABLE": str(process.memory), **release.config}
