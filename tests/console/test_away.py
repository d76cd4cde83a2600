"""While no worker can be reached, a page does not say that what only a worker does is done."""

from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client

from console.models import Activity
from runtimes.models import App
from runtimes.orders import AWAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_broker")]


@pytest.mark.parametrize("address", ["/apps/shop/buildpacks/forget", "/admin/limits/clean-up"])
def test_what_nobody_hears_is_not_said_to_be_done(app: App, signed_in: Callable[[str], Client], address: str) -> None:
    page = unescape(signed_in("root").post(address, follow=True).content.decode())
    assert f"{AWAY} Nothing was begun: try again later." in page
    assert "is being" not in page
    assert Activity.objects.count() == 0
