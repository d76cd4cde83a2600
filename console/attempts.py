"""How often somebody may try to sign in: by account and by address, counted in the cache."""

from django.core.cache import cache
from django.http import HttpRequest

WINDOW_SECONDS = 15 * 60
MOST_PER_ACCOUNT = 10
MOST_PER_ADDRESS = 50


def too_many(request: HttpRequest | None, account: str) -> bool:
    """Whether this account or this address has failed too often lately."""
    return any(cache.get(key, 0) >= most for key, most in _keys(request, account))


def failed(request: HttpRequest | None, account: str) -> None:
    """Count one more failure."""
    for key, _ in _keys(request, account):
        cache.add(key, 0, WINDOW_SECONDS)
        cache.incr(key)


def succeeded(request: HttpRequest | None, account: str) -> None:
    """Forget the account's failures; those of the address stay."""
    (key, _), *_others = _keys(request, account)
    cache.delete(key)


def _keys(request: HttpRequest | None, account: str) -> list[tuple[str, int]]:
    address = request.META.get("REMOTE_ADDR", "") if request else ""
    name = account.strip().lower().encode().hex()[:200]
    return [(f"sign-in.account.{name}", MOST_PER_ACCOUNT), (f"sign-in.address.{address}", MOST_PER_ADDRESS)]
