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
READ_FROM_DATA = re.compile(
    r"data-(confirm|sure|label|ago|lost|signed|sign|forbidden|gone|text|word|say|copied)[a-z-]*"
)
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


# What is called with a sentence for people: raised at them, written in a log of theirs, kept with a row, printed.
TELLS = re.compile(
    r"messages\.\w+|(\w+\.)*(ValidationError|PermissionDenied|Http404|CommandError|BuildFailed|ReleaseFailed|PlatformFailed|"
    r"EngineError|EngineUnreachable|NotStarted|NotPulled|Held|BadPattern|ListChanged|RegistryChanged|Finding|say|complain|note|write|move|move_from|_\w+)"
)
# What a sentence for people is called when it is on its way to them.
KEPT = {
    "failure",
    "ending",
    "problem",
    "text",
    "why",
    "described",
    "description",
    "output",
    "hint",
    "answer",
    "help",
    "words",
}
TRANSLATES = {"_", "gettext_lazy", "gettext_noop", "ngettext"}
# What runs in containers knows no Django, and its words stand in a log; the engine of tests is heard by nobody.
WITHOUT_DJANGO = re.compile(r"/(samples|bundled)/|/address_rules\.py|/engine/fake\w*\.py")


def told(source: str) -> Iterator[str]:
    """The sentences of a module that go to people as they stand in the code."""
    for node in ast.walk(ast.parse(source)):
        for part in (each for told in _to_people(node) for each in _outside_of_gettext(told)):
            if re.search(r"[a-z]{2,} [a-z0]|0 [a-z]{2,}", part):
                yield part


def _to_people(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Call() if TELLS.fullmatch(ast.unparse(node.func)):
            yield from node.args
        case ast.keyword(arg=str() as name) | ast.Assign(targets=[ast.Name(id=name)]) if name in KEPT:
            yield node.value
        case ast.Assign(targets=[ast.Attribute(attr=name)]) if name in KEPT:
            yield node.value
        case ast.FunctionDef(returns=ast.Name(id="str")) if not node.name.startswith("__"):
            yield from (each.value for each in ast.walk(node) if isinstance(each, ast.Return) and each.value)


def _outside_of_gettext(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    if isinstance(node, ast.JoinedStr):  # with a number in the place of each value
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "0" for part in node.values)
        node = ast.List([part for part in node.values if not isinstance(part, ast.Constant)])
    is_for_others = isinstance(node, ast.keyword) and node.arg == "help_text"
    if not (is_for_others or (isinstance(node, ast.Call) and ast.unparse(node.func) in TRANSLATES)):
        for child in ast.iter_child_nodes(node):
            yield from _outside_of_gettext(child)


@pytest.mark.thorough
@pytest.mark.parametrize("package", ["console", "builds", "runtimes", "buildpacks"])
def test_the_code_tells_people_nothing_that_is_not_translated(package: str) -> None:
    modules = [path for path in (ROOT / package).rglob("*.py") if not WITHOUT_DJANGO.search(str(path))]
    assert {path.name: found for path in modules if (found := [*told(path.read_text())])} == {}


@pytest.mark.parametrize(
    "source",
    [
        "raise ValidationError('It is there.')",
        "raise ValidationError({'name': f'{name} is there.'})",
        "messages.info(request, 'It is there.')",
        "raise ValidationError(_('%(it)s is there.') % {'it': it or 'some other thing'})",
        "raise BuildFailed('no-such', f'There is no {thing}.')",
        "log.say(f'-----> Waiting for {it}')",
        "self.stdout.write('It is done.')",
        "self.stdout.write(f'Removed {it}.')",
        "row.move('failed', failure='It is broken.')",
        "shell.ending = 'It was closed.'",
        "raise EngineError(f'The image {it} is not here.')",
        "help = 'Make it so.'",
        "parser.add_argument('--it', help='what is made so')",
        "def why(it) -> str:\n    return f'{it} is gone for good'",
    ],
)
def test_a_sentence_that_is_not_translated_is_found(source: str) -> None:
    assert len([*told(source)]) == 1
