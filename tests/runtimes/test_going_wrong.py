"""What goes wrong with releases and instances, and what goes on all the same."""

from unittest.mock import Mock

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from runtimes import carry_out
from runtimes.attention import look_after
from runtimes.engine.base import EngineError
from runtimes.engine.fake import FakeEngine
from runtimes.faults import PlatformFailed
from runtimes.models import Environment, Release
from runtimes.reconcile import reconcile, settle
from runtimes.release import roll_back
from runtimes.scale import scale
from runtimes.survey import differing
from tests import factories as make
from tests.doubles import routes, together

pytestmark = pytest.mark.usefixtures("shared_db", "quick")


@pytest.fixture
def environment(shared_db: None, engine: FakeEngine) -> Environment:
    return make.app().production


def serve(environment: Environment, *types: str) -> Release:
    """A release with these process types, as the live one, with its instances up."""
    environment.releases.filter(state="live").update(state="retired", ended_at="2026-01-01T00:00Z")
    commands = {name: "serve" if name == "web" else "sleep infinity" for name in types}
    release = make.release(environment, of=make.slug(environment.app, commands))
    bring(environment)
    return release


def bring(environment: Environment) -> None:
    reconcile(environment)
    settle(environment)


def up(environment: Environment) -> list[str]:
    return sorted(each.name for each in environment.instances.filter(state="up"))


def test_a_process_type_that_vanishes_from_the_procfile_ends_and_comes_back_with_its_number(
    environment: Environment,
) -> None:
    serve(environment, "web", "worker")
    environment.processes.filter(name="worker").update(quantity=2)
    bring(environment)
    assert up(environment) == ["web.1", "worker.1", "worker.2"]
    serve(environment, "web")
    assert up(environment) == ["web.1"]
    serve(environment, "web", "worker")
    assert up(environment) == ["web.1", "worker.1", "worker.2"]


def test_instances_go_on_when_their_slug_is_gone_and_a_new_node_says_what_is_missing(
    environment: Environment, engine: FakeEngine
) -> None:
    release = serve(environment, "web")
    before = routes(engine)
    assert release.slug
    with storages["slugs"].open(release.slug.key) as file:
        packed = file.read()
    storages["slugs"].delete(release.slug.key)
    bring(environment)
    assert up(environment) == ["web.1"], "It is restored here."
    engine.world.images = {name: image for name, image in engine.world.images.items() if "/slug:" not in name}
    scale(environment, {"web": 2})
    with pytest.raises(PlatformFailed, match=f"The slug {release.slug.sha256[:12]} cannot be read from the storage"):
        reconcile(environment)
    assert up(environment) == ["web.1"]
    assert routes(engine) == before
    environment.refresh_from_db()
    assert environment.trouble.startswith(f"The slug {release.slug.sha256[:12]} cannot be read from the storage")
    assert differing() == [environment]
    storages["slugs"].save(release.slug.key, ContentFile(packed))
    bring(environment)
    environment.refresh_from_db()
    assert (environment.trouble, up(environment)) == ("", ["web.1", "web.2"])


def test_trouble_with_docker_is_told_until_it_is_over_though_nothing_else_is_wrong(
    environment: Environment, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(environment, "web")
    with monkeypatch.context() as without:
        without.setattr(engine, "observe", Mock(side_effect=EngineError("Docker does not answer.")))
        with pytest.raises(EngineError):
            reconcile(environment)
    environment.refresh_from_db()
    assert environment.trouble == "Docker does not answer."
    assert differing() == [environment]
    look_after()
    environment.refresh_from_db()
    assert (environment.trouble, differing()) == ("", [])


def test_of_two_who_roll_back_at_once_one_does_and_the_other_is_told_why_not(
    environment: Environment, engine: FakeEngine
) -> None:
    old = serve(environment, "web")
    serve(environment, "web")

    def back() -> Release | str:
        try:
            return roll_back(Release.objects.get(pk=old.pk))
        except ValidationError as error:
            return error.messages[0]

    made, said = sorted(together(back, back), key=lambda each: isinstance(each, str))
    assert said == "Another release of this environment is on its way. Wait until it is live."
    assert isinstance(made, Release)
    carry_out.carry_out(made, "worker")
    made.refresh_from_db()
    assert (made.state, made.number, made.slug) == ("live", 3, old.slug)
    assert environment.releases.count() == 3


def test_an_app_that_ignores_sigterm_is_ended_after_its_grace(environment: Environment, engine: FakeEngine) -> None:
    deaf = make.slug(environment.app, {"web": "trap '' TERM; exec serve"})
    make.release(environment, of=deaf)
    environment.processes.update(grace=1)
    bring(environment)
    scale(environment, {"web": 0})
    reconcile(environment)
    assert up(environment) == []
    assert engine.observe({"slipway.kind": "instance"}) == []


def test_scaled_to_nothing_the_release_is_live_and_visitors_get_a_page(
    environment: Environment, engine: FakeEngine
) -> None:
    release = serve(environment, "web")
    scale(environment, {"web": 0})
    reconcile(environment)
    assert environment.live == release
    assert routes(engine) == {"shop.localhost": []}
