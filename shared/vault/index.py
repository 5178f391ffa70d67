"""Blind indexes: stand-ins for values in exact searches, with a destroyable key per tenant.

An index is: scheme (1 byte), version of the key, version of the normalisers, digest (32). Values from before
versions existed are a bare digest, with a key derived from the installation's: version 0. Lookups try all
versions.
"""

import hmac
import os
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import InstrumentedAttribute

from shared.ids import derived

_SCHEME = 1
KEY_VERSION = 1


def _plain(value: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", value).casefold().split())


def _name(value: str) -> str:
    """Remove accents and anything but letters: people write their own names in several ways."""
    apart = unicodedata.normalize("NFKD", value).casefold()
    return "".join(sign for sign in apart if sign.isalnum())


def _email(value: str) -> str:
    return "".join(_plain(value).split())


Normaliser = Callable[[str], str]
# By version: raised when one of them changes; older ones stay, for what was indexed with them.
NORMALISERS: dict[int, dict[str, Normaliser]] = {1: {"plain": _plain, "name": _name, "e-mail": _email}}
NORMALISERS_VERSION = max(NORMALISERS)

# The prefix of an index that is up to date.
CURRENT = bytes([_SCHEME, KEY_VERSION, NORMALISERS_VERSION])
DIGEST_BYTES = 32


def is_older(index: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Return the condition that a column holds an index of an older version, to be renewed."""
    return (func.length(index) != len(CURRENT) + DIGEST_BYTES) | (
        func.substr(index, 1, len(CURRENT)) != CURRENT
    )


def index_of_nothing() -> bytes:
    """Return a random index that matches nothing: for what must not be found any more."""
    return CURRENT + os.urandom(DIGEST_BYTES)


def index_subject(tenant: UUID, version: int = KEY_VERSION) -> UUID:
    """Return the subject of a tenant's index key."""
    return derived("blind index", tenant, version)


@dataclass(frozen=True)
class BlindIndex:
    """The keys of one tenant in one service, by version."""

    keys: Mapping[int, bytes] = field(repr=False)
    before: bytes = field(repr=False)

    def of(self, about: str, **parts: str) -> bytes:
        """Return the current index of a field's value. Parts are named by their normalisers."""
        return self._made(about, _named(parts), KEY_VERSION, NORMALISERS_VERSION)

    def known(self, about: str, **parts: str) -> list[bytes]:
        """Return every index that the value may have been stored under, the newest first."""
        named = _named(parts)
        versioned = [
            self._made(about, named, key, normalisers)
            for key in sorted(self.keys, reverse=True)
            for normalisers in sorted(NORMALISERS, reverse=True)
        ]
        return [*versioned, bare_digest(self.before, " ".join(value for _, value in named), field=about)]

    def _made(
        self, about: str, parts: Sequence[tuple[str, str]], key_version: int, normalisers_version: int
    ) -> bytes:
        normalisers = NORMALISERS[normalisers_version]
        normal = [normalisers[name](value) for name, value in parts]
        digest = hmac.digest(self.keys[key_version], "\0".join([about, *normal]).encode(), sha256)
        return bytes([_SCHEME, key_version, normalisers_version]) + digest


def _named(parts: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name.replace("_", "-"), value) for name, value in parts.items()]


def tenant_key(index_key: bytes, tenant: UUID) -> bytes:
    """Return a tenant's key of version 0, derived from the installation's."""
    return hmac.digest(index_key, tenant.bytes, sha256)


def bare_digest(key: bytes, value: str, *, field: str) -> bytes:
    """Return a digest without a version: for short-lived counters, and indexes of version 0."""
    return hmac.digest(key, f"{field}\0{_plain(value)}".encode(), sha256)
