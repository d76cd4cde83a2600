"""The console's static files: nothing missing, nothing for nobody."""

import re
from pathlib import Path

from django.conf import settings

from console.templatetags.slipway import _TABS, STATES

SPRITE = Path(settings.BASE_DIR) / "console" / "static" / "vendor" / "tabler-icons" / "sprite.svg"


def drawn() -> set[str]:
    """The icons that templates, tabs and states ask for."""
    templates = (path.read_text() for path in Path(settings.BASE_DIR / "templates").rglob("*.html"))
    asked = {name for text in templates for name in re.findall(r'{% icon "([a-z0-9-]+)"', text)}
    return asked | {glyph for _, glyph, _ in STATES.values()} | {glyph for _, _, glyph, _ in _TABS}


def test_the_sprite_has_the_icons_that_are_drawn_and_no_others() -> None:
    assert set(re.findall(r'<symbol id="([a-z0-9-]+)"', SPRITE.read_text())) == drawn()


def test_every_state_has_an_icon_of_its_tone_for_the_page() -> None:
    icons = {path.stem for path in Path(settings.BASE_DIR / "console/static/console/icons").glob("*.svg")}
    assert {tone for tone, _, _ in STATES.values()} <= icons


def test_scripts_import_what_exists() -> None:
    for path in Path(settings.BASE_DIR / "console/static/console").rglob("*.js"):
        for name in re.findall(r'from "(\.[^"]+)"', path.read_text()):
            assert (path.parent / name).exists(), f"{path.name} imports {name}"
