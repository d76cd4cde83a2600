"""Adopting images that others made: with our driver, our entry and our directories they are a stack.

What is put in comes out of the platform's own images, so it is always what `make images` made last.
"""

import hashlib
import io
import logging
import tarfile
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import IO

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from builds import archives, cache, driver, stacks
from builds.faults import BuildFailed
from runtimes import addresses, bell
from runtimes.engine.base import EngineError, EngineUnreachable, Job, JobSpec
from runtimes.faults import Fault
from runtimes.installation import engine
from runtimes.models import Stack
from runtimes.orders import order

log = logging.getLogger(__name__)

HERE = Path(__file__).resolve().parent
PREFIX = "stack-"
RUN_ENTRY = "/usr/local/bin/slipway-run"
CHUNK_BYTES = 1024 * 1024

# What the driver and the bundled buildpacks run; docs/buildpacks.md says the same to people.
_TOOLS = "find sort grep sed tar zstd git jq diff iconv python3 ps timeout stat tee sha256sum dpkg curl xz"
BUILD_TOOLS = tuple(_TOOLS.split())
RUN_TOOLS = ("env", "dpkg")

# Of our build image; the last ones are what a bare image cannot be expected to have.
BUILD_FILES = (
    str(PurePosixPath(driver.COMMAND).parent),
    "/usr/local/bin/uv",
    "/usr/local/share/slipway/npm-registry",
    "/usr/lib/python3/dist-packages/yaml",
)
# Of their run image: the apt buildpack fetches what instances lack, so builds have to know what they have.
RUN_PACKAGES = "/var/lib/dpkg/status"
SOURCES = "/etc/apt/sources.list"
MOVED = {
    "/usr/lib/python3/dist-packages/yaml": "/usr/local/lib/slipway/python/yaml",
    RUN_PACKAGES: "/usr/local/share/slipway/run-packages",
}
CHECK = 'for tool in "$@"; do command -v "${tool}" >/dev/null || printf "%s\\n" "${tool}"; done'


def adopt(stack: Stack) -> None:
    """Make the stack's images; what goes wrong is written down as its `problem`, and earlier images stay."""
    facts = {"recipe": recipe()}
    try:
        facts |= {"build_image": _build_image(stack), "run_image": _run_image(stack), "problem": ""}
    except Fault as fault:
        facts["problem"] = fault.message[:500]
    except (EngineError, OSError) as error:
        facts["problem"] = (_("The platform failed: %(why)s") % {"why": error})[:500]
        raise
    finally:
        if not Stack.objects.filter(pk=stack.pk).update(**facts):
            drop(stack.name)
        bell.ring(stacks.TOPIC)


def drop(name: str) -> None:
    """Remove the images that were made for a stack that is gone."""
    for kind in ("build", "run"):
        engine().remove_image(_name(name, kind))


def forget(name: str) -> None:
    """Remove the images of a stack and what builds with it left, unless there is one of that name."""
    if not Stack.objects.filter(name=name).exists():
        drop(name)
        cache.forget(name)


def sweep() -> None:
    """The same for all that are gone: no worker may have heard of it when they were removed."""
    for name in sorted({image.removeprefix(PREFIX).partition(":")[0] for image in engine().derived()}):
        try:
            forget(name)
        except EngineUnreachable:
            raise
        except EngineError as error:  # somebody has a container of it
            log.warning("The images of the stack %s, which is gone, stay for now: %s", name, error)


def refresh() -> None:
    """Have those adopted again that were made with other files than this version's."""
    for stack in Stack.objects.exclude(build_from="").exclude(recipe__in=("", recipe())):
        order("builds.tasks.adopt_stack", stack.pk)


@lru_cache
def recipe() -> str:
    """What tells one state of our files from another."""
    digest = hashlib.sha256()
    for path in sorted(path for path in (HERE / "image").rglob("*") if path.is_file()):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _name(stack: str, kind: str) -> str:
    return f"{PREFIX}{stack}:{kind}"


def _build_image(stack: Stack) -> str:
    image, ours = stack.build_from, _ours()
    _check(image, BUILD_TOOLS)
    _check(stack.run_from, RUN_TOOLS)
    with tempfile.TemporaryFile() as spool, tarfile.open(fileobj=spool, mode="w") as tar:
        _add_home(tar, image, "slipway")
        _add_sources(tar, image)
        with _idle(stack.run_from) as job:
            _copy(job, RUN_PACKAGES, tar)
        with _idle(ours.build_image) as job:
            for path in BUILD_FILES:
                _copy(job, path, tar)
        tar.close()
        return engine().derive(_name(stack.name, "build"), image, _pieces(spool))


