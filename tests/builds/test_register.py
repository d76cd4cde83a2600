"""The registry: what an admin may change of it, and what that does to builds."""

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError

from buildpacks import registry
from buildpacks.models import Buildpack
from builds.arrange import arrange
from builds.models import Build
from builds.register import (
    RegistryChanged,
    enable,
    fetch_again,
    fingerprint,
    register,
    reorder,
    set_environment,
    unregister,
    used_by,
)
from runtimes.models import App, Journal
from tests.builder import Builder
from tests.doubles import queued


def names() -> list[str]:
    """What detection tries, in its order."""
    return [each.name for each in registry.usable()]


def test_the_global_order_is_what_detection_tries(shared_db: None) -> None:
    registry.sync()
    reorder([*reversed(registry.BUNDLED)])
    assert names() == [*reversed(registry.BUNDLED)]


def test_an_order_drawn_before_somebody_elses_change_is_refused(shared_db: None) -> None:
    registry.sync()
    seen = fingerprint()
    reorder([*reversed(registry.BUNDLED)])
    with pytest.raises(RegistryChanged):
        reorder(registry.BUNDLED, seen=seen)
    with pytest.raises(RegistryChanged):
        reorder(registry.BUNDLED[1:])
    assert names() == [*reversed(registry.BUNDLED)]


def test_a_disabled_buildpack_is_tried_no_more(shared_db: None) -> None:
    registry.sync()
    enable(Buildpack.objects.get(name="nodejs"), on=False)
    assert "nodejs" not in names()
    enable(Buildpack.objects.get(name="nodejs"), on=True)
    assert "nodejs" in names()


def test_a_build_that_lists_a_disabled_buildpack_says_so(app: App, deployed: Callable[[], Journal]) -> None:
    arrange(app, ["procfile"])
    enable(Buildpack.objects.get(name="procfile"), on=False)
    assert Build.objects.get(journal=deployed()).failure_reason == "buildpack-gone"


def test_an_admins_settings_reach_that_buildpack(app: App, deployed: Callable[[], Journal], builder: Builder) -> None:
    set_environment(Buildpack.objects.get(name="procfile"), {"MIRROR": "https://mirror.example/x?a=b"})
    deployed()
    assert builder.orders[0]["buildpacks"][0]["env"] == {"MIRROR": "https://mirror.example/x?a=b"}


@pytest.mark.parametrize("values", [{"PATH": "/x"}, {"A-B": "x"}, {"1A": "x"}, {"A": "one\ntwo"}, {"A": "\0"}])
def test_settings_that_cannot_be_are_refused(shared_db: None, values: dict[str, str]) -> None:
    registry.sync()
    with pytest.raises(ValidationError):
        set_environment(Buildpack.objects.get(name="python"), values)
    assert Buildpack.objects.get(name="python").environment == {}


@pytest.mark.parametrize(
    ("kind", "url", "pin"),
    [
        (Buildpack.Kind.GIT, "https://127.0.0.1/mine.git", "a" * 40),
        (Buildpack.Kind.TARBALL, "https://169.254.169.254/mine.tgz", "a" * 64),
    ],
)
def test_an_address_of_the_platform_itself_is_refused(shared_db: None, kind: str, url: str, pin: str) -> None:
    with pytest.raises(ValidationError, match="Nothing is fetched from there") as caught:
        register("mine", kind, url=url, pin=pin)
    assert list(caught.value.message_dict) == ["url"]


def test_what_could_not_be_fetched_is_fetched_again_with_the_same_pin(shared_db: None) -> None:
    mine = register("mine", Buildpack.Kind.GIT, url="https://git.example/mine.git", pin="a" * 40)
    with pytest.raises(ValidationError, match="nothing to fetch"):
        fetch_again(mine)
    mine.problem = "Nobody answers."
    queued()
    fetch_again(mine)
    assert queued() == [("builds.tasks.obtain_buildpack", [mine.pk, ""])]
    assert (Buildpack.objects.get(name="mine").problem, mine.pin) == ("", "a" * 40)


def test_a_buildpack_in_use_stays_and_so_does_a_bundled_one(app: App) -> None:
    mine = register("mine", Buildpack.Kind.GIT, url="https://git.example/mine.git", pin="a" * 40)
    Buildpack.objects.filter(pk=mine.pk).update(archive="mine/x")
    arrange(app, ["mine"])
    assert used_by(mine) == ["shop"]
    with pytest.raises(ValidationError, match="mine is used by shop"):
        unregister(mine)
    with pytest.raises(ValidationError, match="Disable it instead"):
        unregister(Buildpack.objects.get(name="procfile"))
    arrange(app, [])
    unregister(Buildpack.objects.get(name="mine"))
    assert not Buildpack.objects.filter(name="mine").exists()
