"""Remote buildpacks: fetched once, verified, kept as they were."""

import gzip
import hashlib
import tarfile
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from pytest_django import Settings

from buildpacks import fetch, registry
from buildpacks.models import Buildpack
from builds import git
from builds.obtain import obtain
from runtimes import address_rules
from runtimes.engine.base import EngineError
from runtimes.engine.fake import FakeEngine
from runtimes.engine.fake_process import Process
from tests.builder import Git
from tests.builds.tars import contents, entry, file, tar

pytestmark = pytest.mark.usefixtures("shared_db", "quick")
SCRIPTS = {"bin/detect": b"#!/bin/sh\necho hello\n", "bin/compile": b"#!/bin/sh\n"}
TARBALL = gzip.compress(tar(*(file(f"hello-1.0/{name}", content) for name, content in SCRIPTS.items())), mtime=0)
SUM = hashlib.sha256(TARBALL).hexdigest()
COMMIT = f"{7:040}"
URL = "https://host.example/hello"


def listed(kind: str, **facts: Any) -> Buildpack:
    return Buildpack.objects.create(name="hello", kind=kind, url="" if kind == "upload" else URL, **facts)


class Download:
    """The script that downloads: gives a tarball, or ends as curl does when it cannot."""

    def __init__(self, engine: FakeEngine, data: bytes, code: int = 0) -> None:
        self.data, self.code = data, code
        self.asked: list[tuple[str, ...]] = []
        engine.world.programs["/slipway/bin/download"] = self

    def __call__(self, process: Process) -> int:
        self.asked.append(process.argv)
        if self.code:
            process.complain("curl: (22) The requested URL returned error: 404")
            return self.code
        process.files.write("/slipway/tarball", self.data)
        return 0


def test_one_that_was_removed_while_it_came_leaves_nothing(engine: FakeEngine) -> None:
    buildpack = listed("tarball", pin=SUM)
    download = Download(engine, TARBALL)

    def removed_meanwhile(process: Process) -> int:
        Buildpack.objects.filter(pk=buildpack.pk).delete()
        return download(process)

    engine.world.programs["/slipway/bin/download"] = removed_meanwhile
    obtain(buildpack)
    assert not Buildpack.objects.filter(name="hello").exists()
    assert storages["buildpacks"].listdir("hello")[1] == []


def refused(buildpack: Buildpack, upload: str = "") -> str:
    """Why it was not taken; then nothing of it is there."""
    obtain(buildpack, upload)
    buildpack.refresh_from_db()
    assert not buildpack.is_ready
    assert registry.find(["hello"]) == []
    assert [name for name in storages["buildpacks"].listdir("")[0] if name == "hello"] == []
    return buildpack.problem


def test_a_tarball_is_verified_kept_and_unwrapped(engine: FakeEngine) -> None:
    download = Download(engine, TARBALL)
    buildpack = listed("tarball", pin=SUM)
    obtain(buildpack)
    assert (buildpack.is_ready, buildpack.problem) == (True, "")
    assert contents(b"".join(fetch.tar(buildpack))) == SCRIPTS
    assert download.asked[0][:2] == ("/slipway/bin/download", URL)
    assert engine.observe({"slipway.kind": "job"}) == []


def test_a_tarball_with_another_sum_is_refused(engine: FakeEngine) -> None:
    Download(engine, TARBALL + b"changed")
    assert "not the pinned" in refused(listed("tarball", pin=SUM))


def test_a_tarball_that_cannot_be_had_says_what_curl_said(engine: FakeEngine) -> None:
    Download(engine, b"", code=22)
    assert "returned error: 404" in refused(listed("tarball", pin=SUM))


def test_a_commit_is_fetched_and_kept(engine: FakeEngine) -> None:
    asked = Git(files=SCRIPTS).install(engine).asked
    buildpack = listed("git", pin=COMMIT)
    obtain(buildpack)
    assert buildpack.is_ready
    assert contents(b"".join(fetch.tar(buildpack))) == SCRIPTS
    assert asked == [("/slipway/bin/fetch", URL, COMMIT)]


