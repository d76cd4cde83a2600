"""The smallest app that shows where it runs."""

import os
import platform
import socket
from importlib.metadata import version

from flask import Flask, render_template_string

app = Flask(__name__)

PAGE = """<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Flask on Slipway</title>
  <link rel="icon" href="data:,">
  <style>
    :root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif;
            color: light-dark(#10262b, #e4f0f0); background: light-dark(#f1f6f6, #0b171b) }
    main { max-width: 40rem; margin: 0 auto; padding: clamp(2rem, 14vh, 8rem) 1.25rem }
    h1 { margin: 0 0 .5rem; font-size: clamp(1.9rem, 5vw, 2.8rem); line-height: 1.15; letter-spacing: -.02em;
         text-wrap: balance }
    b { color: light-dark(#0b6e75, #45b8bf) }
    code { font-family: ui-monospace, monospace }
  </style>
  <main>
    <h1>One file, two requirements, one line in a Procfile</h1>
    <p>Served by <b>{{ instance }}</b> on <code>{{ host }}</code> with Python {{ python }} and Flask {{ flask }}.</p>
  </main>
</html>
"""


@app.get("/")
def index() -> str:
    """Say which instance answers, and on what."""
    return render_template_string(
        PAGE,
        instance=os.environ.get("DYNO", "local"),
        host=socket.gethostname(),
        python=platform.python_version(),
        flask=version("flask"),
    )
