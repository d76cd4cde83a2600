"""A real registry for tests, Debian's docker-registry, on loopback: Docker asks such a one without TLS.

Images are put there by hand, as its interface says (OCI Distribution Specification 1.1): that leaves none on the
daemon, and makes ones for machines that nobody here has.
"""

import gzip
import hashlib
import io
import json
import socket
import subprocess
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any, Self

import requests

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / "var" / "tools"
USER, PASSWORD = "ana", "let me in"
HTPASSWD = f"{USER}:$2b$04$Mv61R/dkpOKT2./suqL5kOzdJ5t8N5u0855DTu2EaF2rBF8phbA.S\n"
ANSWER_SECONDS = 20

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"


def busybox() -> bytes:
    """A static program that is a shell, a web server and more, by the name it is called."""
    subprocess.run(["bash", "bin/registry"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return (TOOLS / "bin" / "busybox").read_bytes()


class Registry:
    """Use it as a context. With `private` it lets in nobody but `USER` with `PASSWORD`."""

    def __init__(self, *, private: bool = False) -> None:
        subprocess.run(["bash", "bin/registry"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        self._folder = tempfile.TemporaryDirectory(prefix="slipway-registry-")
        self._private = private
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.host = f"127.0.0.1:{free.getsockname()[1]}"
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.auth = (USER, PASSWORD) if private else None

    def __enter__(self) -> Self:
        command = [str(TOOLS / "usr/bin/docker-registry"), "serve", str(self._config())]
        self._running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + ANSWER_SECONDS
        while not self._answers():
            assert self._running.poll() is None, "The registry ended."
            assert time.monotonic() < deadline, "The registry does not answer."
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self._running.terminate()
        self._running.wait()
        self._session.close()
        self._folder.cleanup()

    def push(self, name: str, files: dict[str, bytes], *, architecture: str = "amd64", **config: Any) -> str:
        """Have an image `repository:tag` of these files (executable ones begin as programs do); return its digest.

        `config` is the image's own, such as `Entrypoint`, `Cmd`, `User` and `ExposedPorts`.
        """
        repository, _, tag = name.partition(":")
        tar = _layer(files)
        facts = {
            "architecture": architecture,
            "os": "linux",
            "config": config,
            "rootfs": {"type": "layers", "diff_ids": [_digest(tar)]},
        }
        layer, about = gzip.compress(tar, mtime=0), json.dumps(facts).encode()
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self._put(repository, CONFIG, about),
            "layers": [self._put(repository, LAYER, layer)],
        }
        body = json.dumps(manifest).encode()
        self._ask("PUT", f"{repository}/manifests/{tag}", data=body, headers={"Content-Type": MANIFEST})
        return _digest(body)

    def _put(self, repository: str, kind: str, content: bytes) -> dict[str, Any]:
        where = self._ask("POST", f"{repository}/blobs/uploads/").headers["Location"]
        self._session.put(where, params={"digest": _digest(content)}, data=content).raise_for_status()
        return {"mediaType": kind, "size": len(content), "digest": _digest(content)}

    def _ask(self, method: str, path: str, **more: Any) -> requests.Response:
        answer = self._session.request(method, f"http://{self.host}/v2/{path}", **more)
        answer.raise_for_status()
        return answer

    def _answers(self) -> bool:
        try:
            return self._session.get(f"http://{self.host}/v2/", timeout=5).ok
        except requests.ConnectionError:
            return False

    def _config(self) -> Path:
        folder = Path(self._folder.name)
        (folder / "htpasswd").write_text(HTPASSWD)
        facts: dict[str, Any] = {
            "version": "0.1",
            "storage": {"filesystem": {"rootdirectory": str(folder / "images")}},
            "http": {"addr": self.host},
        }
        if self._private:
            facts["auth"] = {"htpasswd": {"realm": "tests", "path": str(folder / "htpasswd")}}
        (folder / "config.json").write_text(json.dumps(facts))  # JSON is YAML
        return folder / "config.json"


def _layer(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, content in files.items():
            info = tarfile.TarInfo(path)
            info.size, info.mode = len(content), 0o755
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
