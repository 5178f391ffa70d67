"""Parses a signed token (JWS, compact form) without trusting it yet, and checks its signature.

What is read here only decides which key is tried. It is parsed strictly, and once: what was checked and what is
used afterwards cannot be two readings of one text.
"""

import json
import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from typing import Any

from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from shared.auth.keys import VerificationKey

MAX_TOKEN = 8192
_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)", re.ASCII)
# The types a resource server accepts. An issuer signs other things with the same key, such as logout tokens.
_TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})
# Headers that change what is signed, or how, are not supported; a critical header that is unknown is refused.
_NOT_UNDERSTOOD = ("crit", "b64", "zip", "enc")
# Names in tokens, mapped to the algorithm's name if that differs.
_PROCEDURES = {"EdDSA": "Ed25519"}


class NotCompact(ValueError):
    """Not a signed token in the compact form. The text reveals nothing of its content."""


@dataclass(frozen=True, slots=True)
class Unverified:
    """A parsed token; nothing in it has been verified."""

    algorithm: str
    kid: str | None
    claims: dict[str, Any]
    signed: bytes
    signature: bytes

    @property
    def issuer(self) -> str:
        """The issuer it claims."""
        issuer = self.claims.get("iss")
        if not isinstance(issuer, str):
            raise NotCompact("it names no issuer")
        return issuer

    def is_signed_by(self, key: VerificationKey) -> bool:
        """Tell whether this key, which fits the named algorithm, made the signature."""
        procedure = JWSRegistry.algorithms[_PROCEDURES.get(self.algorithm, self.algorithm)]
        try:
            procedure.check_key(key.key)
            return procedure.verify(self.signed, self.signature, key.key)
        except (JoseError, ValueError):
            return False


def take_apart(token: str) -> Unverified:
    """Return the parts of a token. Raises: NotCompact."""
    found = _COMPACT.fullmatch(token) if len(token) <= MAX_TOKEN else None
    if found is None:
        raise NotCompact("it has not three parts in base64url")
    header = _object(found[1])
    algorithm, kid, kind = header.get("alg"), header.get("kid"), header.get("typ", "JWT")
    if not isinstance(algorithm, str) or not isinstance(kid, str | None):
        raise NotCompact("its header names no algorithm, or a key in no text")
    if not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise NotCompact("it is not made for access")
    if any(name in header for name in _NOT_UNDERSTOOD):
        raise NotCompact("its header asks for what is not done here")
    return Unverified(
        algorithm=algorithm,
        kid=kid,
        claims=_object(found[2]),
        signed=token[: found.end(2)].encode(),
        signature=_bytes(found[3]),
    )


def _bytes(part: str) -> bytes:
    try:
        return urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        raise NotCompact("a part is not base64url") from None


def _object(part: str) -> dict[str, Any]:
    try:
        read = json.loads(_bytes(part), object_pairs_hook=_without_repeats, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise NotCompact("a part is not JSON") from None
    if not isinstance(read, dict):
        raise NotCompact("a part is no object")
    return read


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Of duplicate claims one parser takes the first and another the last.
    read = dict(pairs)
    if len(read) != len(pairs):
        raise NotCompact("a name is there twice")
    return read


def _refuse(constant: str) -> Any:
    raise NotCompact(f"{constant} is no number")
