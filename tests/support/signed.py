"""What is put into a broker as a service would."""

from pathlib import Path

from shared.secrets import secrets_of
from shared.signing import HEADER, Signer


def signed(secrets_dir: Path, event_type: str, body: bytes, *, service: str | None = None) -> dict[str, str]:
    """Return the headers of an event of a service (the one that its type is named after)."""
    own = secrets_of(secrets_dir, service or event_type.partition(".")[0])
    return {HEADER: Signer.load(own / "signing_key").sign(event_type, body)}
