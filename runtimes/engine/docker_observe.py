"""What exists on the daemon, in our words, and what it uses."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import docker.errors

from runtimes.engine.base import Labels, Observed, State, Stats, in_order
from runtimes.engine.docker_client import DockerClient, translated
from runtimes.engine.docker_kwargs import INDEX, INSTALLATION, KIND
from runtimes.engine.docker_memory import ran_out_of
from runtimes.engine.streams import parse_time

AT_ONCE = 8
NEVER = "0001-01-01T00:00:00Z"
STATES: dict[str, State] = {
    "created": "starting",
    "restarting": "starting",
    "running": "up",
    "paused": "up",
    "removing": "exited",
    "exited": "exited",
    "dead": "exited",
}


def listed(client: DockerClient, labels: Labels) -> list[dict[str, Any]]:
    """Return Docker's own short description of this installation's containers with `labels`."""
    wanted = {**labels, INSTALLATION: client.namespace}
    with translated():
        return list(client.quick.containers(all=True, filters={"label": [f"{k}={v}" for k, v in wanted.items()]}))


def listed_with_image(client: DockerClient, image: str) -> list[dict[str, Any]]:
    """Return the same of all containers, whoever's they are, that were made from an image."""
    with translated():
        return list(client.quick.containers(all=True, filters={"ancestor": image}))


def observe(client: DockerClient, labels: Labels) -> list[Observed]:
    """Return all of them in our words, by name and number.

    All but instances are told from the list alone: the daemon answers no closer question about a
    container while files go in or out of it, which may take as long as the storage needs. What was
    said of an instance is remembered for as long as this run of it lasts.
    """
    found = listed(client, labels)
    runs = {one["Id"]: _run(one) for one in found if one["Labels"].get(KIND) == "instance"}
    _forget(client, labels, set(runs.values()))
    known = client.running.copy()
    told = [known[run] for run in runs.values() if run in known]
    whole = _inspected(client, [ref for ref, run in runs.items() if run not in known])
    brief = [sketched(one) for one in found if one["Id"] not in runs]
    return sorted(brief + told + described(client, whole), key=in_order)


def described(client: DockerClient, found: list[dict[str, Any]]) -> list[Observed]:
    """Return in our words, by name and number, what `inspect` says of these."""
    out_of_memory = ran_out_of(client, {one["Id"]: one["State"] for one in found})
    said = {one["Id"]: observed(one, oom=one["Id"] in out_of_memory) for one in found}
    client.running |= {run: said[one["Id"]] for one in found if (run := _run(one))}
    return sorted(said.values(), key=in_order)


def _run(found: dict[str, Any]) -> str:
    """What tells this run of a container from all others: each start makes new endpoints. Empty if it does not run."""
    networks = found["NetworkSettings"]["Networks"].values()
    state = found["State"] if isinstance(found["State"], str) else found["State"]["Status"]
    return " ".join(sorted(each["EndpointID"] for each in networks)) if state == "running" else ""


def _forget(client: DockerClient, labels: Labels, runs: set[str]) -> None:
    """Drop what was remembered of runs that have these labels and are over."""
    for run, one in client.running.copy().items():
        if run not in runs and labels.items() <= one.labels.items():
            client.running.pop(run, None)


def _inspected(client: DockerClient, refs: list[str]) -> list[dict[str, Any]]:
    """Return the whole description of each of these that is still there."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [one for one in pool.map(lambda ref: inspect(client, ref), refs) if one]


def inspect(client: DockerClient, ref: str) -> dict[str, Any] | None:
    """Return Docker's whole description of a container, None if it is gone."""
    with translated():
        try:
            return dict(client.quick.inspect_container(ref))
        except docker.errors.NotFound:
            return None


def sketched(found: dict[str, Any]) -> Observed:
    """Return a container in our words, from what the list says of it: not when it began or how it ended."""
    state = STATES[found["State"]]
    return Observed(
        ref=found["Id"],
        name=found["Names"][0].removeprefix("/"),
        labels=found["Labels"],
        state=state,
        index=0,
        address=_address(found) if state == "up" else "",
    )


def observed(found: dict[str, Any], *, oom: bool) -> Observed:
    """Return a container in our words, from what `inspect` says of it."""
    status, labels = found["State"], found["Config"]["Labels"] or {}
    state = STATES[status["Status"]]
    ended = state == "exited"
    return Observed(
        ref=found["Id"],
        name=found["Name"].removeprefix("/"),
        labels=labels,
        state=state,
        index=int(labels.get(INDEX, 0)),
        address=_address(found) if state == "up" else "",
        exit_code=status["ExitCode"] if ended else None,
        oom=oom,
        started_at=None if status["StartedAt"] == NEVER else parse_time(status["StartedAt"]),
    )


def stats(client: DockerClient, ref: str) -> Stats:
    """Return memory without the page cache that can be given back, as `docker stats` does."""
    with translated():
        found = client.quick.stats(ref, stream=False, one_shot=True)
    memory = found["memory_stats"]
    detail = memory.get("stats", {})
    cache = detail.get("total_inactive_file", detail.get("inactive_file", 0))
    return Stats(
        memory=max(0, memory.get("usage", 0) - cache),
        cpu_seconds=found["cpu_stats"]["cpu_usage"]["total_usage"] / 1_000_000_000,
    )


def _address(found: dict[str, Any]) -> str:
    networks = found["NetworkSettings"]["Networks"]
    return next((network["IPAddress"] for network in networks.values() if network["IPAddress"]), "")