def test_another_commit_than_the_pinned_one_is_refused(engine: FakeEngine) -> None:
    Git(files=SCRIPTS).install(engine)
    assert "another commit" in refused(listed("git", pin="a" * 40))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (git.NOT_FOUND, "There is no repository at"),
        (git.NEEDS_LOGIN, "Fetch it yourself and upload it as an archive"),
        (git.REF_MISSING, "There is no branch, tag or full commit"),
        (git.MOVED, "has moved. Add it with its new address"),
        (address_rules.UNREACHABLE, "cannot be fetched: remote: hello"),
        (address_rules.REFUSED, "cannot be fetched: remote: hello"),
    ],
)
def test_a_repository_that_cannot_be_fetched_says_why_in_words_for_the_registry(
    engine: FakeEngine, code: int, said: str
) -> None:
    Git(code).install(engine)
    problem = refused(listed("git", pin=COMMIT))
    assert said in problem
    assert "settings" not in problem  # those of an app, which nobody is looking at here
    assert "above" not in problem  # nothing stands above it


def test_an_upload_is_pinned_by_its_sum_and_its_raw_file_removed(engine: FakeEngine) -> None:
    key = storages["buildpacks"].save("uploads/1", ContentFile(TARBALL))
    buildpack = listed("upload")
    obtain(buildpack, key)
    assert (buildpack.is_ready, buildpack.pin) == (True, SUM)
    assert not storages["buildpacks"].exists(key)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"no archive", "cannot be read"),
        (TARBALL[:60], "cannot be read"),
        (tar(file("bin/compile")), "bin/detect"),
        (tar(file("bin/detect"), file("README")), "bin/compile"),
        (tar(file("deep/bin/detect"), file("deep/bin/compile"), file("README")), "bin/detect"),
        (tar(file("bin/detect"), file("bin/compile"), file("../escape")), "leaves its tree"),
        (tar(file("bin/detect"), file("bin/compile"), entry("pipe", tarfile.FIFOTYPE)), "pipe"),
    ],
)
def test_an_upload_that_is_no_buildpack_or_unsafe_is_refused(engine: FakeEngine, data: bytes, said: str) -> None:
    key = storages["buildpacks"].save("uploads/1", ContentFile(data))
    assert said in refused(listed("upload"), key)
    assert not storages["buildpacks"].exists(key)


def test_a_download_that_hangs_is_ended(engine: FakeEngine, settings: Settings) -> None:
    settings.FETCH_TIMEOUT = 0

    def hang(process: Process) -> int:
        process.sleep(3600)
        return 0

    engine.world.programs["/slipway/bin/download"] = hang
    assert "took longer" in refused(listed("tarball", pin=SUM))
    assert engine.observe({"slipway.kind": "job"}) == []


def test_the_platforms_fault_is_written_down_and_raised(engine: FakeEngine) -> None:
    buildpack = listed("tarball", pin=SUM)
    engine.world.away = True
    with pytest.raises(EngineError):
        obtain(buildpack)
    buildpack.refresh_from_db()
    assert buildpack.problem.startswith("The platform failed")


def test_whatever_goes_wrong_somebody_who_waits_is_told(engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    buildpack = listed("tarball", pin=SUM)

    def broken(*_: object) -> int:
        raise ZeroDivisionError

    Download(engine, TARBALL)
    monkeypatch.setattr(storages["buildpacks"], "_save", broken)
    with pytest.raises(ZeroDivisionError):
        obtain(buildpack)
    buildpack.refresh_from_db()
    assert buildpack.problem.startswith("The platform failed")


def test_what_the_registry_brings_is_listed_once_and_changes_of_an_admin_stay() -> None:
    registry.sync()
    names = [buildpack.name for buildpack in registry.usable()]
    assert names[:3] == ["apt", "nodejs", "python"]
    Buildpack.objects.filter(name="apt").update(enabled=False, position=99)
    registry.sync()
    assert "apt" not in [buildpack.name for buildpack in registry.usable()]
    assert Buildpack.objects.get(name="apt").position == 99
    assert Buildpack.objects.count() == len(names)


def test_a_bundled_buildpack_has_its_scripts_and_a_version_of_its_own() -> None:
    registry.sync()
    versions = set()
    for buildpack in registry.usable():
        plain = b"".join(fetch.tar(buildpack))
        assert {"bin/detect", "bin/compile"} <= contents(plain).keys()
        versions.add(registry.version(buildpack))
    assert len(versions) == Buildpack.objects.count()


def test_a_buildpack_is_found_by_name_in_the_order_asked_for() -> None:
    registry.sync()
    Buildpack.objects.create(name="waiting", kind="git", url=URL, pin=COMMIT)
    assert [each.name for each in registry.find(["python", "waiting", "apt", "unknown"])] == ["python", "apt"]
