"""Verifying tokens: which issuers are trusted for which kinds of principal, and what a good token looks like.

A signature is checked once per token and process; the answer is kept until the token expires, because the
same token comes with every request of a session.
"""

import json
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from shared.auth.principal import NO_TENANT, Kind, Principal, Role
from shared.errors import Unauthenticated
from shared.ids import derived

# The list decides, never the token's own header: neither "none" nor a public key used as a shared secret
# gets through.
ALGORITHMS = ("ES256",)
AUDIENCE = "kring"
PLATFORM_ISSUER = "kring"
LOCAL_ISSUER = "kring-local"
SKEW_SECONDS = 30
_MAX_TOKEN = 8192
_MAX_KEPT = 4096
_ROLE_NAMES = frozenset(role.value for role in Role)


class TokenMissing(Unauthenticated):
    """The request carries no token."""

    code = "token-missing"


class TokenNotAccepted(Unauthenticated):
    """The token is not one that this installation accepts."""

    code = "token-not-accepted"
    title = "The token is not accepted: get a new one from your issuer"


class TokenExpired(Unauthenticated):
    """The token was good and is over its time."""

    code = "token-expired"
    title = "The token has expired: get a new one"


@dataclass(frozen=True, slots=True)
class _Trust:
    keys: KeySet
    audience: str
    kinds: frozenset[Kind]


@dataclass(frozen=True, slots=True)
class _Known:
    principal: Principal
    expires: float


def generate_key() -> ECKey:
    """Return a new signing key (EC P-256) with a key id."""
    return ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)


def trusted_issuer(issuer: str, key: ECKey, *, audience: str = AUDIENCE) -> dict[str, Any]:
    """Return the entry of issuers.json that trusts what `key` signs as `issuer`."""
    return {"issuer": issuer, "audience": audience, "jwks": {"keys": [key.as_dict(private=False)]}}


def _kinds(entry: Mapping[str, Any]) -> frozenset[Kind]:
    # Only the platform's own key may speak for its services and for people of a case: an organisation's
    # identity provider must not be able to make itself a service that reads everything.
    if entry["issuer"] == PLATFORM_ISSUER:
        return frozenset({Kind.PERSON, Kind.SERVICE})
    return frozenset({Kind.STAFF})


class Verifier:
    """The issuers an installation trusts, and what they have vouched for lately."""

    def __init__(self, issuers: Iterable[Mapping[str, Any]], *, local: bool = False) -> None:
        """Take entries as in issuers.json; the local issuer counts only when `local` is true."""
        self._trusted = {
            entry["issuer"]: _Trust(
                KeySet.import_key_set(entry["jwks"]), entry.get("audience", AUDIENCE), _kinds(entry)
            )
            for entry in issuers
            if local or entry["issuer"] != LOCAL_ISSUER
        }
        self._known: OrderedDict[bytes, _Known] = OrderedDict()

    @classmethod
    def load(cls, path: Path, *, local: bool = False) -> "Verifier":
        """Read the trusted issuers from issuers.json."""
        return cls(json.loads(path.read_text()), local=local)

    def verify(self, token: str, *, tenant: UUID | None = None) -> Principal:
        """Return who a token speaks for, at the tenant that the request names (own organisation if none).

        Raises: TokenNotAccepted, TokenExpired.
        """
        digest = sha256(token.encode("utf-8", "replace")).digest()
        known = self._known.get(digest)
        if known is None:
            known = self._check(token)
            self._keep(digest, known)
        elif known.expires <= time.time():
            del self._known[digest]
            raise TokenExpired
        principal = known.principal
        # People and services act at the tenant in their token, whatever the request says.
        if tenant is None or principal.kind is not Kind.STAFF or tenant == principal.tenant:
            return principal
        return replace(principal, tenant=tenant)

    def _keep(self, digest: bytes, known: _Known) -> None:
        self._known[digest] = known
        if len(self._known) > _MAX_KEPT:
            self._known.popitem(last=False)

    def _check(self, token: str) -> _Known:
        if len(token) > _MAX_TOKEN:
            raise TokenNotAccepted
        try:
            trust = self._trust_for(token)
            claims = jwt.decode(token, trust.keys, algorithms=list(ALGORITHMS)).claims
            expires = int(claims["exp"]) + SKEW_SECONDS
            if expires <= time.time():
                raise TokenExpired
            _check_times(claims, audience=trust.audience)
            principal = _principal(claims)
        except (JoseError, KeyError, TypeError, ValueError, OverflowError, RecursionError):
            raise TokenNotAccepted from None
        if principal.kind not in trust.kinds:
            raise TokenNotAccepted
        return _Known(principal, expires)

    def _trust_for(self, token: str) -> _Trust:
        # Which key to check against has to be read before the check; nothing else is believed yet.
        payload = jws.extract_compact(token.encode("ascii")).payload
        trust = self._trusted.get(json.loads(payload)["iss"])
        if trust is None:
            raise TokenNotAccepted
        return trust


def _check_times(claims: Mapping[str, Any], *, audience: str) -> None:
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if audience not in audiences:
        raise TokenNotAccepted
    latest = time.time() + SKEW_SECONDS
    if int(claims.get("nbf", 0)) > latest or int(claims.get("iat", 0)) > latest:
        raise TokenNotAccepted


def _principal(claims: Mapping[str, Any]) -> Principal:
    kind = Kind(claims.get("kind", Kind.STAFF))
    if kind is Kind.SERVICE:
        service = str(claims["sub"])
        return Principal(
            kind=kind,
            id=derived("service", service),
            tenant=_id(claims, "tenant") or NO_TENANT,
            service=service,
            purpose=str(claims["purpose"]),
        )
    if kind is Kind.PERSON:
        return Principal(
            kind=kind,
            id=UUID(claims["sub"]),
            tenant=UUID(claims["tenant"]),
            case=UUID(claims["case"]),
            case_role=str(claims["case_role"]),
            under_twelve=claims.get("under_twelve") is True,
        )
    organisation = _id(claims, "organisation")
    # An issuer can know roles that mean nothing here.
    known_roles = frozenset(Role(role) for role in claims.get("roles", []) if role in _ROLE_NAMES)
    return Principal(
        kind=kind,
        id=UUID(claims["sub"]),
        organisation=organisation,
        tenant=organisation or NO_TENANT,
        roles=known_roles,
    )


def _id(claims: Mapping[str, Any], name: str) -> UUID | None:
    return UUID(claims[name]) if claims.get(name) else None
