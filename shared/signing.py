"""Signatures of events: with the publishing service's key, over its name, the type and the body.

The broker already refuses what a service may not publish. A signature protects even against whoever controls
the broker, and messages waiting in a queue: a receiver accepts an event only from a service that may publish
its type.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import ECKey

from shared.auth import PLATFORM_ISSUER
from shared.auth.claims import signer_of
from shared.events.base import REGISTRY

HEADER = "kring-signature"
_SCHEME = ECDSA(SHA256())
_FIELDS = 2


class Forged(Exception):
    """A message is not from a service that may publish its type; the text says why and repeats no value."""


class Signer:
    """Signs the events of one service."""

    def __init__(self, key: ECKey) -> None:
        self._private = cast("EllipticCurvePrivateKey", key.private_key)
        self._kid = str(key.kid)
        self._service = signer_of(self._kid)

    @classmethod
    def load(cls, path: Path) -> "Signer":
        """Read the service's signing key (JWK as JSON) from a file."""
        return cls(ECKey.import_key(json.loads(path.read_text())))

    def sign(self, event_type: str, body: bytes) -> str:
        """Return the signature that travels with an event."""
        signature = self._private.sign(_signed(self._service, event_type, body), _SCHEME)
        return f"{self._kid} {b64encode(signature).decode()}"


class Signatures:
    """The public keys of all services of an installation."""

    def __init__(self, keys: Mapping[str, EllipticCurvePublicKey]) -> None:
        self._keys = keys

    @classmethod
    def load(cls, path: Path) -> "Signatures":
        """Read the keys of the platform's own issuer from issuers.json."""
        entries = json.loads(path.read_text())
        own: list[dict[str, Any]] = next(
            entry["jwks"]["keys"] for entry in entries if entry["issuer"] == PLATFORM_ISSUER
        )
        return cls({key["kid"]: _public(key) for key in own})

    def check(self, signature: object, event_type: str, body: bytes) -> str:
        """Return the service that signed this event. Raises: Forged."""
        parts = signature.split(" ") if isinstance(signature, str) else []
        key = self._keys.get(parts[0]) if len(parts) == _FIELDS else None
        if key is None:
            raise Forged("no signature of a service of this installation")
        service = signer_of(parts[0])
        if service not in REGISTRY[event_type].SOURCES:
            raise Forged(f"{service} may not publish {event_type}")
        try:
            key.verify(b64decode(parts[1], validate=True), _signed(service, event_type, body), _SCHEME)
        except (InvalidSignature, ValueError):
            raise Forged(f"not signed by {service}") from None
        return service


def _signed(service: str, event_type: str, body: bytes) -> bytes:
    return b"\0".join([b"kring event", service.encode(), event_type.encode(), body])


def _public(entry: Mapping[str, Any]) -> EllipticCurvePublicKey:
    return ECKey.import_key(dict(entry)).public_key
