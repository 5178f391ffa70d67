"""Which principal the claims of a token describe, given what its issuer may say and where it says it.

Everything here has been signed by the issuer. An issuer can still be wrong, or claim more than it may.
"""

import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from shared.auth.issuers import ClaimPath, TrustedIssuer
from shared.auth.principal import NO_TENANT, PLATFORM_ROLES, Kind, Principal, Role
from shared.ids import derived
from shared.services import SERVICE_WITH_LINKS

SKEW_SECONDS = 30
# The longest a token counts, whatever its issuer says: a person who left an organisation is out within a day.
MAX_SECONDS = 24 * 60 * 60
# Separates the service's name from the rest of its key's id.
SIGNER_ENDS = "/"
_ROLE_NAMES = {role.value: role for role in Role}
_MAX_ROLES = 1000
_MAX_SUBJECT = 255


class ClaimNotRight(ValueError):
    """A claim is missing, malformed, or beyond what its issuer may say. The text repeats no value."""


def end_of(claims: Mapping[str, Any]) -> float:
    """Return when a token expires, including the tolerance for clock skew. Raises: ClaimNotRight."""
    return _moment(claims, "exp") + SKEW_SECONDS


def check_envelope(claims: Mapping[str, Any], trusted: TrustedIssuer) -> None:
    """Check a token's audience and start. Raises: ClaimNotRight."""
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if not all(isinstance(one, str) for one in audiences) or trusted.audience not in audiences:
        raise ClaimNotRight("it is for somebody else")
    # Keycloak puts a token's purpose in a claim: refresh and ID tokens give no access.
    if claims.get("typ", "Bearer") != "Bearer":
        raise ClaimNotRight("it is not made for access")
    latest = time.time() + SKEW_SECONDS
    if any(_moment(claims, name) > latest for name in ("nbf", "iat") if name in claims):
        raise ClaimNotRight("it is from the future")
    # From now, if it states no start.
    begins = _moment(claims, "iat") if "iat" in claims else time.time()
    if _moment(claims, "exp") - begins > MAX_SECONDS:
        raise ClaimNotRight("it lasts too long")


def signer_of(kid: str | None) -> str:
    """Return the service whose key this is, by the key's id."""
    return (kid or "").partition(SIGNER_ENDS)[0]


def principal_of(claims: Mapping[str, Any], trusted: TrustedIssuer, *, kid: str | None = None) -> Principal:
    """Return the principal of a token that was signed with the key of this id. Raises: ClaimNotRight."""
    try:
        kind = Kind(claims.get("kind", Kind.STAFF))
    except ValueError:
        raise ClaimNotRight("there is no such kind of principal") from None
    if kind not in trusted.kinds:
        raise ClaimNotRight("its issuer may not vouch for this kind of principal")
    # With its own key a service speaks for itself; one of them also for people who came by their link.
    if kind is Kind.SERVICE and signer_of(kid) != claims.get("sub"):
        raise ClaimNotRight("a service speaks for another")
    if kind is Kind.PERSON and signer_of(kid) != SERVICE_WITH_LINKS:
        raise ClaimNotRight("a service speaks for people that has not let them in")
    if kind is Kind.SERVICE:
        return _service(claims)
    if kind is Kind.PERSON:
        return _person(claims)
    return _staff(claims, trusted)


def _service(claims: Mapping[str, Any]) -> Principal:
    service = _text(claims.get("sub"))
    return Principal(
        kind=Kind.SERVICE,
        id=derived("service", service),
        tenant=NO_TENANT if claims.get("tenant") is None else _id(claims["tenant"]),
        service=service,
        purpose=_text(claims.get("purpose")),
    )


def _person(claims: Mapping[str, Any]) -> Principal:
    return Principal(
        kind=Kind.PERSON,
        id=_id(claims.get("sub")),
        tenant=_id(claims.get("tenant")),
        case=_id(claims.get("case")),
        case_role=_text(claims.get("case_role")),
        link=_count(claims.get("link", 0)),
        under_twelve=claims.get("under_twelve") is True,
        decides_for=_ids(claims.get("decides_for", [])),
    )


def _staff(claims: Mapping[str, Any], trusted: TrustedIssuer) -> Principal:
    organisation = _organisation(claims, trusted)
    return Principal(
        kind=Kind.STAFF,
        id=subject_id(trusted, _text(_at(claims, trusted.subject_claim))),
        organisation=organisation,
        tenant=organisation or NO_TENANT,
        roles=_roles(claims, trusted),
    )


def subject_id(trusted: TrustedIssuer, subject: str) -> UUID:
    """Return the id of a member of staff from the subject their issuer gives.

    The subject is used as the id only from an issuer that speaks for the whole installation. From any other, or
    if it is no UUID, a stable id is derived that no other issuer can produce.
    """
    if not trusted.derives_subjects:
        try:
            return _id(subject)
        except ClaimNotRight:
            pass
    # The issuer as an id: two concatenated names of any form could be split in two ways.
    return derived("subject", derived("issuer", trusted.issuer), subject)


def _organisation(claims: Mapping[str, Any], trusted: TrustedIssuer) -> UUID | None:
    said = _at(claims, trusted.organisation_claim)
    # Some identity providers give a user's attribute as a list even if it has one value.
    if isinstance(said, list):
        if len(said) > 1:
            raise ClaimNotRight("it names more than one organisation")
        said = said[0] if said else None
    if said in (None, ""):
        # The identity provider of a single organisation need not name it.
        return next(iter(trusted.organisations)) if len(trusted.organisations) == 1 else None
    organisation = _id(said)
    if trusted.organisations and organisation not in trusted.organisations:
        raise ClaimNotRight("its issuer may not speak for this organisation")
    return organisation


def _roles(claims: Mapping[str, Any], trusted: TrustedIssuer) -> frozenset[Role]:
    found: set[Role] = set()
    for place in trusted.places_of_roles:
        said = _at(claims, place)
        if said is None:
            continue
        if not isinstance(said, list) or len(said) > _MAX_ROLES:
            raise ClaimNotRight("its roles are no list, or far too many")
        # An issuer may have roles that mean nothing here.
        names = (name for name in said if isinstance(name, str))
        found |= {
            role
            for name in names
            if (role := trusted.role_names.get(name) or _ROLE_NAMES.get(name)) is not None
        }
    return frozenset(found if trusted.makes_ops else found - PLATFORM_ROLES)


def _at(claims: Mapping[str, Any], path: ClaimPath) -> Any:
    found: Any = claims
    for name in path:
        if not isinstance(found, Mapping):
            return None
        found = found.get(name)
    return found


def _text(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_SUBJECT or not value.isprintable():
        raise ClaimNotRight("a text is missing, or is no text")
    return value


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ClaimNotRight("it counts otherwise than by a whole number")
    return value


def _ids(value: Any) -> frozenset[UUID]:
    if not isinstance(value, list):
        raise ClaimNotRight("it names people otherwise than by ids")
    return frozenset(_id(each) for each in value)


def _id(value: Any) -> UUID:
    try:
        found = UUID(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None:
        raise ClaimNotRight("an id is missing, or is no id")
    return found


def _moment(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ClaimNotRight("a moment is missing, or is no number")
    try:
        return float(value)
    except OverflowError:
        raise ClaimNotRight("a moment is beyond all time") from None
