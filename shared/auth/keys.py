"""The public keys of an issuer, from a JSON Web Key Set: which count, and for which algorithms.

The algorithm is a property of the key and not of the token: an RSA key never verifies an elliptic-curve
signature, and no public key is ever used as a shared secret.
"""

from base64 import urlsafe_b64decode
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

# All accepted algorithms; an issuer's entry can narrow them.
Algorithm = Literal["ES256", "ES384", "RS256", "PS256", "EdDSA", "Ed25519"]
ALGORITHMS: tuple[Algorithm, ...] = get_args(Algorithm)
_BY_TYPE: dict[tuple[str, str | None], frozenset[str]] = {
    ("EC", "P-256"): frozenset({"ES256"}),
    ("EC", "P-384"): frozenset({"ES384"}),
    ("OKP", "Ed25519"): frozenset({"EdDSA", "Ed25519"}),
    ("RSA", None): frozenset({"RS256", "PS256"}),
}
_CLASSES: dict[str, type[ECKey | OKPKey | RSAKey]] = {"EC": ECKey, "OKP": OKPKey, "RSA": RSAKey}
_PUBLIC = ("kty", "crv", "x", "y", "n", "e")
_RSA_BITS = range(2048, 8192 + 1)
# An issuer has a handful of keys; many more suggest an attack.
_MAX_KEYS = 100


class NoKeySet(ValueError):
    """Not a JSON Web Key Set."""


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A public key and its algorithms."""

    kid: str | None
    algorithms: frozenset[str]
    key: Key
    thumbprint: str


class KeyRing:
    """The keys of one issuer at one moment."""

    def __init__(self, keys: Collection[VerificationKey]) -> None:
        self._by_kid: dict[str | None, list[VerificationKey]] = {}
        for key in keys:
            self._by_kid.setdefault(key.kid, []).append(key)
        self._all = tuple(keys)
        self._known = frozenset((key.thumbprint, key.algorithms) for key in keys)

    def __len__(self) -> int:
        return len(self._all)

    def holds(self, key: VerificationKey) -> bool:
        """Tell whether a key found earlier, in this ring or another, still counts for the same."""
        return (key.thumbprint, key.algorithms) in self._known

    def knows(self, kid: str | None) -> bool:
        """Tell whether a key of this id is present, for whatever algorithm."""
        return kid in self._by_kid if kid is not None else bool(self._all)

    def find(self, kid: str | None, algorithm: str) -> list[VerificationKey]:
        """Return the candidate keys for a token that names this key id and this algorithm.

        Without a key id, the result is unambiguous only if the issuer has a single key of that type.
        """
        named = self._all if kid is None else self._by_kid.get(kid, ())
        found = [key for key in named if algorithm in key.algorithms]
        return found if kid is not None or len(found) == 1 else []


def read_keys(document: Any, *, algorithms: Collection[str] = ALGORITHMS) -> KeyRing:
    """Return the usable keys of a key set; others are left out. Raises: NoKeySet."""
    entries = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(entries, list) or len(entries) > _MAX_KEYS:
        raise NoKeySet("it has no list of keys, or too long a one")
    keys = (_read(entry, frozenset(algorithms)) for entry in entries)
    return KeyRing([key for key in keys if key is not None])


def holds_private_key(document: Any) -> bool:
    """Tell whether a key set contains a private or shared key, which only the issuer may have."""
    entries = document.get("keys") if isinstance(document, Mapping) else None
    return isinstance(entries, list) and any(
        isinstance(entry, Mapping) and ("d" in entry or "k" in entry) for entry in entries
    )


def _read(entry: Any, allowed: frozenset[str]) -> VerificationKey | None:
    if not isinstance(entry, Mapping):
        return None
    kind, kid = entry.get("kty"), entry.get("kid")
    if kind not in _CLASSES or not isinstance(kid, str | None) or not _is_for_checking(entry):
        return None
    # Only the public part: the rest is not needed, and could only mislead.
    public = {name: entry[name] for name in _PUBLIC if name in entry}
    if not all(isinstance(value, str) for value in public.values()):
        return None
    try:
        if kind == "RSA" and _bits(public["n"]) not in _RSA_BITS:
            return None
        key = _CLASSES[kind].import_key(public)
        thumbprint = key.thumbprint()
    except (JoseError, ValueError, TypeError, KeyError, OverflowError):
        return None
    curve = entry.get("crv") if kind != "RSA" else None
    possible = _BY_TYPE.get((kind, curve if isinstance(curve, str) else None), frozenset())
    if "alg" in entry:
        possible &= {entry["alg"]} if isinstance(entry["alg"], str) else frozenset()
    usable = possible & allowed
    return VerificationKey(kid, usable, key, thumbprint) if usable else None


def _bits(number: str) -> int:
    return int.from_bytes(urlsafe_b64decode(number + "=" * (-len(number) % 4))).bit_length()


def _is_for_checking(entry: Mapping[str, Any]) -> bool:
    operations = entry.get("key_ops", ["verify"])
    return entry.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations
