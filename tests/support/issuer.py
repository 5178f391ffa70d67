"""An issuer of tokens on this machine: real HTTP, real keys, and every way in which one can misbehave."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import Any
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

DESCRIPTION, KEYS = "/.well-known/openid-configuration", "/keys"


def new_key(algorithm: str) -> Key:
    """Return a new key for an algorithm, with a random id."""
    options: Any = {"use": "sig", "alg": algorithm, "kid": str(uuid4())}
    if algorithm in ("RS256", "PS256"):
        return RSAKey.generate_key(2048, options)
    if algorithm in ("EdDSA", "Ed25519"):
        return OKPKey.generate_key("Ed25519", options)
    return ECKey.generate_key("P-384" if algorithm == "ES384" else "P-256", options)


def sign(claims: dict[str, Any], key: Key, *, algorithm: str, **header: Any) -> str:
    """Return a token of these claims exactly."""
    return jwt.encode({"alg": algorithm, "kid": key.kid, **header}, claims, key, algorithms=[algorithm])


class TestIssuer:
    """Answers for its description and its keys; what it answers can be changed while it runs."""

    __test__ = False

    def __init__(self, tls: SSLContext | None = None) -> None:
        self._tls = tls
        self.keys: list[Key] = []
        self.asked: list[str] = []
        self.port = 0
        self.misbehave: Callable[[str, bytes], bytes | None] | None = None
        # While it is clear no answer is sent.
        self.answering = asyncio.Event()
        self.answering.set()
        self.description: dict[str, Any] = {}
        self._server: asyncio.Server | None = None

    @property
    def name(self) -> str:
        """Its name, as in its tokens."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def times_asked(self) -> int:
        """How often its keys were asked for."""
        return self.asked.count(KEYS)

    async def start(self) -> None:
        """Listen, on the same port as before if there was one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        self.description = {"issuer": self.name, "jwks_uri": self.name + KEYS, **self.description}

    async def stop(self) -> None:
        """Be gone: connections are refused."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    def token(self, *, key: Key | None = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Return a good token for a member of staff, but for the claims given; one that is None is left out."""
        chosen = key or self.keys[0]
        now = int(time.time())
        usual = {
            "iss": self.name,
            "aud": "kring",
            "sub": "somebody",
            "iat": now,
            "exp": now + 300,
            "roles": ["coordinator"],
        }
        every = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        return sign(every, chosen, algorithm=str(chosen.alg), **(header or {}))

    def entry(self, **options: Any) -> dict[str, Any]:
        """Return the entry of issuers.json that trusts it."""
        if "jwks_uri" not in options:
            options.setdefault("discovery", True)
        return {"issuer": self.name, **options}

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            path = request.split(b" ")[1].decode()
            self.asked.append(path)
            await self.answering.wait()
            usual = _answer(200, self._body(path)) if path in (KEYS, DESCRIPTION) else _answer(404, b"")
            answer = self.misbehave(path, usual) if self.misbehave else usual
            writer.write(answer or b"")
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _body(self, path: str) -> bytes:
        if path == DESCRIPTION:
            return json.dumps(self.description).encode()
        return json.dumps({"keys": [key.as_dict(private=False) for key in self.keys]}).encode()


def _answer(status: int, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}", "connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def answer(status: int, body: bytes, *headers: str) -> Callable[[str, bytes], bytes]:
    """Return a misbehaviour: this answer for the keys, the usual one for the rest."""
    return lambda path, usual: _answer(status, body, *headers) if path == KEYS else usual


@asynccontextmanager
async def issuer_with(*keys: Key, tls: SSLContext | None = None) -> AsyncIterator[TestIssuer]:
    """Yield a running issuer with these keys."""
    issuer = TestIssuer(tls)
    issuer.keys = list(keys)
    await issuer.start()
    try:
        yield issuer
    finally:
        issuer.answering.set()
        await issuer.stop()


def certified(directory: Path) -> tuple[SSLContext, Path]:
    """Return TLS for 127.0.0.1 with a certificate of its own making, and the file by which one can trust it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    trusted, private = directory / "trusted.pem", directory / "private.pem"
    trusted.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    tls = SSLContext(PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(trusted, private)
    return tls, trusted
