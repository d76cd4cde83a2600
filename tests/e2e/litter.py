"""What an installation has left lying about that belongs to no row: containers, volumes, images, files."""

import time

from tests.e2e import belongings
from tests.e2e.installation import Installation

PLATFORM = ("redis", "router")
SHARED = ("store", "router")  # what all builds read; the certificates
PATIENCE_SECONDS = 70  # a builder that does not end by itself is ended after 60
NETWORKS = ("apps", "builds", "platform")

# Whatever may be told by its name: nothing here stands for work that goes on, so ask while none does.
RUNNING = """SELECT app.name || '.' || environment.name || '-v' || release.number || '-' || instance.process || '.' ||
instance."index" AS name FROM runtimes_instance AS instance
JOIN runtimes_release AS release ON instance.release_id = release.id
JOIN runtimes_environment AS environment ON release.environment_id = environment.id
JOIN runtimes_app AS app ON environment.app_id = app.id WHERE release.state = 'live' AND instance.state != 'down'"""
KEYS = """SELECT archive FROM runtimes_app UNION SELECT archive FROM builds_build UNION SELECT source FROM builds_build
UNION SELECT sha256 FROM runtimes_slug UNION SELECT archive FROM buildpacks_buildpack"""


def of(installation: Installation, besides: str = "") -> list[str]:
    """Names of what should not be there and does not go by itself: builders tidy up beside the deploys they built.

    One container may be there `besides`, by its name without the installation's.
    """
    known = f"{installation.namespace}-{besides}"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := [name for name in _now(installation) if name != known]) and time.monotonic() < deadline:
        time.sleep(0.5)
    return found


def _now(installation: Installation) -> list[str]:
    found, space = belongings.of(installation.namespace), f"{installation.namespace}-"
    apps = {row["name"] for row in installation.rows("SELECT name FROM runtimes_app")}
    slugs = {row["sha256"][:24] for row in installation.rows("SELECT sha256 FROM runtimes_slug")}
    slugs |= {row["digest"][7:31] for row in installation.rows("SELECT digest FROM runtimes_image")}
    expected = {f"{space}{name}" for name in (*PLATFORM, *(row["name"] for row in installation.rows(RUNNING)))}
    return [
        *(found["containers"] - expected - {f"{space}{name}" for name in SHARED}),  # one may be being filled
        *(name for name in found["volumes"] if not _is_known(name.removeprefix(space), apps)),
        *(found["networks"] - {f"{space}{name}" for name in NETWORKS}),
        *(tag for tag in found["images"] if tag.rpartition(":")[2] not in slugs),
        *_files(installation),
        *(str(path) for path in installation.temporary.iterdir()),
    ]


def _is_known(volume: str, apps: set[str]) -> bool:
    return volume in SHARED or any(volume.startswith(f"cache-{app}.") for app in apps)


def _files(installation: Installation) -> list[str]:
    """Files in the storages that no row names, half-written ones among them."""
    known = [row[0] for row in installation.rows(KEYS) if row[0]]
    paths = [path for path in (installation.data / "storage").rglob("*") if path.is_file()]
    return [str(path) for path in paths if not any(key in str(path) for key in known)]
