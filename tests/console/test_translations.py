"""All texts that people read on a page go through gettext."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*.html"))
# What a translator would leave as it is: our name, and examples of what is typed.
THE_SAME_EVERYWHERE = re.compile(r"\b(python manage\.py migrate|Slipway|HEAD|staging|STACK|MB)\b")
# Attributes that are read, aloud or by eye.
READ = {"title", "alt", "placeholder", "aria-label", "aria-description", "label", "summary"}
READ_FROM_DATA = re.compile(r"data-(confirm|sure|label|lost|signed|sign|forbidden|gone|text|word|say|copied)[a-z-]*")
TRANSLATED = re.compile(r"{% *blocktranslate\b.*?{% *endblocktranslate *%}", re.DOTALL)
# Blocks of the frame that stand inside of a tag: attributes, a class, an address.
IN_A_TAG = re.compile(r"{% block (body|wide|icon) %}.*?{% endblock %}", re.DOTALL)
TAGS = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)
NO_TEXT = {"script", "style", "code", "kbd", "svg"}


class Texts(HTMLParser):
    """Collects what people read of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Attributes that are read; and what is inside is text or is not."""
        self.found += [value for name, value in attrs if value and (name in READ or READ_FROM_DATA.fullmatch(name))]
        if tag in NO_TEXT:
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Out of it again."""
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        """Text between tags."""
        if not self._inside:
            self.found.append(data)


def untranslated(template: str) -> list[str]:
    """The texts of a template that no translator gets to see."""
    for taken_out in (TRANSLATED, IN_A_TAG, TAGS):
        template = taken_out.sub("", template)
    texts = Texts()
    texts.feed(template)
    return [text.strip() for text in texts.found if re.search(r"[A-Za-z]{2,}", THE_SAME_EVERYWHERE.sub("", text))]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_a_template_has_no_text_that_is_not_translated(path: Path) -> None:
    assert untranslated(path.read_text()) == []


@pytest.mark.parametrize(
    "template",
    [
        "<p>Hello</p>",
        '<p>{% translate "Hello" %} there</p>',
        '<b title="Hello"></b>',
        '<b data-confirm="Sure?">{{ x }}</b>',
    ],
)
def test_a_text_that_is_not_translated_is_found(template: str) -> None:
    assert len(untranslated(template)) == 1


def told(source: str) -> Iterator[str]:
    """The sentences of a module that go to people as they stand in the code."""
    for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
        name = ast.unparse(call.func)
        if name in {"ValidationError", "PermissionDenied", "Http404"} or name.startswith("messages."):
            for part in (each for argument in call.args for each in _outside_of_gettext(argument)):
                if re.search(r"[a-z]{2,} [a-z]", part):
                    yield part


def _outside_of_gettext(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    if not (isinstance(node, ast.Call) and ast.unparse(node.func) in {"_", "gettext_lazy", "ngettext"}):
        for child in ast.iter_child_nodes(node):
            yield from _outside_of_gettext(child)


@pytest.mark.parametrize("package", ["console", "builds", "runtimes", "buildpacks"])
def test_the_code_tells_people_nothing_that_is_not_translated(package: str) -> None:
    modules = [path for path in (ROOT / package).rglob("*.py") if "samples" not in path.parts]
    assert {path.name: found for path in modules if (found := [*told(path.read_text())])} == {}


@pytest.mark.parametrize(
    "source",
    [
        "raise ValidationError('It is there.')",
        "raise ValidationError({'name': f'{name} is there.'})",
        "messages.info(request, 'It is there.')",
        "raise ValidationError(_('%(it)s is there.') % {'it': it or 'some other thing'})",
    ],
)
def test_a_sentence_that_is_not_translated_is_found(source: str) -> None:
    assert len([*told(source)]) == 1
