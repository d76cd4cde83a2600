"""What the driver in the builder is told, and what it finds there. Its answer comes by `builds.channel`."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.conf import settings

from buildpacks import fetch as buildpack_files
from buildpacks import registry
from buildpacks.models import Buildpack
from builds.uploads import bundle, ca_bundle, together
from runtimes.engine.base import Upload
from runtimes.models import App, ConfigVar

COMMAND = "/usr/local/lib/slipway/build"


def uploads(app: App, facts: Mapping[str, Any], buildpacks: Sequence[Buildpack], nonce: str) -> Iterator[Upload]:
    """The order, the config vars as files, and a fresh copy of each buildpack.

    `facts` are the order's `id`, whether it is `automatic`, and further fields of it. The driver
    forgets the nonce before it runs anything.
    """
    places = [f"/slipway/buildpacks/{index}-{buildpack.name}" for index, buildpack in enumerate(buildpacks)]
    listed = [
        {
            "name": each.name,
            "version": registry.version(each),
            "url": each.url,
            "dir": place,
            "env": each.environment,
        }
        for each, place in zip(buildpacks, places, strict=True)
    ]
    order = {
        "channel": nonce,
        "stack": app.stack.identifier,
        "source_version": "",
        "request_id": f"build-{facts['id']}",
        "buildpacks": listed,
        "limits": {"slug_bytes": settings.SLUG_BYTES},
        "environment": settings.BUILD_ENVIRONMENT,
        **facts,
    }
    parts = {
        "": bundle({"build.json": json.dumps(order), **ca_bundle()}),
        "env": bundle(ConfigVar.objects.for_build(app)),
        **{
            place.removeprefix("/slipway/"): buildpack_files.tar(buildpack)
            for buildpack, place in zip(buildpacks, places, strict=True)
        },
    }
    yield Upload("/slipway", together(parts))
