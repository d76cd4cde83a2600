"""In a language in which every text stands between brackets, the rest of a page is what people entered."""

import gettext
import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management import get_commands, load_command_class
from django.db import models
from django.urls import reverse
from django.utils.translation import trans_real
from pytest_django.plugin import DjangoDbBlocker

from runtimes import addresses, pages
from runtimes.engine import references
from runtimes.engine.base import EngineError, Login
from tests.console import factories as make
from tests.console.test_access import PEOPLE, QUERY, ROUTES, World, arguments, browser, session_of
from tests.console.test_translations import THE_SAME_EVERYWHERE, Texts
from tests.doubles import undone

pytestmark = pytest.mark.thorough

# A word as sentences have it: no key, no host, no number.
WORD = re.compile(r"[A-Za-z][a-z'-]+[.:;!?…]?")

# What is typed, for example; and what comes with the platform under a name.
SAMPLES = {"http:", "https:", "backend", "heroku", "registry", "ruby", "django-vue", "flask"}

# The options of every command, which Django describes.
DJANGOS = {
    "help",
    "version",
    "verbosity",
    "settings",
    "pythonpath",
    "traceback",
    "no_color",
    "force_color",
    "skip_checks",
}


class Bracketed(gettext.NullTranslations):
    """A language made of brackets."""

    def gettext(self, message: str) -> str:
        return f"⟦{message.rpartition(trans_real.CONTEXT_SEPARATOR)[2]}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)

    def to_language(self) -> str:
        return "en"


@pytest.fixture
def bracketed() -> Iterator[None]:
    """Everything is said in it."""
    trans_real._active.value = Bracketed()  # type: ignore[attr-defined]
    yield
    del trans_real._active.value  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with django_db_blocker.unblock(), undone():
        app = make.app("shop", make.people())
        app.environments.create(name="staging", protection="admin")
        app.config_vars.create(key="TOKEN", value="hidden-value")
        make.deploy(app, "live")
        make.deploy(app, "failed", failure="It broke.")
        make.deploy(app, "live")
        make.deploy(app, "building", by=make.known("root"))
        make.instances(app, "web", ["up", "crashed"])
        make.domains(app)
        make.run(app, "python manage.py migrate")
        make.shell(app, make.known("root"))
        yield World(arguments(), {person: session_of(person) for person in PEOPLE if person})


def entered() -> set[str]:
    """Every text that is in the database."""
    found = set()
    for model in apps.get_models():
        names = [each.name for each in model._meta.fields if isinstance(each, models.CharField | models.TextField)]
        for row in model._default_manager.values_list(*names) if names else ():
            found |= {text.strip() for text in row if isinstance(text, str)}
    return found


def outside(page: str, known: set[str]) -> list[str]:
    """The words of a page that stand between no brackets and were not entered."""
    texts = Texts()
    texts.feed(page.replace("<wbr>", ""))
    text = html.unescape("\n".join(texts.found))
    while text != (text := re.sub(r"⟦[^⟦⟧]*⟧", "", text)):
        pass
    for name in (each for each in known if " " in each):
        text = text.replace(name, "")
    words = re.split(r"[\s,()/·]+", THE_SAME_EVERYWHERE.sub("", text))
    return [word for word in words if WORD.fullmatch(word) and word not in known]


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_a_page_says_nothing_that_is_not_translated(name: str, world: World, db: None, bracketed: None) -> None:
    address = reverse(name, args=[world.keys.get(arg, arg) for arg in ROUTES[name].args]) + QUERY.get(name, "")
    root, known = browser("root", world), entered()
    answer: Any = root.get(address) if ROUTES[name].method == "get" else root.post(address, follow=True)
    if answer.headers["Content-Type"].startswith("text/html") and not answer.streaming:
        assert outside(answer.content.decode(), known | SAMPLES) == []


@pytest.mark.parametrize(
    "error",
    [
        references.missing("shop:1", "host"),
        references.refused("shop:1", "host", Login("ana", "x")),
        references.refused("shop:1", "host", None),
        references.unreachable("host", "dial tcp"),
        references.foreign("shop:1", ["linux/arm64"], "linux/amd64"),
    ],
    ids=str,
)
def test_an_engine_that_knows_no_django_is_heard_in_the_language_of_who_hears_it(
    error: EngineError, bracketed: None
) -> None:
    assert re.fullmatch(r"⟦[^⟦⟧%]+⟧", str(error))


@pytest.mark.parametrize("host", ["127.0.0.1", "169.254.169.254", "localhost", "0.0.0.0", "224.0.0.1"])  # noqa: S104
def test_an_address_that_is_refused_is_refused_in_that_language(host: str, bracketed: None) -> None:
    with pytest.raises(ValidationError) as caught:
        addresses.check_host(host)
    (said,) = caught.value.messages
    assert re.fullmatch(r"⟦[^⟦⟧%]+⟧", said)
    assert host in said


@pytest.mark.parametrize("page", [pages.unknown, pages.stopped, pages.maintenance, pages.silent])
def test_the_routers_own_pages_are_in_the_language_of_the_installation(page: Any, bracketed: None) -> None:
    assert outside(page()["handle"][0]["body"], {"Slipway"}) == []


OURS = sorted(name for name, package in get_commands().items() if package == "console")


@pytest.mark.parametrize("name", OURS)
def test_a_commands_help_is_in_that_language(name: str, bracketed: None) -> None:
    parser = load_command_class("console", name).create_parser("manage.py", name)
    ours = [each.help for each in parser._actions if each.help and each.dest not in DJANGOS]
    assert all(re.fullmatch(r"⟦[^⟦⟧]+⟧", text) for text in [parser.description or "", *ours])
