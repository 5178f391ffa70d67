"""`kring secrets`: the keys of an installation, and whom it trusts."""

import os
from pathlib import Path

_YES = ("1", "true", "t", "yes", "y", "on")


def is_local(*, unless_said: bool) -> bool:
    """Say whether KRING_LOCAL says that this is an installation on one machine, for its own use."""
    said = os.environ.get("KRING_LOCAL")
    return unless_said if said is None else said.strip().lower() in _YES


def secrets(directory: Path, *, rotate: str | None = None, now: bool = False) -> int:
    """Make what is missing in a directory of secrets; trust a Keycloak server that the environment names.

    `rotate`: the step to take (begin, switch or finish) of replacing what is there. Raises: PlatformError.
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
