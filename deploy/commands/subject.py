"""`kring subject`: the id under which a member of staff is known here, from what their issuer calls them."""

import os
from pathlib import Path

from deploy.local.errors import PlatformError


def subject(*, issuer: str, name: str, secrets: Path | None) -> int:
    """Print the id that a token of this issuer with this subject stands for."""
    from shared.auth import read_issuers, subject_id

    directory = secrets or Path(os.environ.get("KRING_SECRETS_DIR", ".kring/secrets"))
    trusted = read_issuers(directory / "issuers.json", local=True)
    if issuer not in trusted:
        raise PlatformError(
            "This issuer is not in issuers.json; " + f"there are {', '.join(sorted(trusted))}."
        )
    print(subject_id(trusted[issuer], name))
    return 0
