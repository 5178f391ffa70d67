"""Verifies tokens: a signature by a trusted issuer's key, and claims that this issuer may make.

A signature is checked once per token and process; the result is cached until the token expires or its key no
longer counts, because the same token comes with every request of a session.
"""

import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from joserfc.jwk import ECKey

from shared.auth.claims import SIGNER_ENDS, check_envelope, end_of, principal_of
from shared.auth.compact import NotCompact, Unverified, take_apart
from shared.auth.fetching import fetch_keys
from shared.auth.issuers import AUDIENCE, TrustedIssuer, read_issuers, trusted_issuers
from shared.auth.keys import VerificationKey
from shared.auth.principal import Kind, Principal
from shared.auth.remembering import Keys, KeyTimes, RemoteKeys, StaticKeys
from shared.errors import Unauthenticated

_MAX_KEPT = 4096
_USUAL_TIMES = KeyTimes()


class TokenMissing(Unauthenticated):
    """The request carries no token."""

    code = "token-missing"


class TokenNotAccepted(Unauthenticated):
    """This installation does not accept the token."""

    code = "token-not-accepted"
    title = "The token is not accepted: get a new one from your issuer"


class TokenExpired(Unauthenticated):
    """The token was valid and has expired."""

    code = "token-expired"
    title = "The token has expired: get a new one"


@dataclass(frozen=True, slots=True)
class _Trust:
    issuer: TrustedIssuer
    keys: Keys


@dataclass(frozen=True, slots=True)
class _Known:
    principal: Principal
    expires: float
    keys: Keys
    key: VerificationKey


def generate_key(service: str | None = None) -> ECKey:
    """Return a new signing key (EC P-256) whose key id begins with the name of its service."""
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
    if service is None:
        return key
    named = {**key.as_dict(private=True), "kid": f"{service}{SIGNER_ENDS}{str(key.kid)[:16]}"}
    return ECKey.import_key(named)


def trusted_issuer(issuer: str, *keys: ECKey, audience: str = AUDIENCE) -> dict[str, Any]:
    """Return the entry of issuers.json that trusts tokens signed with these keys as `issuer`."""
    public = [key.as_dict(private=False) for key in keys]
    return {"issuer": issuer, "audience": audience, "jwks": {"keys": public}}


def _trust(trusted: TrustedIssuer, *, local: bool, times: KeyTimes) -> _Trust:
    if trusted.jwks is not None:
        return _Trust(trusted, StaticKeys(trusted))
    fetch = partial(fetch_keys, trusted, local=local)
    return _Trust(trusted, RemoteKeys(trusted.issuer, fetch, times=times))


class Verifier:
    """The issuers an installation trusts, and a cache of the tokens verified lately."""

    def __init__(self, issuers: Iterable[TrustedIssuer], *, local: bool, times: KeyTimes) -> None:
        self._trusted = {trusted.issuer: _trust(trusted, local=local, times=times) for trusted in issuers}
        self._known: OrderedDict[bytes, _Known] = OrderedDict()

    @classmethod
    def of(
        cls, entries: Iterable[Mapping[str, Any]], *, local: bool = False, times: KeyTimes = _USUAL_TIMES
    ) -> "Verifier":
        """Build from entries as in issuers.json; the local issuer counts only if `local` is true.

        Raises: IssuersNotUsable.
        """
        return cls(trusted_issuers(entries, local=local).values(), local=local, times=times)

    @classmethod
    def load(cls, path: Path, *, local: bool = False, times: KeyTimes = _USUAL_TIMES) -> "Verifier":
        """Read the trusted issuers from issuers.json. Raises: IssuersNotUsable."""
        return cls(read_issuers(path, local=local).values(), local=local, times=times)

    @property
    def issuers(self) -> list[TrustedIssuer]:
        """Every issuer that counts."""
        return [trust.issuer for trust in self._trusted.values()]

    async def verify(self, token: str, *, tenant: UUID | None = None) -> Principal:
        """Return the principal of a token, at the tenant that the request names (their own organisation if none).

        Raises: TokenNotAccepted, TokenExpired; IssuerSilent if its issuer's keys cannot be fetched.
        """
        digest = sha256(token.encode("utf-8", "replace")).digest()
        known = self._known.get(digest)
        if known is not None and known.expires <= time.time():
            del self._known[digest]
            raise TokenExpired
        if known is None or not await _still_counts(known):
            self._known.pop(digest, None)
            known = await self._check(token)
            self._keep(digest, known)
        principal = known.principal
        # People and services act at the tenant in their token, whatever the request names.
        if tenant is None or principal.kind is not Kind.STAFF or tenant == principal.tenant:
            return principal
        return replace(principal, tenant=tenant)

    def _keep(self, digest: bytes, known: _Known) -> None:
        self._known[digest] = known
        if len(self._known) > _MAX_KEPT:
            self._known.popitem(last=False)

    async def identify(self, token: str, *, issuer: str, client_id: str, nonce: str) -> Mapping[str, Any]:
        """Return the claims of an ID token that a provider gave to this client for this request.

        Raises: TokenNotAccepted, TokenExpired; IssuerSilent. Source: OpenID Connect Core 1.0, 3.1.3.7.
        """
        unverified, _, _ = await self._signed(token)
        claims = unverified.claims
        audience = claims.get("aud")
        if unverified.issuer != issuer or client_id not in (
            audience if isinstance(audience, list) else [audience]
        ):
            raise TokenNotAccepted
        if claims.get("nonce") != nonce or claims.get("azp", client_id) != client_id:
            raise TokenNotAccepted
        try:
            if end_of(claims) <= time.time():
                raise TokenExpired
        except ValueError:
            raise TokenNotAccepted from None
        return claims

    async def _check(self, token: str) -> _Known:
        unverified, trust, key = await self._signed(token)
        try:
            expires = end_of(unverified.claims)
            if expires <= time.time():
                raise TokenExpired
            check_envelope(unverified.claims, trust.issuer)
            principal = principal_of(unverified.claims, trust.issuer, kid=key.kid)
        except ValueError:
            raise TokenNotAccepted from None
        return _Known(principal, expires, trust.keys, key)

    async def _signed(self, token: str) -> tuple[Unverified, _Trust, VerificationKey]:
        """Return a verified token, and the key that signed it. Raises: TokenNotAccepted, IssuerSilent."""
        try:
            unverified = take_apart(token)
            trust = self._trusted.get(unverified.issuer)
        except NotCompact:
            raise TokenNotAccepted from None
        if trust is None or unverified.algorithm not in trust.issuer.algorithms:
            raise TokenNotAccepted
        possible = await trust.keys.find(unverified.kid, unverified.algorithm)
        key = next((each for each in possible if unverified.is_signed_by(each)), None)
        if key is None:
            raise TokenNotAccepted
        return unverified, trust, key


async def _still_counts(known: _Known) -> bool:
    """Tell whether the key of a cached token is still one of its issuer's."""
    ring = known.keys.at_hand()
    if ring is None:
        ring = await known.keys.current()
    return ring.holds(known.key)
