"""Our words in Docker's words: what is posted to `/containers/create`, made by pure functions.

Field names are those of the Engine API, version 1.41, "Create a container".
"""

from collections.abc import Mapping
from typing import Any

from runtimes.engine.base import Formation, JobSpec, Limits

RUN_ENTRY = "/usr/local/bin/slipway-run"
RUN_USER = "1000:1000"
SHELL = ("/bin/sh", "-c")
CPU_PERIOD = 100_000

INSTALLATION = "slipway.installation"
KIND = "slipway.kind"
FORMATION = "slipway.formation"
PROCESS = "slipway.process"
INDEX = "slipway.index"
SLUG = "slipway.slug"

# What an ordinary image needs to start as root, give its files away and step down to its own user.
# Left out of Docker's defaults: raw sockets, device nodes, chroot, file capabilities, audit.
IMAGE_CAPABILITIES = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"]


def container_kwargs(spec: JobSpec, namespace: str) -> dict[str, Any]:
    """Return the arguments of `create_container_from_config` for a job.

    A job's output is read while it runs and stored elsewhere, so Docker keeps none of it.
    """
    host = _host_config(spec.limits, namespace, spec.network) | {
        "Init": True,
        "CapAdd": IMAGE_CAPABILITIES if spec.foreign else [],
        "Binds": _binds(spec, namespace),
        "LogConfig": {"Type": "none", "Config": {}},
    }
    config = {
        "Image": spec.image,
        "Entrypoint": [],
        "Cmd": list(spec.command),
        "Env": _environment(spec.env),
        "User": spec.user,
        "WorkingDir": spec.workdir,
        "Labels": {**spec.labels, INSTALLATION: namespace, KIND: "job"},
        "HostConfig": host,
    }
    return {"name": f"{namespace}-{spec.name}", "config": config}


def _binds(spec: JobSpec, namespace: str) -> list[str]:
    return [
        f"{namespace}-{name}:{path}" + (":ro" if name in spec.read_only else "") for name, path in spec.volumes.items()
    ]


def instance_kwargs(formation: Formation, index: int, namespace: str) -> dict[str, Any]:
    """Return the arguments of `create_container_from_config` for one instance.

    An image that is started by its own entrypoint may bring an init of its own, which has to be the first process.
    """
    host = _host_config(formation.limits, namespace, formation.network) | {
        "Init": formation.entrypoint or bool(formation.command),
        "CapAdd": [] if formation.entrypoint else IMAGE_CAPABILITIES,
        "LogConfig": {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "2"}},
        "RestartPolicy": {"Name": "no"},
    }
    config = {
        "Image": formation.image,
        "Env": _environment(_instance_env(formation, index)),
        "Labels": _instance_labels(formation, index, namespace),
        "StopSignal": formation.stop_signal,
        "HostConfig": host,
        **_entry(formation),
    }
    return {"name": f"{namespace}-{formation.name}.{index}", "config": config}


def _host_config(limits: Limits, namespace: str, network: str) -> dict[str, Any]:
    """Return what holds for every container of the platform: limits and no privileges."""
    memory = limits.memory * 1024 * 1024
    return {
        "Privileged": False,
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges"],
        "Memory": memory,
        "MemorySwap": memory,  # as much as memory: no swap on top
        "CpuPeriod": CPU_PERIOD,
        "CpuQuota": round(limits.cpus * CPU_PERIOD),  # unlike NanoCpus it may be more than the machine has
        "PidsLimit": limits.pids,
        "NetworkMode": f"{namespace}-{network}" if network else "none",
    }


def _entry(formation: Formation) -> dict[str, Any]:
    """Return entrypoint, command and user: ours for a slug, the image's own otherwise."""
    if formation.entrypoint:
        return {"Entrypoint": [RUN_ENTRY], "Cmd": [formation.command], "User": RUN_USER}
    return {"Entrypoint": [*SHELL], "Cmd": [formation.command]} if formation.command else {}


def _instance_env(formation: Formation, index: int) -> dict[str, str]:
    own = {"DYNO": f"{formation.process}.{index}"}
    if formation.port is not None:
        own["PORT"] = str(formation.port)
    return {**formation.env, **own}


def _instance_labels(formation: Formation, index: int, namespace: str) -> dict[str, str]:
    return {
        **formation.labels,
        INSTALLATION: namespace,
        KIND: "instance",
        FORMATION: formation.name,
        PROCESS: formation.process,
        INDEX: str(index),
    }


def _environment(env: Mapping[str, str]) -> list[str]:
    return [f"{key}={value}" for key, value in env.items()]
