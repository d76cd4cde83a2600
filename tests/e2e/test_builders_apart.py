"""Builders of different apps run beside each other and do not reach each other."""

import time

import pytest

from tests.e2e.installation import Installation
from tests.e2e.person import Person
from tests.e2e.sources import archive, pages

pytestmark = [pytest.mark.docker, pytest.mark.e2e]

LISTENS = """#!/bin/bash
python3 -m http.server 5000 &
until curl --silent --output /dev/null "$(hostname -i):5000"; do sleep 0.1; done
echo "Listening at $(hostname -i)."
exec sleep 600
"""
KNOCKS = """#!/bin/bash
python3 -m http.server 5000 &
until curl --silent --output /dev/null "$(hostname -i):5000"; do sleep 0.1; done
echo "My own is open."
curl --silent --max-time 3 --output /dev/null "$(<"$ENV_DIR/NEIGHBOUR"):5000" && echo 'Reached.' || echo 'Not reached.'
kill %1
"""
SECONDS = 120


def test_a_builder_does_not_reach_the_builder_of_another_app(installation: Installation, admin: Person) -> None:
    number = admin.create_and_deploy("neighbour", archive(pages("Never") | {"bin/pre-compile": LISTENS}))
    try:
        address = _address(admin, number)
        admin.create("knocker", archive(pages("Knocked") | {"bin/pre-compile": KNOCKS}))
        admin.set_config("knocker", "NEIGHBOUR", address)
        outcome = admin.wait("knocker", admin.deploy("knocker"))
    finally:
        admin.cancel("neighbour", number)
    assert outcome.state == "live", outcome.log
    said = [line.strip() for line in outcome.lines if line.strip() in ("My own is open.", "Reached.", "Not reached.")]
    assert said == ["My own is open.", "Not reached."]
    assert admin.wait("neighbour", number).state == "canceled"


def _address(admin: Person, number: int) -> str:
    """Where the neighbour's builder listens, as it says itself."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        for _, _, text in admin.lines("neighbour", number):
            if "Listening at " in text:
                return text.rpartition("Listening at ")[2].rstrip(".")
        time.sleep(0.2)
    raise AssertionError("The neighbour does not listen.")
