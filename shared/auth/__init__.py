"""Authentication: principals, the tokens that prove them, and the personal links of people without an account.

Nothing here knows HTTP; `shared.http.principals` turns a request into a Principal.
"""

from shared.auth.claims import subject_id
from shared.auth.issuers import (
    AUDIENCE,
    LOCAL_ISSUER,
    PLATFORM_ISSUER,
    IssuersNotUsable,
    TrustedIssuer,
    read_issuers,
    trusted_issuers,
)
from shared.auth.links import LinkToken, link_token, read_link_token
from shared.auth.minting import Issuer
from shared.auth.principal import NO_TENANT, Kind, Principal, Role
from shared.auth.remembering import IssuerSilent, KeyTimes
from shared.auth.tokens import (
    TokenExpired,
    TokenMissing,
    TokenNotAccepted,
    Verifier,
    generate_key,
    trusted_issuer,
)

__all__ = [
    "AUDIENCE",
    "LOCAL_ISSUER",
    "NO_TENANT",
    "PLATFORM_ISSUER",
    "Issuer",
    "IssuerSilent",
    "IssuersNotUsable",
    "KeyTimes",
    "Kind",
    "LinkToken",
    "Principal",
    "Role",
    "TokenExpired",
    "TokenMissing",
    "TokenNotAccepted",
    "TrustedIssuer",
    "Verifier",
    "generate_key",
    "link_token",
    "read_issuers",
    "read_link_token",
    "subject_id",
    "trusted_issuer",
    "trusted_issuers",
]
