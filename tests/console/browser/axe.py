"""What keeps people out of a page, as axe finds it (WCAG 2.1 A and AA)."""

from pathlib import Path
from typing import Literal

from playwright.sync_api import Page

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"


def barriers(page: Page) -> list[str]:
    """Each rule that the page breaks, with the first element that does."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']})")
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found["violations"]]


def check_colours(page: Page, other: Literal["light", "dark"]) -> None:
    """The same page in the other colour scheme: there only the colours are others."""
    page.emulate_media(color_scheme=other)
    found = page.evaluate("axe.run({runOnly: {type: 'rule', values: ['color-contrast']}})")
    assert [each["nodes"][0]["html"][:200] for each in found["violations"]] == [], f"{page.url} in the {other}"
