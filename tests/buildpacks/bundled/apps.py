"""Small real apps, as sources."""

from __future__ import annotations

import json
from pathlib import Path

FIXTURES = Path(__file__).parent / "fixtures"

FLASK_APP = """
import sys
from importlib.metadata import distributions
from flask import Flask, jsonify

app = Flask(__name__)


@app.get("/")
def index():
    return jsonify(
        python=sys.version.split()[0],
        prefix=sys.prefix,
        packages=sorted(d.metadata["Name"].lower() for d in distributions()),
    )
"""

FLASK_PROCFILE = "web: flask run --host 0.0.0.0 --port $PORT\n"
FLASK = {"app.py": FLASK_APP, "Procfile": FLASK_PROCFILE}

POETRY_PROJECT = """
[tool.poetry]
package-mode = false

[tool.poetry.dependencies]
python = "^3.11"
flask = "3.1.1"

[tool.poetry.group.dev.dependencies]
pytest = "8.3.5"
"""

UV_PROJECT = """
[project]
name = "thing"
version = "0.1"
requires-python = ">=3.10"
dependencies = ["flask"]

[dependency-groups]
dev = ["iniconfig"]

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
"""

# An app that is a package in src/: it can be imported only where it was installed.
PACKAGE = {
    "pyproject.toml": UV_PROJECT,
    "src/thing/__init__.py": FLASK_APP,
    "Procfile": "web: flask --app thing run --host 0.0.0.0 --port $PORT\n",
}

PIPFILE = """
[packages]
flask = "*"

[dev-packages]
iniconfig = "*"

[requires]
python_version = "3.11"
"""

NODE_SERVER = """
const fs = require("node:fs");
const http = require("node:http");
const ms = require("ms");
const installed = (name) => { try { require.resolve(name); return true; } catch { return false; } };
http.createServer((request, response) => response.end(JSON.stringify({
  ms: ms("2 days"), node: process.version, environment: process.env.NODE_ENV,
  built: fs.readFileSync("public/app.js", "utf8").trim(), development: installed("is-number"),
}))).listen(process.env.PORT);
"""


def node_app(**changes: object) -> dict[str, str]:
    """A server with one dependency, one devDependency that its build uses, and a start script."""
    package = {
        "name": "echo",
        "version": "1.0.0",
        "private": True,
        "engines": {"node": "24.x"},
        "scripts": {"build": "node build.js", "start": "node server.js"},
        "dependencies": {"ms": "2.1.3"},
        "devDependencies": {"is-number": "7.0.0"},
    } | changes
    return {
        "package.json": json.dumps(package),
        "server.js": NODE_SERVER,
        "build.js": 'const n = require("is-number"), fs = require("fs"); fs.mkdirSync("public", { recursive: true });'
        'fs.writeFileSync("public/app.js", `built ${n(42)} ${process.argv.slice(2)}`.trim());',
    }


def django_project(settings: str = "") -> dict[str, str]:
    """A project with static files; `settings` are appended to its own."""
    return {
        "requirements.txt": "django<6\n",
        "manage.py": "import os, sys\nfrom django.core.management import execute_from_command_line\n"
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')\nexecute_from_command_line(sys.argv)\n",
        "settings.py": "import os\nfrom pathlib import Path\nBASE_DIR = Path(__file__).parent\nSECRET_KEY = 'x'\n"
        "INSTALLED_APPS = ['django.contrib.staticfiles']\nSTATIC_URL = 'static/'\n"
        f"STATICFILES_DIRS = [BASE_DIR / 'assets']\nSTATIC_ROOT = BASE_DIR / 'staticfiles'\n{settings}\n",
        "assets/style.css": "body { color: teal }\n",
    }
