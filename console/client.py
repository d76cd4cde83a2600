"""Where a request came from."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str | None:
    """The client's address; behind proxies of ours the one that the outermost of them saw.

    Each proxy adds its peer at the end of `X-Forwarded-For`, and what stands before is the client's own
    claim. So with `SLIPWAY_PROXIES` of them the address is that many places from the end.
    """
    claimed = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    seen = claimed[-settings.PROXIES] if 0 < settings.PROXIES <= len(claimed) else ""
    return _valid(seen) or _valid(request.META.get("REMOTE_ADDR") or "")


def _valid(address: str) -> str | None:
    try:
        return str(ip_address(address))
    except ValueError:
        return None