def _run_image(stack: Stack) -> str:
    image, ours = stack.run_from, _ours()
    with tempfile.TemporaryFile() as spool, tarfile.open(fileobj=spool, mode="w") as tar:
        _add_home(tar, image)
        with _idle(ours.run_image) as job:
            _copy(job, RUN_ENTRY, tar)
        tar.close()
        return engine().derive(_name(stack.name, "run"), image, _pieces(spool))


def _ours() -> Stack:
    return Stack.objects.filter(build_from="").earliest("pk")


def _check(image: str, tools: Iterable[str]) -> None:
    """Have the image here; raise `BuildFailed` if it cannot be, or lacks what is needed."""
    try:
        addresses.check_image(image)
        engine().pull(image)
    except ValidationError as error:
        raise BuildFailed("address-refused", " ".join(error.messages)) from None
    except EngineUnreachable:
        raise
    except EngineError as error:
        raise BuildFailed(
            "image-unreachable",
            _("%(image)s is not on this machine and cannot be fetched. %(why)s") % {"image": image, "why": error},
        ) from None
    with _job(image, "bash", "-c", CHECK, "check", *tools) as job:
        said = b"".join(job.output()).decode(errors="replace").split()
        if job.wait().code:
            raise BuildFailed(
                "image-unusable",
                _("%(image)s cannot be used: it has no bash, or it does not start.") % {"image": image},
            )
    if said:
        raise BuildFailed(
            "image-unusable",
            _("%(image)s lacks what builds need: %(said)s.") % {"image": image, "said": ", ".join(said)},
        )


def _idle(image: str) -> AbstractContextManager[Job]:
    """A container to read files out of."""
    return _job(image, "true")


def _job(image: str, *command: str) -> AbstractContextManager[Job]:
    return engine().job(JobSpec(name=f"adopt-{uuid.uuid4().hex[:8]}", image=image, command=command))


def _add_home(tar: tarfile.TarFile, image: str, *directories: str) -> None:
    """The user 1000 if nobody has the number, and the directories that belong to it."""
    with _idle(image) as job:
        _add_line(tar, job, "/etc/passwd", "slipway:x:1000:1000::/app:/bin/bash")
        _add_line(tar, job, "/etc/group", "slipway:x:1000:")
    for name in ("app", *directories):
        info = tarfile.TarInfo(name)
        info.type, info.mode, info.uid, info.gid = tarfile.DIRTYPE, 0o755, archives.OWNER, archives.OWNER
        tar.addfile(info)


def _add_sources(tar: tarfile.TarFile, image: str) -> None:
    """An empty list of package sources where there is none: newer images write them in another form only."""
    with _job(image, "test", "-e", SOURCES) as job:
        lacking = not b"".join(job.output()) and job.wait().code
    if lacking:
        tar.addfile(tarfile.TarInfo(SOURCES.lstrip("/")))


def _add_line(tar: tarfile.TarFile, job: Job, path: str, line: str) -> None:
    """Write an account file with one line more, unless it knows the number 1000."""
    with _opened(job, path) as found:
        info = found.next()
        content = found.extractfile(info) if info else None
        text = content.read().decode(errors="replace") if content else ""
    if any(each.split(":")[2:3] == ["1000"] for each in text.splitlines()):
        return
    data = f"{text.rstrip()}\n{line}\n".lstrip().encode()
    made = tarfile.TarInfo(path.lstrip("/"))
    made.size, made.mode = len(data), 0o644
    tar.addfile(made, io.BytesIO(data))


def _copy(job: Job, path: str, tar: tarfile.TarFile) -> None:
    """Take over the file or directory at `path`, as root's."""
    top = PurePosixPath(path)
    place = PurePosixPath(MOVED.get(path, path))
    with _opened(job, path) as found:
        for member in found:
            inside = PurePosixPath(member.name).relative_to(top.name)
            member.name = str(place / inside).lstrip("/")
            member.uid = member.gid = 0
            tar.addfile(member, found.extractfile(member) if member.isreg() else None)


def _opened(job: Job, path: str) -> tarfile.TarFile:
    return tarfile.open(fileobj=io.BufferedReader(archives.Stream(job.read(path))), mode="r|")


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(CHUNK_BYTES):
        yield chunk
