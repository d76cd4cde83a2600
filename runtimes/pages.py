"""What the router itself says to visitors where no app does."""

from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

PAGE = """<!doctype html>
<html lang="{language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{headline}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ display: grid; place-content: center; justify-items: center; box-sizing: border-box; min-height: 100vh;
  margin: 0; padding: 2rem 1.25rem; color: light-dark(#17212b, #e3e9ee); background: light-dark(#f6f8f9, #0f151b);
  font: 1rem/1.5 system-ui, sans-serif; text-align: center }}
main {{ box-sizing: border-box; max-width: 30rem; padding: 2rem; border: 1px solid light-dark(#dfe5ea, #2a3642);
  border-radius: 10px; background: light-dark(#fff, #161e26) }}
h1, p {{ text-wrap: balance }}
h1 {{ margin: 0; font-size: 1.25rem }}
p {{ margin: .75rem 0 0; color: light-dark(#586573, #9ba8b5) }}
small {{ margin-top: 1rem; color: light-dark(#586573, #9ba8b5) }}
</style>
<main>
<h1>{headline}</h1>
{advice}
</main>
<small>Slipway · {status}</small>
</html>
"""


def unknown() -> dict[str, Any]:
    """No app has this name."""
    return _page(
        404,
        _("There is no app at this address"),
        _("Nothing here answers to %(host)s. Is it spelled right?") % {"host": "<b>{http.request.host}</b>"},
        _("If it is yours: see in the console which addresses your app has, and add this one under Domains."),
    )


def stopped() -> dict[str, Any]:
    """Nothing of the app runs."""
    return _page(
        503,
        _("This app is not running"),
        _("Its address is right, but nothing of it runs at the moment."),
        _("If it is yours: deploy it, or start its web process, in the console."),
    )


def maintenance() -> dict[str, Any]:
    """Its people have switched it off for a while."""
    return _page(503, _("This app is being worked on"), _("It will be back soon."))


def silent() -> dict[str, Any]:
    """It runs and took no request."""
    return _page(
        "{http.error.status_code}",
        _("This app does not answer"),
        _("It runs, but did not take this request. Try again in a moment."),
        _("If it is yours: its log in the console says what it does."),
    )


def _page(status: int | str, headline: str, *advice: str) -> dict[str, Any]:
    """A route that answers so, whatever is asked, in the installation's language."""
    paragraphs = "\n".join(f"<p>{sentence}</p>" for sentence in advice)
    body = PAGE.format(language=get_language() or "en", headline=headline, advice=paragraphs, status=status)
    answer = {
        "handler": "static_response",
        "status_code": status,
        "headers": {"Content-Type": ["text/html; charset=utf-8"], "Cache-Control": ["no-store"]},
        "body": body,
    }
    return {"handle": [answer]}
