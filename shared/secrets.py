"""The secrets of one process, read from files (mounted secrets, or made at first start on one machine).

An installation's directory of secrets has one directory for each service, with only its own. A process mounts
its own; commands of the installation get the whole.
"""

import base64
from dataclasses import dataclass, field
from pathlib import Path


class SecretMissing(Exception):
    """A key file is missing or is not a key; the text names the file."""


@dataclass(frozen=True)
class Login:
    """A user of a server, with its password."""

    user: str
    password: str = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> "Login":
        """Read a login (`user:password`). Raises: SecretMissing."""
        user, _, password = read_secret(path).partition(":")
        if not user or not password:
            raise SecretMissing(f"{path} must hold a user and a password, as user:password")
        return cls(user, password)


@dataclass(frozen=True)
class Secrets:
    """The 32-byte keys of one service. They never appear in representations or logs."""

    # None: a key management service wraps instead.
    master_key: bytes | None = field(repr=False)
    index_key: bytes = field(repr=False)
    audit_key: bytes = field(repr=False)
    # The first encrypts; all decrypt.
    codec_keys: tuple[bytes, ...] = field(repr=False)
    # Previous master keys, which only decrypt.
    master_keys_previous: tuple[bytes, ...] = field(repr=False, default=())

    @classmethod
    def load(cls, directory: Path) -> "Secrets":
        """Read the keys of a service (each 32 bytes in urlsafe base64) from its directory. Raises: SecretMissing."""
        master = directory / "master_key"
        index_key = read_key(directory / "index_key")
        return cls(
            # With a key management service there may be none.
            master_key=read_key(master) if master.exists() else None,
            index_key=index_key,
            audit_key=read_key(directory / "audit_key"),
            codec_keys=tuple(read_key(path) for path in versions(directory / "codec_key")),
            master_keys_previous=tuple(
                read_key(path) for path in sorted(directory.glob("master_key_previous*"))
            ),
        )


def secrets_of(directory: Path, process: str) -> Path:
    """Return the directory of a process's secrets: the directory itself, unless it is a whole installation's."""
    own = directory / process
    return own if own.is_dir() else directory


def versions(path: Path) -> list[Path]:
    """Return the files of a secret: the one in use, then those also accepted during a rotation."""
    others = sorted(path.parent.glob(f"{path.name}_next*")) + sorted(
        path.parent.glob(f"{path.name}_previous*")
    )
    return [path, *others]


def role_of(service: str) -> str:
    """Return the PostgreSQL role with a service's rights: its logins are members of it."""
    return f"kring_{service}"


def read_key(path: Path) -> bytes:
    """Read a key. Raises: SecretMissing."""
    try:
        key = base64.urlsafe_b64decode(read_secret(path))
    except ValueError:
        raise SecretMissing(f"the key in {path} is not in urlsafe base64") from None
    if len(key) != 32:
        raise SecretMissing(f"the key in {path} must be 32 bytes in urlsafe base64")
    return key


def read_secret(path: Path) -> str:
    """Read a secret literally. Raises: SecretMissing."""
    try:
        return path.read_text().strip()
    except (OSError, ValueError):
        raise SecretMissing(
            f"the key file {path} cannot be read; give KRING_SECRETS_DIR a directory with it"
        ) from None
