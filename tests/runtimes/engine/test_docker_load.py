"""Both ways in which a slug becomes an image."""

import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from runtimes.engine.base import Engine, EngineError, Exit
from runtimes.engine.docker import DockerEngine
from runtimes.engine.docker_client import DockerClient
from runtimes.engine.docker_load import load
from runtimes.engine.docker_restore import commit, find_image, restore
from tests.runtimes.engine.conftest import IMAGE, job
from tests.runtimes.engine.tars import broken, built_at, folder, link, tar

pytestmark = pytest.mark.docker

Way = Callable[[DockerClient, dict[str, object]], str]
FILES = tar({"page": b"content", "bin/" + "deep/" * 40 + "tool": b"x"}, mode=0o750)
LABELS = {"slipway.kind": "slug"}


def by_layer(client: DockerClient, base: dict[str, object]) -> str:
    return load(client, base, FILES, "/app", {**LABELS, "slipway.installation": client.namespace})


def by_commit(client: DockerClient, base: dict[str, object]) -> str:
    return commit(client, secrets.token_hex(32), base, FILES)


def printed(client: DockerClient, image: str, line: str) -> bytes:
    engine = DockerEngine(client.namespace)
    spec = job("sh", "-c", line)
    with engine.job(type(spec)(name=spec.name, image=image, command=spec.command)) as running:
        output = b"".join(running.output())
        assert running.wait() == Exit(0)
    return output


@pytest.mark.parametrize("way", [by_layer, by_commit])
def test_files_lie_at_app_with_owner_and_mode_and_settings_are_the_bases(docker_client: DockerClient, way: Way) -> None:
    base = find_image(docker_client, IMAGE)
    assert base
    image = way(docker_client, base)
    made = find_image(docker_client, image)
    assert made
    try:
        said = printed(docker_client, image, "stat -c '%n %u:%g %a' /app /app/page; find /app -type f; touch /app/new")
        assert b"/app 1000:1000 755\n/app/page 1000:1000 750\n" in said
        assert b"/app/bin/" + b"deep/" * 40 + b"tool\n" in said
        assert {key: made["Config"][key] for key in ("Cmd", "Entrypoint", "Env", "User", "WorkingDir")} == {
            key: base["Config"][key] for key in ("Cmd", "Entrypoint", "Env", "User", "WorkingDir")
        }
        assert made["Config"]["Labels"].items() >= LABELS.items()
    finally:
        docker_client.quick.remove_image(image)


def test_what_was_installed_is_one_layer_for_all_builds_that_need_the_same(docker_client: DockerClient) -> None:
    base = find_image(docker_client, IMAGE)
    assert base
    crossing = folder("./bin", mode=0o711, uid=1000, gid=1000), link("./bin/django.py", "./.heroku/python/django.py")
    labels = {**LABELS, "slipway.installation": docker_client.namespace}
    images = [load(docker_client, base, [built_at(moment, *crossing)], "/app", labels) for moment in (7, 8)]
    try:
        (*before, first), (*after, second) = (_layers(docker_client, image) for image in images)
        assert before == after != base["RootFS"]["Layers"]
        assert first != second
        docker_client.quick.remove_image(images.pop(0))
        look = "cd /app; stat -c '%n %u:%g %a %Y' .heroku .heroku/python bin; cat bin/*"
        said = printed(docker_client, images[0], look)
        assert said == b".heroku 1000:1000 755 8\n.heroku/python 1000:1000 700 5\nbin 1000:1000 711 0\ndjango"
    finally:
        for image in images:
            docker_client.quick.remove_image(image)


def _layers(client: DockerClient, image: str) -> list[str]:
    found = find_image(client, image)
    assert found
    return list(found["RootFS"]["Layers"])


def test_nothing_is_sent_of_a_slug_that_leads_out_of_its_tree(docker_engine: Engine) -> None:
    with pytest.raises(EngineError, match="leads out"):
        docker_engine.restore(secrets.token_hex(32), IMAGE, tar({"../usr/bin/tool": b""}))


def test_no_temporary_file_stays(docker_client: DockerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(OSError, match="the storage went away"):
        restore(docker_client, secrets.token_hex(32), IMAGE, broken())
    restore(docker_client, secrets.token_hex(32), IMAGE, FILES)
    assert list(tmp_path.iterdir()) == []
