"""`kring secrets`: the keys of an installation, and the issuers it trusts."""

import os
from pathlib import Path

_YES = ("1", "true", "t", "yes", "y", "on")


def is_local(*, unless_said: bool) -> bool:
    """Tell whether KRING_LOCAL marks this as an installation on one machine, for its own use."""
    said = os.environ.get("KRING_LOCAL")
    return unless_said if said is None else said.strip().lower() in _YES


def secrets(directory: Path, *, rotate: str | None = None, now: bool = False) -> int:
    """Make the missing files in a directory of secrets; trust the Keycloak server named by the environment.

    `rotate`: the step (begin, switch or finish) of replacing secrets. Raises: PlatformError.
    """
    from deploy.local import rotation
    from deploy.local.secrets import ensure_secrets, trust_keycloak

    ensure_secrets(directory)
    if rotate == "begin":
        rotation.begin(directory)
    elif rotate == "switch":
        rotation.switch(directory)
    elif rotate == "finish":
        rotation.finish(directory, now=now)
    url = os.environ.get("KRING_KEYCLOAK_URL")
    if url:
        trust_keycloak(
            directory,
            url=url,
            reached_at=os.environ.get("KRING_KEYCLOAK_INTERNAL_URL") or None,
            local=is_local(unless_said=False),
        )
    return 0
