"""The connection to one Docker daemon, and the one place where its exceptions become ours."""

import os
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import docker.errors
import requests
import urllib3
from docker.api.client import APIClient
from docker.transport.unixconn import UnixHTTPAdapter, UnixHTTPConnectionPool
from docker.utils import kwargs_from_env

from runtimes.engine.base import EngineError, EngineUnreachable, Observed, gettext_noop

PING_SECONDS = 20
ANSWER_SECONDS = 60
ACT_SECONDS = 120
CONNECTIONS = 32


@contextmanager
def translated() -> Iterator[None]:
    """Let no exception of the SDK or of its HTTP library out.

    The daemon's own explanation is kept: it names images, containers and limits. Of the address of the
    request the path is, where no answer came; what the request carried (environment, files) is in neither.
    """
    try:
        yield
    except docker.errors.APIError as error:
        raise EngineError(f"Docker: {error.explanation or error}") from error
    except requests.exceptions.Timeout as error:
        raise EngineUnreachable(
            gettext_noop(
                "Docker does not answer (%(call)s). If its daemon is running, it is stuck, and has to be started anew."
            ),
            call=_call(error.request),
        ) from error
    except requests.exceptions.ConnectionError as error:
        raise EngineUnreachable(gettext_noop("Docker does not answer. Is its daemon running?")) from error
    except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
        raise EngineError(
            gettext_noop("Docker's answer cannot be used (%(kind)s)."), kind=type(error).__name__
        ) from error
    except (urllib3.exceptions.HTTPError, OSError) as error:  # of a stream, past the HTTP library
        raise EngineUnreachable(gettext_noop("Docker broke off in the middle of an answer.")) from error


def _call(request: Any) -> str:
    """What was asked of the daemon and of which container, without the version of the API and without parameters."""
    if not request:
        return "?"
    path = re.sub(r"^/v[0-9.]+", "", urlsplit(request.url).path)
    return f"{request.method} {re.sub(r'[0-9a-f]{64}', lambda found: found[0][:12], path)}"


class DockerClient:
    """A daemon's address, taken from the environment (`DOCKER_HOST`…) as the docker command does.

    It connects when first used, once per process: a connection is not shared over a fork.
    """

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self._lock = threading.Lock()
        self._clients: dict[tuple[int, int | None], APIClient] = {}
        self.running: dict[str, Observed] = {}  # what `docker_observe` remembers

    @property
    def brief(self) -> APIClient:
        """For asking whether it answers at all."""
        return self._client(PING_SECONDS)

    @property
    def quick(self) -> APIClient:
        """For questions that are answered within a minute or never."""
        return self._client(ANSWER_SECONDS)

    @property
    def acting(self) -> APIClient:
        """For what changes a container: seconds, on a busy machine a minute, and for ever where a daemon is stuck."""
        return self._client(ACT_SECONDS)

    @property
    def patient(self) -> APIClient:
        """For what takes as long as it takes: streams, transfers, waiting for an end.

        The SDK's 60 s would end a job's output when the job is silent (docker-py #931).
        """
        return self._client(None)

    def _client(self, timeout: int | None) -> APIClient:
        key = (os.getpid(), timeout)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = _connect(timeout)
            return self._clients[key]


def stream(
    client: DockerClient, method: str, path: str, params: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> requests.Response:
    """Ask for a stream as it is: the SDK mixes the kinds of its frames, and does not let go of one half read.

    The socket has no time-out: a job may be silent for as long as it likes. Close the answer.
    """
    api = client.patient
    url = f"{api.base_url}/v{api.api_version}{path}"
    plain = {"Accept-Encoding": "identity"}  # else the daemon would compress what goes through a local socket
    answer = api.request(method, url, params=params, headers={**plain, **(headers or {})}, stream=True, timeout=None)
    try:
        answer.raise_for_status()
    except requests.exceptions.HTTPError as error:
        docker.errors.create_api_error_from_http_exception(error)
    return answer


class OnePool(UnixHTTPAdapter):
    """One pool of connections for all questions to a daemon's socket.

    The SDK keeps a pool for each address asked for, that is for each container, and of more than 25
    closes the oldest: seldom, but in the hands of another thread.
    """

    def get_connection(
        self,
        url: str | bytes,  # noqa: ARG002 which container is asked about makes no difference
        proxies: Mapping[str, str] | None = None,
    ) -> UnixHTTPConnectionPool:
        return super().get_connection("http+docker://localhost", proxies)


def _connect(timeout: int | None) -> APIClient:
    """Open a client that speaks the newest version both sides know."""
    limit: Any = timeout  # the stubs do not know that no time-out is a time-out too
    try:
        api = APIClient(version="auto", timeout=limit, max_pool_size=CONNECTIONS, **kwargs_from_env())
    except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
        raise EngineUnreachable(gettext_noop("Docker does not answer. Is its daemon running?")) from error
    adapter = api.get_adapter(api.base_url)
    if isinstance(adapter, UnixHTTPAdapter):
        api.mount("http+docker://", OnePool(f"http+unix://{adapter.socket_path}", limit, max_pool_size=CONNECTIONS))
    return api
