"""`kring subject`: the Kring id of a member of staff, from their id at the issuer."""

import os
from pathlib import Path

from deploy.local.errors import PlatformError


def subject(*, issuer: str, name: str, secrets: Path | None) -> int:
    """Print the id for a token of this issuer with this subject."""
    from shared.auth import read_issuers, subject_id

    directory = secrets or Path(os.environ.get("KRING_SECRETS_DIR", ".kring/secrets"))
    trusted = read_issuers(directory / "issuers.json", local=True)
    if issuer not in trusted:
        raise PlatformError(
            "This issuer is not in issuers.json; " + f"there are {', '.join(sorted(trusted))}."
        )
    print(subject_id(trusted[issuer], name))
    return 0
