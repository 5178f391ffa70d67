"""The keys of an installation, read from files (mounted secrets, or made at first start on one machine)."""

import base64
import hmac
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path


class SecretMissing(Exception):
    """A key file is missing or is not a key; the text names the file."""


@dataclass(frozen=True)
class Secrets:
    """32-byte keys. They never appear in representations or logs."""

    # None: a key management service wraps in its place.
    master_key: bytes | None = field(repr=False)
    codec_key: bytes = field(repr=False)
    link_key: bytes = field(repr=False)
    index_key: bytes = field(repr=False)
    audit_key: bytes = field(repr=False)
    # Master keys that wrap nothing new but still open what they wrapped.
    master_keys_previous: tuple[bytes, ...] = field(repr=False, default=())

    @classmethod
    def load(cls, directory: Path) -> "Secrets":
        """Read the keys (each 32 bytes in urlsafe base64). Raises: SecretMissing."""
        indexes, master = directory / "index_key", directory / "master_key"
        # Where a key management service wraps there may be none; indexes then have a key of their own.
        master_key = None if indexes.exists() and not master.exists() else _read(master)
        # An installation from before this file existed made its indexes with the master key.
        index_key = index_key_of(master_key) if master_key and not indexes.exists() else _read(indexes)
        keys = {name: _read(directory / name) for name in ("codec_key", "link_key", "audit_key")}
        previous = tuple(_read(path) for path in sorted(directory.glob("master_key_previous*")))
        return cls(**keys, master_key=master_key, index_key=index_key, master_keys_previous=previous)


def index_key_of(master_key: bytes) -> bytes:
    """Return the key of blind indexes that goes with a master key, where there is none of its own."""
    return hmac.digest(master_key, b"blind index", sha256)


def role_of(service: str) -> str:
    """Return the name of the role as which a service logs in to PostgreSQL: it owns nothing there."""
    return f"kring_{service}"


def password_of(database_key: bytes, role: str) -> str:
    """Return a role's password, made from the installation's key for databases."""
    return hmac.digest(database_key, f"database role {role}".encode(), sha256).hex()


def database_key(directory: Path) -> bytes:
    """Read the key that the passwords of the services' roles are made of. Raises: SecretMissing."""
    return _read(directory / "database_key")


def _read(path: Path) -> bytes:
    try:
        key = base64.urlsafe_b64decode(path.read_text().strip())
    except (OSError, ValueError):
        raise SecretMissing(
            f"the key file {path} cannot be read; give KRING_SECRETS_DIR a directory with it"
        ) from None
    if len(key) != 32:
        raise SecretMissing(f"the key in {path} must be 32 bytes in urlsafe base64")
    return key
