"""Where custom domains lead: what the DNS says of them, whether a request to them arrives here, their certificates."""

import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import product

from cryptography import x509
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from runtimes import bell, router
from runtimes.caddy import PROBE, TLS_PORT
from runtimes.holding import alone
from runtimes.models import Domain

Reach = Domain.Reach

SECONDS = 5
# The first visit to a name may wait for its certificate to be made.
CERTIFICATE_SECONDS = 60
# So much of an answer is read.
MOST_BYTES = 16 * 1024
# Of all the addresses a name has, so many are asked.
MOST_ADDRESSES = 4

# A name that does not lead here yet is looked up this often, one that does less often.
SOON, LATER = timedelta(minutes=5), timedelta(hours=1)


def look_up(domain: Domain) -> None:
    """Find out where a name leads, and note it; a name that leads here now may have a certificate."""
    addresses = _addresses(domain.name)
    reach = Reach.NOWHERE if not addresses else Reach.ELSEWHERE
    if _is_here(addresses[:MOST_ADDRESSES], domain.name):
        reach = Reach.HERE
    facts = {"reach": reach, "addresses": ", ".join(addresses)[:200], "looked_at": timezone.now()}
    Domain.objects.filter(pk=domain.pk).update(**facts)
    router.sync()
    until = _certificate_until(domain.name) if router.may_have_certificate(reach) else None
    Domain.objects.filter(pk=domain.pk).update(certificate_until=until)
    bell.ring(f"app.{domain.environment.app_id}")


def look_up_due() -> None:
    """Look up those whose time has come, one after the other, unless that is being done."""
    with alone("domains") as is_free:
        for domain in due() if is_free else ():
            look_up(domain)


def due() -> list[Domain]:
    """The domains whose time to be looked up again has come."""
    now = timezone.now()
    old = Q(looked_at=None) | Q(looked_at__lt=now - LATER)
    waiting = ~Q(reach=Reach.HERE) & Q(looked_at__lt=now - SOON)
    return list(Domain.objects.filter(old | waiting, environment__app__destroyed_at=None).select_related("environment"))


def _addresses(name: str) -> list[str]:
    """The addresses that the DNS has for a name, each once."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def _is_here(addresses: list[str], name: str) -> bool:
    """Whether a request for this name to one of these addresses comes out at our own router.

    Wherever it leads, the same harmless question is asked; of the answer nobody learns but whether it is our word.
    """
    if not addresses:
        return False
    asked = product(addresses, dict.fromkeys((settings.APPS_PORT, 80)), [name])
    with ThreadPoolExecutor(2 * MOST_ADDRESSES) as pool:  # at once: most that are not ours do not answer at all
        return any(list(pool.map(_says_our_word, *zip(*asked, strict=True))))


def _says_our_word(address: str, port: int, name: str) -> bool:
    """Not by `http.client`: its time-out is for each piece of an answer, and here it is for all of it."""
    deadline, word, answer = time.monotonic() + SECONDS, router.word().encode(), b""
    request = f"GET {PROBE} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n"
    with suppress(OSError), socket.create_connection((address, port), timeout=SECONDS) as connection:
        connection.sendall(request.encode())
        while word not in answer and len(answer) < MOST_BYTES and (left := deadline - time.monotonic()) > 0:
            connection.settimeout(left)
            if not (data := connection.recv(MOST_BYTES)):
                break
            answer += data
    return word in answer


def _certificate_until(name: str) -> datetime | None:
    """Until when the certificate is good that the router shows for a name; asking makes it get one."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # it is looked at, not relied on
    try:
        plain = socket.create_connection((router.address(), TLS_PORT), timeout=CERTIFICATE_SECONDS)
        with plain, context.wrap_socket(plain, server_hostname=name) as secured:
            shown = secured.getpeercert(binary_form=True)
    except OSError:
        return None
    return x509.load_der_x509_certificate(shown).not_valid_after_utc if shown else None
