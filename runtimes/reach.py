"""Where custom domains lead: what the DNS says of them, whether a request to them arrives here, their certificates."""

import http.client
import socket
import ssl
from datetime import datetime, timedelta

from cryptography import x509
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from runtimes import bell, router
from runtimes.caddy import PROBE, TLS_PORT
from runtimes.models import Domain

Reach = Domain.Reach

SECONDS = 5
# The first visit to a name may wait for its certificate to be made.
CERTIFICATE_SECONDS = 60
# Of all the addresses a name has, so many are asked.
MOST_ADDRESSES = 4

# A name that does not lead here yet is looked up this often, one that does less often.
SOON, LATER = timedelta(minutes=5), timedelta(hours=1)


def look_up(domain: Domain) -> None:
    """Find out where a name leads, and note it; a name that leads here now may have a certificate."""
    addresses = _addresses(domain.name)
    reach = Reach.NOWHERE if not addresses else Reach.ELSEWHERE
    if any(_is_here(address, domain.name) for address in addresses[:MOST_ADDRESSES]):
        reach = Reach.HERE
    facts = {"reach": reach, "addresses": ", ".join(addresses)[:200], "looked_at": timezone.now()}
    Domain.objects.filter(pk=domain.pk).update(**facts)
    router.sync()
    until = _certificate_until(domain.name) if router.may_have_certificate(reach) else None
    Domain.objects.filter(pk=domain.pk).update(certificate_until=until)
    bell.ring(f"app.{domain.environment.app_id}")


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


def _is_here(address: str, name: str) -> bool:
    """Whether a request for this name to this address comes out at our own router.

    Wherever it leads, the same harmless question is asked; of the answer nobody learns but whether it is our word.
    """
    return any(_word(address, port, name) == router.word() for port in dict.fromkeys((settings.APPS_PORT, 80)))


def _word(address: str, port: int, name: str) -> str:
    connection = http.client.HTTPConnection(address, port, timeout=SECONDS)
    try:
        connection.request("GET", PROBE, headers={"Host": name})
        return connection.getresponse().read(100).decode(errors="replace")
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        connection.close()


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
