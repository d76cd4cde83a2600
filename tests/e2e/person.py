"""Somebody who uses the console over HTTP, as a browser without scripts would."""

import html
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import requests

from tests.e2e.installation import Installation

PATIENCE_SECONDS = 240
POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Outcome:
    """How a deploy ended, as the rows and the stored log say."""

    state: str
    reason: str
    failure: str
    exit_code: int | None
    steps: dict[str, str]
    lines: list[str]

    @property
    def log(self) -> str:
        return "\n".join(self.lines)

    @property
    def failed_step(self) -> str:
        """The one step that failed; none and several are both wrong for a failed deploy."""
        failed = [name for name, state in self.steps.items() if state == "failed"]
        return ", ".join(failed)


class Person:
    """Signed in; as the first admin unless told otherwise."""

    def __init__(self, installation: Installation, name: str = "admin", password: str = "") -> None:
        self.installation = installation
        self._session = requests.Session()
        self._session.trust_env = False
        self._post("login", {"username": name, "password": password or installation.password})

    def welcome(self, name: str, role: str) -> str:
        """Let somebody new in, as a member of the first team; return their password."""
        found = re.search(r'class="told">([^<]+)<', self._post("admin/people/new", {"name": name}).text)
        assert found, name
        (team,) = self.installation.rows("SELECT id FROM runtimes_team ORDER BY id LIMIT 1")
        self._post(f"teams/{team['id']}/join", {"name": name, "role": role})
        return found[1]

    def create(self, name: str, archive: bytes | None = None, /, **fields: str) -> None:
        """Create an app; without further fields from an archive."""
        (team,) = self.installation.rows("SELECT id FROM runtimes_team ORDER BY id LIMIT 1")
        data = {"name": name, "team": str(team["id"]), "source": "archive", **fields}
        answer = self._post("apps/new", data, archive)
        assert answer.url.endswith(f"/apps/{name}/"), _wrongs(answer)

    def change_source(self, name: str, **fields: str) -> None:
        """Save where an app comes from."""
        answer = self._post(f"apps/{name}/settings/source", fields)
        assert answer.ok, _wrongs(answer)

    def send(self, path: str, **fields: str) -> str:
        """Fill in any form; return the address to which it led."""
        answer = self._post(path, fields)
        assert answer.ok, f"{path}: {_wrongs(answer)}"
        return answer.url

    def settings_of(self, name: str, process: str) -> dict[str, str]:
        """What the form of a process type says now."""
        page = self.page(f"apps/{name}/processes/of/{process}")
        inputs = re.findall(r'<input type="(?:text|number)" name="(\w+)"(?: value="([^"]*)")?', page)
        chosen = re.findall(r'<select name="(\w+)".*?value="([^"]*)" selected', page, re.DOTALL)
        return {key: html.unescape(value) for key, value in [*inputs, *chosen]}

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert time.monotonic() < deadline
            time.sleep(POLL_SECONDS)

    def wait_released(self, name: str, number: int) -> None:
        """Wait until a release without a build serves."""
        self.until(lambda: bool(self.read_log(name, number, 0)["sealed"]))
        assert self.read_log(name, number, 0)["state"] == "live"

    def add_environment(self, name: str, environment: str) -> None:
        """Give an app one more environment."""
        answer = self._post(f"apps/{name}/settings/environments", {"name": environment})
        assert answer.ok, _wrongs(answer)

    def set_config(self, name: str, key: str, value: str) -> None:
        """Set a config var."""
        answer = self._post(f"apps/{name}/config/set", {"key": key, "value": value})
        assert answer.ok, _wrongs(answer)

    def arrange(self, name: str, *buildpacks: str) -> None:
        """Make these an app's buildpacks, in this order."""
        answer = self._post(f"apps/{name}/buildpacks/arrange", {"names": buildpacks})
        assert answer.ok, _wrongs(answer)

    def force_https(self, name: str) -> None:
        """Send visitors of an app's domains to HTTPS."""
        assert self._post(f"apps/{name}/domains/https", {"on": "yes"}).ok

    def deploy(self, name: str, archive: bytes | None = None, /, **fields: str) -> int:
        """Click Deploy; return the deploy's number."""
        answer = self._post(f"apps/{name}/deploy", fields, archive)
        found = re.fullmatch(rf".*/apps/{name}/deploys/(\d+)/", answer.url)
        assert found, f"{answer.status_code} {answer.url}: {_wrongs(answer)}"
        return int(found[1])

    def cancel(self, name: str, number: int) -> None:
        """Click Cancel deploy."""
        self._post(f"apps/{name}/deploys/{number}/cancel", {})

    def create_and_deploy(self, name: str, archive: bytes | None = None, /, **fields: str) -> int:
        """Both at once; return the deploy's number."""
        self.create(name, archive, **fields)
        return self.deploy(name)

    def wait(self, name: str, number: int) -> Outcome:
        """Wait until a deploy's log is sealed; return how it ended."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (page := self.read_log(name, number, 0))["sealed"]:
            assert time.monotonic() < deadline, f"{name} #{number} does not end: {page['state']} {page['lines'][-20:]}"
            time.sleep(POLL_SECONDS)
        return self._outcome(name, number, page["state"])

    def read_log(self, name: str, number: int, since: int) -> dict[str, Any]:
        """A page of a deploy's log as the console hands it out."""
        page: dict[str, Any] = self._get(f"apps/{name}/deploys/{number}/log?since={since}").json()
        return page

    def lines(self, name: str, number: int) -> Iterator[tuple[int, int, str]]:
        """Every stored line there is now: its number, its step's position, its text."""
        since = 0
        while lines := (page := self.read_log(name, number, since))["lines"]:
            for offset, (_, step, text) in enumerate(lines):
                yield page["from"] + offset, step, text
            since = page["from"] + len(lines) - 1

    def page(self, path: str) -> str:
        """A page of the console."""
        answer = self._get(path)
        assert answer.ok, f"{path}: {answer.status_code}"
        return answer.text

    def open(self, name: str, path: str = "/") -> tuple[int, str]:
        """What the app answers through the router: status and text."""
        host = f"{name}.localhost:{self.installation.apps_port}"
        address = f"http://127.0.0.1:{self.installation.apps_port}{path}"
        answer = self._session.get(address, headers={"Host": host}, timeout=30)
        return answer.status_code, answer.text

    def address(self, name: str) -> str:
        """Where people open an app."""
        return f"http://{name}.localhost:{self.installation.apps_port}/"

    def _outcome(self, name: str, number: int, state: str) -> Outcome:
        (build,) = self.installation.rows(
            """SELECT build.*, journal.id AS journal FROM builds_build AS build
            JOIN runtimes_journal AS journal ON build.journal_id = journal.id
            JOIN runtimes_app AS app ON build.app_id = app.id WHERE app.name = ? AND journal.number = ?""",
            name,
            number,
        )
        steps = self.installation.rows(
            "SELECT name, state FROM runtimes_step WHERE journal_id = ? ORDER BY position", build["journal"]
        )
        release = self.installation.rows("SELECT * FROM runtimes_release WHERE journal_id = ?", build["journal"])
        failed = release[0] if release and release[0]["failure"] else build
        return Outcome(
            state=state,
            reason=failed["failure_reason"],
            failure=failed["failure"],
            exit_code=failed["exit_code"],
            steps={step["name"]: step["state"] for step in steps},
            lines=[text for _, _, text in self.lines(name, number)],
        )

    def _get(self, path: str) -> requests.Response:
        return self._session.get(f"{self.installation.url}/{path}", timeout=60)

    def _post(
        self, path: str, data: Mapping[str, str | Sequence[str]], archive: bytes | None = None
    ) -> requests.Response:
        if "csrftoken" not in self._session.cookies:
            self._get("login")
        files = {"archive": ("source.tar.gz", archive)} if archive is not None else None
        data = {**data, "csrfmiddlewaretoken": self._session.cookies["csrftoken"]}
        answer = self._session.post(f"{self.installation.url}/{path}", data=data, files=files, timeout=60)
        assert answer.status_code < 500, f"{path}: {answer.status_code} {answer.url}"
        return answer


def _wrongs(answer: requests.Response) -> list[str]:
    return re.findall(r'class="(?:wrong|notice)[^>]*>(?:<svg.*?</svg>)?(.*?)</', answer.text, re.DOTALL)
