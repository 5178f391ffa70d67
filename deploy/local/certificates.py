"""The certificates by which Temporal and those who ask it know each other, of an authority that the installation makes.

Whoever has a certificate of this authority may ask Temporal everything: there is one for each service, one for the
installation's own commands and one for Temporal's web pages, so that each can be replaced by itself.
"""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from shared.services import SERVICES

# The commands of the installation; the server, and its web pages, which run as users of their own.
OPERATOR, SERVER, PAGES = "operator", "temporal", "temporal-ui"
SERVER_NAMES = ("temporal", "temporal.kring-backing", "localhost")
_VALID, _RENEWED = timedelta(days=800), timedelta(days=200)
_AUTHORITY_VALID = timedelta(days=20 * 365)


def ensure_certificates(directory: Path) -> None:
    """Make the authority if it is missing, and each certificate that is missing or will soon be over."""
    key_file, own_file = directory / "temporal_ca_key.pem", directory / "temporal_ca.pem"
    if not (key_file.exists() and own_file.exists()):
        key = ec.generate_private_key(ec.SECP256R1())
        name = _named("Kring")
        limit = x509.BasicConstraints(ca=True, path_length=0)
        builder = _builder(name, key, _AUTHORITY_VALID).issuer_name(name).add_extension(limit, critical=True)
        _write(key_file, _private(key))
        _write(own_file, builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    for process in (*SERVICES, OPERATOR, SERVER, PAGES):
        # The server and its pages mount their own directory and nothing else, as users that own none of it.
        mode = 0o644 if process in (SERVER, PAGES) else 0o600
        _ensure(directory, process, mode=mode)


def _ensure(directory: Path, process: str, *, mode: int) -> None:
    own = directory / process
    authority = x509.load_pem_x509_certificate((directory / "temporal_ca.pem").read_bytes())
    if not own.is_dir():
        own.mkdir()
        # Who may read what is in it may look into it.
        own.chmod(mode | (mode & 0o444) >> 2 | 0o100)
    certificate = own / "temporal_cert.pem"
    if certificate.exists() and _is_good(certificate, authority):
        return
    authority_key = load_pem_private_key((directory / "temporal_ca_key.pem").read_bytes(), None)
    assert isinstance(authority_key, ec.EllipticCurvePrivateKey)  # noqa: S101 - as it was made
    key = ec.generate_private_key(ec.SECP256R1())
    # The server also asks itself.
    uses = [ExtendedKeyUsageOID.CLIENT_AUTH]
    builder = _builder(_named(process), key, _VALID).issuer_name(authority.subject)
    if process == SERVER:
        uses.append(ExtendedKeyUsageOID.SERVER_AUTH)
        names = [*map(x509.DNSName, SERVER_NAMES), x509.IPAddress(ip_address("127.0.0.1"))]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    signed = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False).sign(
        authority_key, hashes.SHA256()
    )
    _write(own / "temporal_ca.pem", authority.public_bytes(Encoding.PEM), mode=mode)
    _write(own / "temporal_key.pem", _private(key), mode=mode)
    # Last: where it is there, the others are.
    _write(certificate, signed.public_bytes(Encoding.PEM), mode=mode)


def _is_good(path: Path, authority: x509.Certificate) -> bool:
    found = x509.load_pem_x509_certificate(path.read_bytes())
    ours = found.issuer == authority.subject
    return ours and found.not_valid_after_utc - datetime.now(UTC) > _RENEWED


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def _builder(name: x509.Name, key: ec.EllipticCurvePrivateKey, valid: timedelta) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + valid)
    )


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, pem: bytes, *, mode: int = 0o600) -> None:
    from deploy.local.secrets import write_private

    write_private(path, pem.decode(), mode=mode)
