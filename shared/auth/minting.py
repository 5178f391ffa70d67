"""Issues tokens: for services that call each other, for people who came by their link, and for local use."""

import json
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.jwk import ECKey

from shared.auth.issuers import AUDIENCE, LOCAL_ISSUER, PLATFORM_ISSUER
from shared.auth.principal import Kind, Role
from shared.ids import uuid7

# Lifetimes of the platform's own tokens.
_ALGORITHM = "ES256"
SERVICE_SECONDS = 5 * 60
PERSON_SECONDS = 15 * 60
STAFF_SECONDS = 12 * 60 * 60


class Issuer:
    """One signing key and the name under which it signs."""

    def __init__(self, key: ECKey, *, name: str = PLATFORM_ISSUER, audience: str = AUDIENCE) -> None:
        self._key = key
        self._name = name
        self._audience = audience

    @classmethod
    def load(cls, path: Path, *, name: str = PLATFORM_ISSUER) -> "Issuer":
        """Read a private key (JWK as JSON) from a file."""
        return cls(ECKey.import_key(json.loads(path.read_text())), name=name)

    def service(
        self, *, service: str, purpose: str, tenant: UUID | None = None, seconds: int = SERVICE_SECONDS
    ) -> str:
        """Return a token with which one service calls another, for a stated purpose."""
        claims = {"kind": Kind.SERVICE, "purpose": purpose}
        if tenant is not None:
            claims["tenant"] = str(tenant)
        return self._sign(service, claims, seconds)

    def person(
        self,
        *,
        person: UUID,
        tenant: UUID,
        case: UUID,
        case_role: str,
        link: int = 0,
        under_twelve: bool = False,
        decides_for: Collection[UUID] = (),
        seconds: int = PERSON_SECONDS,
    ) -> str:
        """Return a short-lived token for one person of one case, whose personal link was verified."""
        claims: dict[str, Any] = {
            "kind": Kind.PERSON,
            "tenant": str(tenant),
            "case": str(case),
            "case_role": case_role,
            "link": link,
        }
        if under_twelve:
            claims["under_twelve"] = True
        if decides_for:
            claims["decides_for"] = sorted(str(child) for child in decides_for)
        return self._sign(str(person), claims, seconds)

    def staff(
        self,
        *,
        person: UUID,
        organisation: UUID | None,
        roles: frozenset[Role] | set[Role],
        seconds: int = STAFF_SECONDS,
    ) -> str:
        """Return a token for a member of staff: only the local issuer issues these, for use on one machine.

        Raises: ValueError if this is not the local issuer.
        """
        if self._name != LOCAL_ISSUER:
            raise ValueError(
                "staff tokens come from the organisation's own issuer; only the local one may make them"
            )
        claims: dict[str, Any] = {"kind": Kind.STAFF, "roles": sorted(roles)}
        if organisation is not None:
            claims["organisation"] = str(organisation)
        return self._sign(str(person), claims, seconds)

    def _sign(self, subject: str, claims: dict[str, Any], seconds: int) -> str:
        now = int(time.time())
        header = {"alg": _ALGORITHM, "kid": self._key.kid}
        standard = {
            "iss": self._name,
            "aud": self._audience,
            "sub": subject,
            "iat": now,
            "exp": now + seconds,
        }
        return jwt.encode(
            header, {**claims, **standard, "jti": str(uuid7())}, self._key, algorithms=[_ALGORITHM]
        )
