"""The certificates by which Temporal and its clients authenticate each other, from the installation's own authority.

There is one for each process, one for the installation's own commands and one for Temporal's web pages, so that
each can be replaced separately. What its holder may do is in its token (`deploy.local.tokens`). Temporal's own
parts need no token among each other: they show a certificate of an authority that signs no other.
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

from shared.services import PROCESSES

# The commands of the installation; the server, and its web pages, which run as users of their own.
OPERATOR, SERVER, PAGES = "operator", "temporal", "temporal-ui"
SERVER_NAMES = ("temporal", "temporal.kring-backing", "localhost")
_VALID, _RENEWED = timedelta(days=800), timedelta(days=200)
_AUTHORITY_VALID = timedelta(days=20 * 365)


def ensure_certificates(directory: Path) -> None:
    """Make the authority if it is missing, and each certificate that is missing or will soon expire."""
    key_file, own_file = directory / "temporal_ca_key.pem", directory / "temporal_ca.pem"
    if not (key_file.exists() and own_file.exists()):
        made, made_key = _new_authority()
        _write(key_file, _private(made_key))
        _write(own_file, made.public_bytes(Encoding.PEM))
    authority = x509.load_pem_x509_certificate(own_file.read_bytes())
    authority_key = load_pem_private_key(key_file.read_bytes(), None)
    assert isinstance(authority_key, ec.EllipticCurvePrivateKey)  # noqa: S101 - as it was made
    for process in (*PROCESSES, OPERATOR, SERVER, PAGES):
        own = directory / process
        if not own.is_dir():
            own.mkdir()
            mode = mode_of(process)
            # Readers of its files may list it.
            own.chmod(mode | (mode & 0o444) >> 2 | 0o100)
        if not _is_good(own / "temporal_cert.pem", authority):
            _make(own, "temporal", process, authority, authority_key)
    inner = directory / SERVER / "internode_ca.pem"
    if not (
        inner.exists()
        and _is_good(
            inner.with_name("internode_cert.pem"), x509.load_pem_x509_certificate(inner.read_bytes())
        )
    ):
        # The key of this authority is not stored.
        _make(directory / SERVER, "internode", SERVER, *_new_authority())


def mode_of(process: str) -> int:
    """Return the file mode of a process's files.

    The server and its pages mount only their own directory, as users that own none of it.
    """
    return 0o644 if process in (SERVER, PAGES) else 0o600


def _new_authority() -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key, name = ec.generate_private_key(ec.SECP256R1()), _named("Kring")
    limit = x509.BasicConstraints(ca=True, path_length=0)
    builder = _builder(name, key, _AUTHORITY_VALID).issuer_name(name).add_extension(limit, critical=True)
    return builder.sign(key, hashes.SHA256()), key


def _make(
    own: Path,
    kind: str,
    process: str,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
) -> None:
    """Make a certificate and its key."""
    mode = mode_of(process)
    key = ec.generate_private_key(ec.SECP256R1())
    # The server also calls itself.
    uses = [ExtendedKeyUsageOID.CLIENT_AUTH]
    builder = _builder(_named(process), key, _VALID).issuer_name(authority.subject)
    if process == SERVER:
        uses.append(ExtendedKeyUsageOID.SERVER_AUTH)
        names = [*map(x509.DNSName, SERVER_NAMES), x509.IPAddress(ip_address("127.0.0.1"))]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    signed = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False).sign(
        authority_key, hashes.SHA256()
    )
    _write(own / f"{kind}_ca.pem", authority.public_bytes(Encoding.PEM), mode=mode)
    _write(own / f"{kind}_key.pem", _private(key), mode=mode)
    # Last: if it exists, so do the others.
    _write(own / f"{kind}_cert.pem", signed.public_bytes(Encoding.PEM), mode=mode)


def _is_good(path: Path, authority: x509.Certificate) -> bool:
    if not path.exists():
        return False
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
