"""The apt buildpack: system packages without root, found by later buildpacks and by instances."""

from __future__ import annotations

import base64
import io
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path

import pytest

from tests.buildpacks.bundled.harness import Source, Workshop

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def apt_cache(workshop: Workshop) -> str:
    return workshop.volume()


def test_packages_are_found_by_later_buildpacks_and_at_run_time(workshop: Workshop, apt_cache: str) -> None:
    program = "#include <yaml.h>\n#include <stdio.h>\nint main(void) { return puts(yaml_get_version_string()) < 0; }\n"
    compile_it = "gcc yaml.c -o version $(pkg-config --cflags --libs yaml-0.1)"
    # A program that Debian hands out by update-alternatives, a library that the run image lacks, and its headers.
    source = {
        "Aptfile": "# tools\nfiglet\nlibyaml-dev\r\n",
        "requirements.txt": "",
        "yaml.c": program,
        "bin/post_compile": f"#!/bin/sh\nset -e\ncommand -v figlet\n{compile_it}\n",
        "Procfile": "web: ./version && python3 -m http.server $PORT\n",
    }
    built = workshop.build(source, "apt", "python", volume=apt_cache)
    assert "/.apt/usr/bin/figlet\n" in built.log
    with workshop.running(built) as app:
        assert app.lines().startswith("0.2.")
        assert app.exec("readlink -f $(command -v figlet)") == "/app/.apt/usr/bin/figlet-figlet\n"
    again = workshop.build(source, "apt", "python", volume=apt_cache)
    assert "The Aptfile has not changed" in again.log
    assert "./.apt/usr/bin/figlet" in again.names()


# Two packages that only print their names: one lies about as a file, the other in a repository.
MAKE_PACKAGES = r"""
set -e
for name in loose shelved; do
    mkdir -p "$name/DEBIAN" "$name/usr/bin"
    printf '%s\n' "Package: $name" 'Version: 1.0' 'Architecture: all' 'Maintainer: us' 'Description: speaks' \
        >"$name/DEBIAN/control"
    printf '#!/bin/sh\necho %s speaks\n' "$name" >"$name/usr/bin/$name"
    chmod 755 "$name/usr/bin/$name"
    dpkg-deb --root-owner-group --build "$name" >/dev/null
done
mkdir shelf
mv shelved.deb shelf/
(cd shelf && dpkg-scanpackages . >Packages 2>/dev/null)
tar -c loose.deb shelf | base64 >made
"""


@contextmanager
def served(workshop: Workshop, folder: Path) -> Iterator[str]:
    """The address at which containers find the files of a folder."""
    network = workshop.client.networks.get("bridge").attrs["IPAM"]["Config"][0]
    gateway = network.get("Gateway") or str(next(ip_network(network["Subnet"]).hosts()))
    server = ThreadingHTTPServer((gateway, 0), partial(SimpleHTTPRequestHandler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://{gateway}:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_file_by_its_address_and_a_repository_of_the_app_s_own_are_installed(
    workshop: Workshop, apt_cache: str, tmp_path: Path
) -> None:
    made = workshop.tool({}, "bash", "-c", MAKE_PACKAGES, result="made", volume=apt_cache)
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(made))) as archive:
        archive.extractall(tmp_path, filter="data")
    with served(workshop, tmp_path) as address:
        source = {
            "Aptfile": f"{address}/loose.deb\n:repo:deb [trusted=yes] {address}/shelf ./\nshelved\n",
            "requirements.txt": "",
            "Procfile": "web: loose && shelved && python3 -m http.server $PORT\n",
        }
        built = workshop.build(source, "apt", "python", volume=apt_cache)
    with workshop.running(built) as app:
        assert app.lines().startswith("loose speaks\nshelved speaks\n")


def test_after_python_it_stands_in_the_wrong_place_and_says_so(workshop: Workshop, apt_cache: str) -> None:
    built = workshop.build({"Aptfile": "", "requirements.txt": ""}, "python", "apt", volume=apt_cache)
    assert "The apt buildpack stands after python in the list." in built.log


MISTAKES: list[tuple[str, Source, str]] = [
    ("package-not-found", {"Aptfile": "figlet\nno-such-package-of-slipway\n"}, "no-such-package-of-slipway"),
    ("aptfile-invalid", {"Aptfile": "# one\nfiglet\napt-get; install\n"}, "Line 3 of the Aptfile"),
    ("aptfile-invalid", {"Aptfile": "-oDir::Etc=/x\n"}, "Line 1 of the Aptfile"),
    ("deb-not-found", {"Aptfile": "https://127.0.0.1:9/tool.deb\n"}, "A .deb file of the Aptfile could not be fetched"),
    ("repository-invalid", {"Aptfile": "figlet\n:repo:deb nonsense\n"}, "leads to no repository"),
]


@pytest.mark.parametrize(("reason", "source", "sentence"), MISTAKES, ids=[mistake[0] for mistake in MISTAKES])
def test_a_mistake_is_explained(workshop: Workshop, apt_cache: str, reason: str, source: Source, sentence: str) -> None:
    built = workshop.build(source, "apt", volume=apt_cache)
    assert built.exit_code == 1
    assert built.reason == reason, built.log
    assert sentence in built.log
