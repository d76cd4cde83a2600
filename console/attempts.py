"""How often somebody may try a password or a token: by account and by address, counted in the cache."""

from contextlib import suppress
from ipaddress import IPv6Address, ip_address, ip_network

from django.core.cache import cache
from django.http import HttpRequest

from console.client import address_of

WINDOW_SECONDS = 15 * 60
MOST_PER_ACCOUNT = 10
MOST_PER_ADDRESS = 50


def too_many(request: HttpRequest | None, account: str = "") -> bool:
    """Whether this account or this address has failed too often lately; without an account the address alone."""
    return any(cache.get(key, 0) >= most for key, most in _keys(request, account))


def failed(request: HttpRequest | None, account: str = "") -> None:
    """Count one more failure."""
    for key, _ in _keys(request, account):
        cache.add(key, 0, WINDOW_SECONDS)
        with suppress(ValueError):  # its time has just run out
            cache.incr(key)


def succeeded(account: str) -> None:
    """Forget the account's failures; those of the address stay."""
    cache.delete(_account_key(account))


def _keys(request: HttpRequest | None, account: str) -> list[tuple[str, int]]:
    keys = [(_account_key(account), MOST_PER_ACCOUNT)] if account else []
    return [*keys, (f"sign-in.address.{_place(address_of(request) if request else None)}", MOST_PER_ADDRESS)]


def _place(address: str | None) -> str:
    """Whose an address is: of IPv6 a visitor has 2^64 to choose from (RFC 6177), so the network counts."""
    if address is None or not isinstance(found := ip_address(address), IPv6Address):
        return str(address)
    return str(found.ipv4_mapped or ip_network((found, 64), strict=False))


def _account_key(account: str) -> str:
    return f"sign-in.account.{account.strip().lower().encode().hex()[:200]}"
