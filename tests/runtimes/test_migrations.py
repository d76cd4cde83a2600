"""The database of an earlier version, with rows in it, goes forward."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from runtimes.models import Image, Release
from tests import factories as make

pytestmark = [pytest.mark.usefixtures("shared_db"), pytest.mark.thorough]


def at(name: str) -> Any:
    """Bring the tables of runtimes to a migration; return the models as they are there."""
    target = [("runtimes", name)]
    MigrationExecutor(connection).migrate(target)
    return MigrationExecutor(connection).loader.project_state(target).apps


def test_releases_of_slugs_stay_what_they_are_when_images_come() -> None:
    before = make.release(make.app().production, commands={"web": "serve"})
    old = at("0010_environment_protection").get_model("runtimes", "Release").objects.get()
    assert not hasattr(old, "image_id")
    MigrationExecutor(connection).migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())
    after = Release.objects.get()
    assert (after.slug, after.image, after.port, after.commands) == (before.slug, None, 5000, {"web": "serve"})


@pytest.mark.parametrize("both", [True, False])
def test_a_release_runs_either_a_slug_or_an_image(both: bool) -> None:
    release = make.release(make.app().production)
    image = Image.objects.create(app=release.environment.app, reference="shop:1", digest="sha256:0", size=1)
    wrong = {"image": image} if both else {"slug": None}
    with pytest.raises(IntegrityError, match="either_slug_or_image"), transaction.atomic():
        Release.objects.filter(pk=release.pk).update(**wrong)
    assert Release.objects.filter(pk=release.pk).update(slug=None, image=image)
