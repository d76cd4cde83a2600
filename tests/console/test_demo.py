"""The demonstration fills an empty database, whatever has come to the rows since."""

import pytest

from runtimes.models import App, Journal
from tests.console import demo

pytestmark = pytest.mark.thorough


@pytest.mark.django_db
def test_the_demonstration_makes_apps_with_deploys() -> None:
    demo.fill()
    assert App.objects.count() > 10
    assert Journal.objects.filter(app__name="shop").exists()
