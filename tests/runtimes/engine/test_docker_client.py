"""No exception of the SDK gets out, and no message says too much."""

from typing import Any

import docker.errors
import pytest
import requests
import urllib3

from runtimes.engine.base import EngineError, EngineUnreachable
from runtimes.engine.docker_client import DockerClient, stream, translated
from tests.runtimes.engine.conftest import IMAGE

ADDRESS = "http+docker://localhost/v1.41/containers/create?name=slipway-app&token=hunter2"


@pytest.mark.parametrize(
    "theirs",
    [
        docker.errors.APIError(ADDRESS, explanation="no space left on device"),
        docker.errors.NotFound(ADDRESS, explanation="No such container: abc"),
        docker.errors.DockerException(ADDRESS),
        docker.errors.InvalidVersion(ADDRESS),
        requests.exceptions.InvalidURL(ADDRESS),
        requests.exceptions.ConnectionError(ADDRESS),
        requests.exceptions.ReadTimeout(ADDRESS),
        urllib3.exceptions.ProtocolError(ADDRESS),
        ConnectionResetError(ADDRESS),
    ],
    ids=lambda theirs: type(theirs).__name__,
)
def test_every_exception_of_theirs_becomes_one_of_ours_without_the_address(theirs: Exception) -> None:
    with pytest.raises(EngineError) as raised, translated():
        raise theirs
    assert "hunter2" not in f"{raised.value!r} {raised.value}"


def test_dockers_own_explanation_is_kept() -> None:
    with pytest.raises(EngineError, match="no space left on device"), translated():
        raise docker.errors.APIError(ADDRESS, explanation="no space left on device")


@pytest.mark.parametrize(
    "theirs", [requests.exceptions.ConnectionError, requests.exceptions.ReadTimeout, BrokenPipeError]
)
def test_silence_is_told_from_refusal(theirs: type[Exception]) -> None:
    with pytest.raises(EngineUnreachable), translated():
        raise theirs


def test_our_own_mistakes_come_out_as_they_are() -> None:
    with pytest.raises(KeyError), translated():
        raise KeyError("Id")


@pytest.mark.docker
def test_a_stream_has_no_time_out_and_a_question_has_one(docker_client: DockerClient) -> None:
    assert [docker_client.quick.timeout, docker_client.patient.timeout] == [60, None]
    container = docker_client.quick.create_container(IMAGE, ["sleep infinity"], labels=_labels(docker_client))["Id"]
    with stream(docker_client, "POST", f"/containers/{container}/attach", {"stdout": 1, "stream": 1}) as answer:
        raw: Any = answer.raw  # the socket is deep inside, and only it knows
        assert raw._fp.fp.raw._sock.gettimeout() is None


@pytest.mark.docker
def test_connections_are_shared_whatever_is_asked_about(docker_client: DockerClient) -> None:
    adapter: Any = docker_client.quick.get_adapter(docker_client.quick.base_url)
    one, two = (f"{docker_client.quick.base_url}/containers/{name}/json" for name in "ab")
    assert adapter.get_connection(one) is adapter.get_connection(two)


@pytest.mark.docker
def test_a_client_is_made_once_per_process(docker_client: DockerClient) -> None:
    assert docker_client.quick is docker_client.quick is not docker_client.patient


def _labels(client: DockerClient) -> dict[str, str]:
    return {"slipway.installation": client.namespace}
