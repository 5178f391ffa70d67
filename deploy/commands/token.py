"""`kring token`: a token of the local issuer, which only installations in local mode accept."""

import os
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from deploy.commands.secrets import is_local
from deploy.local.errors import PlatformError


def token(
    *,
    roles: Sequence[str],
    organisation: str | None,
    subject: str | None,
    secrets: Path | None,
    demo_user: str | None = None,
) -> int:
    """Print a token for a member of staff with these roles, or for the demo user of a role.

    There is one demo user per role, the same at each call, in the demo organisation unless another is named:
    data entered by one of them today is there for the others tomorrow.
    """
    from shared.auth import LOCAL_ISSUER, Issuer, Role
    from shared.auth.principal import PLATFORM_ROLES
    from shared.ids import derived, uuid7

    if not is_local(unless_said=True):
        raise PlatformError(
            "This installation is not in local mode (KRING_LOCAL): its services refuse tokens that are made here. "
            "Get one from an issuer that issuers.json names."
        )
    roles = [demo_user] if demo_user is not None else roles
    known = {str(role) for role in Role}
    unknown = [role for role in roles if role not in known]
    if unknown:
        raise PlatformError(f"There is no role {unknown[0]!r}; there are {', '.join(sorted(known))}.")
    directory = secrets or Path(os.environ.get("KRING_SECRETS_DIR", ".kring/secrets"))
    key = directory / "local_issuer_key"
    if not key.exists():
        raise PlatformError(f"There is no {key}: it is made when Kring is first started here by `make up`.")
    of, who = _id(organisation, "--organisation"), _id(subject, "--subject")
    if demo_user is not None:
        who = who or derived("demo user", demo_user)
        if Role(demo_user) not in PLATFORM_ROLES:
            of = of or derived("demo organisation")
    print(
        Issuer.load(key, name=LOCAL_ISSUER).staff(
            person=who or uuid7(),
            organisation=of,
            roles={Role(role) for role in roles},
        )
    )
    return 0


def _id(text: str | None, option: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise PlatformError(f"{option} takes an id such as 0198b5a2-0000-7000-8000-000000000001.") from None
