"""`kring secrets`: the keys of an installation, and whom it trusts."""

import os
from pathlib import Path

_YES = ("1", "true", "t", "yes", "y", "on")


def is_local(*, unless_said: bool) -> bool:
    """Say whether KRING_LOCAL says that this is an installation on one machine, for its own use."""
    said = os.environ.get("KRING_LOCAL")
    return unless_said if said is None else said.strip().lower() in _YES


def secrets(directory: Path) -> int:
    """Make what is missing in a directory of secrets; trust a Keycloak server that the environment names."""
    from deploy.local.secrets import ensure_secrets, trust_keycloak

    ensure_secrets(directory)
    url = os.environ.get("KRING_KEYCLOAK_URL")
    if url:
        trust_keycloak(
            directory,
            url=url,
            reached_at=os.environ.get("KRING_KEYCLOAK_INTERNAL_URL") or None,
            local=is_local(unless_said=False),
        )
    return 0
