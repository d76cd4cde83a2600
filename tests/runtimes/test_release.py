"""Releases without a build: what a way back and a promotion bring, and what they leave as it is."""

import pytest
from django.core.exceptions import ValidationError

from runtimes import carry_out
from runtimes.config import set_vars
from runtimes.engine.fake import FakeEngine
from runtimes.models import Environment, Release
from runtimes.release import change_config, possible_rollbacks, promote, roll_back
from tests import factories as make
from tests.doubles import queued

pytestmark = pytest.mark.usefixtures("shared_db", "quick")


@pytest.fixture
def environment(shared_db: None, engine: FakeEngine) -> Environment:
    """v1 served with another config, command and port than v2, which serves now."""
    made = make.app().production
    set_vars(made.app, {"COLOUR": "blue", "FOR": "all"})
    set_vars(made.app, {"COLOUR": "green"}, made)
    old = {"config": {"COLOUR": "red", "OLD": "1"}, "port": 8000, "release_command": "true"}
    make.release(made, "retired", make.slug(made.app, {"web": "serve", "clock": "sleep infinity"}), **old)
    make.release(made, "live", config={"COLOUR": "green", "FOR": "all"})
    return made


def served(release: Release) -> Release:
    """The release, when the controller has carried it out."""
    assert queued() == [("runtimes.tasks.carry_out", [release.pk])]
    carry_out.carry_out(release, "worker")
    release.refresh_from_db()
    assert release.state == "live", release.failure
    return release


def test_the_way_back_is_a_new_release_of_all_that_the_old_one_had(environment: Environment) -> None:
    old = environment.releases.get(number=1)
    back = served(roll_back(old))
    assert (back.version, back.kind, back.origin, back.description) == ("v3", "rollback", old, "Rolled back to v1")
    assert (back.slug, back.config, back.commands) == (old.slug, {"COLOUR": "red", "OLD": "1"}, old.commands)
    assert (back.port, back.release_command) == (8000, "true")
    assert [release.state for release in environment.releases.order_by("number")] == ["retired", "retired", "live"]
    assert dict(environment.app.config_vars.filter(environment=environment).values_list("key", "pk")).keys() == {
        "COLOUR"
    }, "What is set is left as it is."


def test_the_way_back_may_keep_the_config_as_it_is_set_now(environment: Environment) -> None:
    old = environment.releases.get(number=1)
    back = served(roll_back(old, current_config=True))
    assert (back.slug, back.config) == (old.slug, {"COLOUR": "green", "FOR": "all"})
    assert back.description == "Rolled back to v1 with the current config"


def test_one_can_go_back_to_what_served_and_runs_no_more_and_to_nothing_else(environment: Environment) -> None:
    make.release(environment, "failed")
    make.release(environment, "canceled")
    assert [release.number for release in possible_rollbacks(environment)] == [1]
    for number in (2, 3, 4):
        with pytest.raises(ValidationError, match=f"v{number} cannot be rolled back to"):
            roll_back(environment.releases.get(number=number))
    assert environment.releases.count() == 4


def test_a_promotion_takes_the_very_same_slug_and_the_config_of_where_it_goes(environment: Environment) -> None:
    staging = environment.app.environments.create(name="staging")
    set_vars(environment.app, {"ONLY": "here"}, staging)
    live = environment.live
    promoted = served(promote(environment, staging))
    assert live
    assert (promoted.version, promoted.kind, promoted.origin, promoted.slug) == ("v1", "promotion", live, live.slug)
    assert promoted.config == {"COLOUR": "blue", "FOR": "all", "ONLY": "here"}
    assert promoted.description == "Promoted from production v2"
    assert environment.live == live
    assert not environment.app.builds.exists()


def test_several_edits_are_one_release_of_the_same_slug(environment: Environment) -> None:
    live = environment.live
    set_vars(environment.app, {"A": "1"}, environment)
    set_vars(environment.app, {"B": "2"})
    assert environment.releases.count() == 2, "Nothing is released by setting."
    changed = served(change_config(environment))
    assert live
    assert (changed.version, changed.kind, changed.slug) == ("v3", "config", live.slug)
    assert changed.config == {"COLOUR": "green", "FOR": "all", "A": "1", "B": "2"}
