"""A certificate authority for one test run, and servers' certificates by it."""

import datetime
import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

AUTHORITY = "Slipway tests"
SYSTEM_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")


@dataclass(frozen=True)
class Certificates:
    """`bundle` is what the machine trusts and our authority, whose key is `key`."""

    bundle: Path
    key: ec.EllipticCurvePrivateKey

    def serving(self, address: str) -> tuple[bytes, bytes]:
        """A certificate for the server at this IP address, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.IPAddress(ipaddress.ip_address(address))
        certificate = _certificate(address, name, key, self.key, is_authority=False)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return _pem(certificate), private


def make(folder: Path) -> Certificates:
    """Make an authority; builders need the machine's own authorities as well, to install packages."""
    folder.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    authority = _certificate(AUTHORITY, x509.DNSName("slipway-tests"), key, key, is_authority=True)
    bundle = folder / "bundle.pem"
    theirs = Path(os.environ.get("SSL_CERT_FILE") or SYSTEM_BUNDLE)
    bundle.write_bytes((theirs.read_bytes() if theirs.exists() else b"") + b"\n" + _pem(authority))
    return Certificates(bundle, key)


def _certificate(
    subject: str,
    name: x509.GeneralName,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    is_authority: bool,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(AUTHORITY))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
