"""`kring token`: a token of the local issuer, which only installations in local mode accept."""

import os
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from deploy.local.errors import PlatformError


def token(
    *, roles: Sequence[str], organisation: str | None, subject: str | None, secrets: Path | None
) -> int:
    """Print a token for a member of staff with these roles."""
    from shared.auth import Issuer, Role
    from shared.auth.tokens import LOCAL_ISSUER
    from shared.ids import uuid7

    known = {str(role) for role in Role}
    unknown = [role for role in roles if role not in known]
    if unknown:
        raise PlatformError(f"There is no role {unknown[0]!r}; there are {', '.join(sorted(known))}.")
    directory = secrets or Path(os.environ.get("KRING_SECRETS_DIR", ".kring/secrets"))
    key = directory / "local_issuer_key"
    if not key.exists():
        raise PlatformError(f"There is no {key}: it is made when Kring is first started here by `make up`.")
    print(
        Issuer.load(key, name=LOCAL_ISSUER).staff(
            person=_id(subject, "--subject") or uuid7(),
            organisation=_id(organisation, "--organisation"),
            roles={Role(role) for role in roles},
        )
    )
    return 0


def _id(text: str | None, option: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise PlatformError(f"{option} takes an id such as 0198b5a2-0000-7000-8000-000000000001.") from None
