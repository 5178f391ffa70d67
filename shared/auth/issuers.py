"""The issuers an installation trusts to identify people: the entries of issuers.json."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from shared.auth.keys import ALGORITHMS, Algorithm, NoKeySet, holds_private_key, read_keys
from shared.auth.principal import Kind, Role

AUDIENCE = "kring"
PLATFORM_ISSUER = "kring"
LOCAL_ISSUER = "kring-local"
_OWN = frozenset({PLATFORM_ISSUER, LOCAL_ISSUER})
_WELL_KNOWN = "/.well-known/openid-configuration"

Name = Annotated[str, StringConstraints(min_length=1, max_length=500)]
# The place of a claim in a token: a name, or a path of names of nested objects.
ClaimPath = Annotated[tuple[Name, ...], Field(min_length=1, max_length=5)]


class IssuersNotUsable(Exception):
    """The file issuers.json cannot be used; the text says where and why, and repeats no value."""


class SignIn(BaseModel):
    """How people sign in at an issuer: the portal's client there."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    client_id: Name
    # The portal's secret file for this client; a public client has none, and relies on PKCE alone.
    secret_file: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,100}$")] | None = None
    scope: Name = "openid profile"
    # The label of the sign-in button.
    name: Name | None = None


class TrustedIssuer(BaseModel):
    """One issuer: where its keys are, and what it may claim about whom."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    issuer: Name
    audience: Name = AUDIENCE
    # One of three: the keys themselves, their address, or true for the address in the issuer's own description (or
    # the address of that description, if services reach the issuer under another address than people do).
    jwks: dict[str, Any] | None = None
    jwks_uri: Name | None = None
    discovery: Literal[True] | Name | None = None
    algorithms: Annotated[tuple[Algorithm, ...], Field(min_length=1)] = ALGORITHMS
    # The tenants it may speak for; empty: every organisation of the installation.
    organisations: frozenset[UUID] = frozenset()
    ops: bool = Field(default=False, description="Whether it may grant the role ops, which holds everywhere.")
    # Where claims are in its tokens. Roles: those found in any of these places are combined.
    roles_claims: tuple[ClaimPath, ...] | None = None
    organisation_claim: ClaimPath = ("organisation",)
    subject_claim: ClaimPath = ("sub",)
    role_names: dict[Name, Role] = Field(
        default_factory=dict, description="Role names of this issuer that have another name here."
    )
    subject_ids: Literal["as-said", "derived"] | None = Field(
        default=None, description="Whether its subject is used as the id here, or an id is derived from it."
    )

    sign_in: SignIn | None = Field(
        default=None, description="Whether people sign in there on the portal's pages, and as which client."
    )

    @model_validator(mode="after")
    def _is_whole(self) -> "TrustedIssuer":
        if sum(way is not None for way in (self.jwks, self.jwks_uri, self.discovery)) != 1:
            raise ValueError("say one of jwks, jwks_uri and discovery")
        if self.sign_in is not None and self.discovery is None and self.issuer != LOCAL_ISSUER:
            raise ValueError("who signs in there is sent where its description says: say discovery")
        if self.issuer in _OWN and self.jwks is None:
            raise ValueError("the keys of the platform's own issuers stand in the file itself, as jwks")
        if self.organisations and self.ops:
            raise ValueError("an issuer of some organisations cannot make ops, who is at all of them")
        if self.organisations and self.subject_ids == "as-said":
            raise ValueError(
                "an issuer of some organisations cannot say ids that others may have: derive them"
            )
        if self.jwks is not None:
            self._check_keys(self.jwks)
        return self

    def _check_keys(self, jwks: dict[str, Any]) -> None:
        if holds_private_key(jwks):
            raise ValueError("a private key stands among the keys to trust")
        try:
            ring = read_keys(jwks, algorithms=self.algorithms)
        except NoKeySet as error:
            raise ValueError(str(error)) from None
        if not len(ring):
            raise ValueError("none of its keys can be used with the algorithms allowed")

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds of principal that it may vouch for.

        Only the platform's own key may speak for its services and for people of a case: an organisation's
        identity provider must not be able to make itself a service that reads everything.
        """
        if self.issuer == PLATFORM_ISSUER:
            return frozenset({Kind.PERSON, Kind.SERVICE})
        return frozenset({Kind.STAFF})

    @property
    def makes_ops(self) -> bool:
        """Whether its tokens can carry the role ops."""
        return self.ops or self.issuer == LOCAL_ISSUER

    @property
    def derives_subjects(self) -> bool:
        """Whether its subjects are never used as ids directly.

        Otherwise the operator of an issuer could put the id of another organisation's coordinator in a token.
        """
        return bool(self.organisations) or self.subject_ids == "derived"

    @property
    def places_of_roles(self) -> tuple[ClaimPath, ...]:
        """Where roles are looked up: by default at the top level, and where Keycloak puts realm and client roles."""
        if self.roles_claims is not None:
            return self.roles_claims
        return (("roles",), ("realm_access", "roles"), ("resource_access", self.audience, "roles"))

    @property
    def description_url(self) -> str | None:
        """The address of its description (OpenID Connect Discovery), if its keys are found through it."""
        if self.discovery is True:
            return self.issuer.rstrip("/") + _WELL_KNOWN
        return self.discovery


def check_url(url: str, *, local: bool) -> None:
    """Raise ValueError if keys may not be fetched from there: without TLS an attacker could replace them."""
    parts = urlsplit(url)
    if not parts.hostname or parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("an address of keys names a host, and no user or fragment")
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        raise ValueError("keys are fetched over https")


def trusted_issuers(entries: Iterable[Mapping[str, Any]], *, local: bool = False) -> dict[str, TrustedIssuer]:
    """Return the issuers that count, by name; the local one counts only if `local` is true.

    Raises: IssuersNotUsable.
    """
    found: dict[str, TrustedIssuer] = {}
    for number, entry in enumerate(entries, 1):
        try:
            trusted = TrustedIssuer.model_validate(entry)
            for url in (trusted.jwks_uri, trusted.description_url):
                if url is not None:
                    check_url(url, local=local)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise IssuersNotUsable(f"entry {number} of issuers.json: {place} {first['msg']}") from None
        except ValueError as error:
            raise IssuersNotUsable(f"entry {number} of issuers.json: {error}") from None
        if trusted.issuer in found:
            raise IssuersNotUsable(f"entry {number} of issuers.json names an issuer that is there already")
        found[trusted.issuer] = trusted
    if not local:
        found.pop(LOCAL_ISSUER, None)
    return found


def read_issuers(path: Path, *, local: bool = False) -> dict[str, TrustedIssuer]:
    """Read issuers.json. Raises: IssuersNotUsable."""
    try:
        entries = json.loads(path.read_text())
    except (OSError, ValueError):
        raise IssuersNotUsable(f"{path} cannot be read as JSON") from None
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise IssuersNotUsable(f"{path} must hold a list of issuers")
    return trusted_issuers(entries, local=local)
