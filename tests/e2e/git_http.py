"""A Git server over https at ADDRESS PORT, run inside a container: `git http-backend` behind Python's web server.

Repositories below `private` want a login: any name, and as password what stands in the file `token`. What is asked for
below `moved` is said to lie on the machine that asks. What lies below `files` is handed out as it is.
"""

import base64
import os
import ssl
import subprocess
import sys
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path("/srv/git")
BACKEND = ["git", "-c", "safe.directory=*", "http-backend"]


class Git(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.answer(b"")

    def do_POST(self) -> None:
        self.answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def answer(self, body: bytes) -> None:
        address = urllib.parse.urlsplit(self.path)
        if address.path.startswith("/private/") and not self.is_welcome():
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if address.path.startswith("/moved/"):
            self.send_response(302)
            self.send_header("Location", f"https://127.0.0.1:{sys.argv[2]}/{address.path.removeprefix('/moved/')}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if address.path.startswith("/files/"):
            content = (ROOT / address.path.lstrip("/")).read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            return
        head, _, content = self.ask_git(address, body).partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self.send_response(int(fields.pop("Status", "200").split()[0]))
        for name, value in {**fields, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def ask_git(self, address: urllib.parse.SplitResult, body: bytes) -> bytes:
        variables = {
            "GIT_PROJECT_ROOT": str(ROOT),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": address.path,
            "QUERY_STRING": address.query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(BACKEND, input=body, env={**os.environ, **variables}, capture_output=True, check=False)
        return done.stdout or b"Status: 500 " + done.stderr[:100] + b"\r\n\r\n"

    def is_welcome(self) -> bool:
        kind, _, credentials = self.headers.get("Authorization", "").partition(" ")
        password = base64.b64decode(credentials).decode().partition(":")[2]
        return kind == "Basic" and password == (ROOT / "token").read_text()


if __name__ == "__main__":
    server = ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Git)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ROOT / "chain.pem", ROOT / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    print("Listening", flush=True)  # noqa: T201 the test waits for it
    server.serve_forever()
