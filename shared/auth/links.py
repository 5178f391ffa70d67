"""Personal links: give access without an account, and can be sent again without being stored.

A token is the link's id and a keyed digest of id and generation. Only id and generation are stored, so reading
a database gives nobody access; raising the generation invalidates every earlier email.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

_PURPOSE = b"kring personal link v1"
_TOKEN_BYTES = 16 + 32
_TOKEN_LENGTH = 64


def _digest(key: bytes, link_id: UUID, generation: int) -> bytes:
    return hmac.digest(key, _PURPOSE + link_id.bytes + generation.to_bytes(8, "big"), sha256)


def link_token(key: bytes, link_id: UUID, generation: int) -> str:
    """Return the token (64 url-safe characters) of one generation of a link."""
    return urlsafe_b64encode(link_id.bytes + _digest(key, link_id, generation)).decode()


@dataclass(frozen=True, slots=True)
class LinkToken:
    """A parsed token: the link it claims to be, not verified yet."""

    link_id: UUID
    digest: bytes

    def proves(self, key: bytes, generation: int) -> bool:
        """Tell, in constant time, whether the token was made with this key for this generation of its link."""
        return hmac.compare_digest(self.digest, _digest(key, self.link_id, generation))


def read_link_token(token: str) -> LinkToken | None:
    """Return what a token claims, or None if it is malformed. Always check `proves` next."""
    if len(token) != _TOKEN_LENGTH or not token.isascii():
        return None
    try:
        raw = urlsafe_b64decode(token)
    except (NotBase64, ValueError):
        return None
    if len(raw) != _TOKEN_BYTES:
        return None
    return LinkToken(UUID(bytes=raw[:16]), raw[16:])
