"""Wraps the keys of subjects: with a master key from the secrets, or a key management service. One small interface."""

import os
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.secrets import SecretMissing

if TYPE_CHECKING:
    from shared.secrets import Secrets
    from shared.settings import Settings

KEY_BYTES = 32
_NONCE_BYTES = 12


class VaultError(Exception):
    """A sealed value or key cannot be used: wrong row, wrong key, or damaged; never expected."""


class Wrapper(Protocol):
    """Wraps keys and opens what it wrapped, each bound to its id, several at once."""

    # Stored with each wrapped key, to find the wrapper that can open it, even after years.
    id: str

    async def wrap(self, keys: Sequence[tuple[UUID, bytes]]) -> list[bytes]:
        """Return the keys wrapped, in order. Raises: Operational if it cannot be reached."""
        ...

    async def unwrap(self, wrapped: Sequence[tuple[UUID, bytes]]) -> list[bytes]:
        """Return the keys, in order.

        Raises: VaultError if one was not wrapped here for its id; Operational if it cannot be reached.
        """
        ...

    async def close(self) -> None:
        """Close connections."""
        ...


class MasterKey:
    """A key that only wraps other keys, from the secrets of the installation."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a master key has {KEY_BYTES} bytes")
        self.id = sha256(b"kring master key id" + key).hexdigest()[:16]
        self._aead = AESGCM(key)

    @classmethod
    def parse(cls, encoded: str) -> "MasterKey":
        """Read a key written as url-safe base64."""
        return cls(urlsafe_b64decode(encoded.strip()))

    async def wrap(self, keys: Sequence[tuple[UUID, bytes]]) -> list[bytes]:
        """Encrypt data keys, each bound to its id."""
        return [self._wrapped(key_id, key) for key_id, key in keys]

    async def unwrap(self, wrapped: Sequence[tuple[UUID, bytes]]) -> list[bytes]:
        """Decrypt data keys. Raises: VaultError if one is not this key's, or not whole."""
        return [self._unwrapped(key_id, each) for key_id, each in wrapped]

    async def close(self) -> None:
        """Nothing is open."""

    def _wrapped(self, key_id: UUID, key: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, key, key_id.bytes)

    def _unwrapped(self, key_id: UUID, wrapped: bytes) -> bytes:
        try:
            return self._aead.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], key_id.bytes)
        except InvalidTag:
            raise VaultError(f"data key {key_id} cannot be unwrapped") from None


def wrappers_of(settings: "Settings", secrets: "Secrets") -> tuple[Wrapper, list[Wrapper]]:
    """Return the wrapper for new keys, and others that open older ones, as the settings name them.

    Raises: SecretMissing if a secret for wrapping is missing.
    """
    from shared.vault.transit import Transit

    keys = [] if secrets.master_key is None else [secrets.master_key]
    master: list[Wrapper] = [MasterKey(key) for key in keys]
    previous: list[Wrapper] = [MasterKey(key) for key in secrets.master_keys_previous]
    service: list[Wrapper] = [] if settings.kms_address is None else [Transit.of(settings)]
    if settings.kms_wraps:
        if not service:
            raise SecretMissing("KRING_KMS_WRAPS is set, but not KRING_KMS_ADDRESS")
        return service[0], [*master, *previous]
    if not master:
        raise SecretMissing("there is no master_key among the secrets of the service, and no other key wraps")
    return master[0], [*previous, *service]
