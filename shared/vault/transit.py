"""A key management service over HTTP: the Transit API of HashiCorp Vault and OpenBao.

Keys are sent there to be encrypted, with the id that they are bound to as associated data. The id is also
inside the plaintext, for a server that ignores associated data.
"""

import hmac
import ssl
from base64 import b64decode, b64encode
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from shared.errors import Operational
from shared.vault.wrapping import KEY_BYTES, VaultError

if TYPE_CHECKING:
    import httpx2

    from shared.settings import Settings

log = structlog.get_logger(__name__)

# The service's own limit is far higher; a batch must finish within its time limit.
_AT_ONCE = 250
_ID_BYTES = 16


class Transit:
    """One key of a transit engine. Its versions are managed by the service: a ciphertext names its own."""

    def __init__(
        self,
        *,
        address: str,
        key: str,
        token_file: Path,
        mount: str = "transit",
        namespace: str | None = None,
        ca_file: Path | None = None,
        seconds: float = 5.0,
    ) -> None:
        # Without the address: after a move the same key is reached under another name.
        self.id = f"transit:{mount}/{key}"
        self._base = f"{address.rstrip('/')}/v1/{mount.strip('/')}"
        self._key = key
        self._token_file = token_file
        self._namespace = namespace
        self._ca_file = ca_file
        self._seconds = seconds
        self._http: httpx2.AsyncClient | None = None

    @classmethod
    def of(cls, settings: "Settings") -> "Transit":
        """Return the service that the settings name."""
        return cls(
            address=settings.kms_address or "",
            key=settings.kms_key,
            token_file=settings.kms_token_file,
            mount=settings.kms_mount,
            namespace=settings.kms_namespace,
            ca_file=settings.kms_ca_file,
            seconds=settings.kms_seconds,
        )

    async def wrap(self, keys: Sequence[tuple[UUID, bytes]]) -> list[bytes]:
        """Return the keys wrapped, in order. Raises: Operational."""
        items = [
            {"plaintext": _b64(key_id.bytes + key), "associated_data": _b64(key_id.bytes)}
            for key_id, key in keys
        ]
        return [_text(result, "ciphertext").encode() for result in await self._ask("encrypt", items)]

    async def unwrap(self, wrapped: Sequence[tuple[UUID, bytes]]) -> list[bytes]:
        """Return the keys, in order. Raises: VaultError if one was not wrapped here for its id; Operational."""
        items = [
            {"ciphertext": each.decode("ascii", "replace"), "associated_data": _b64(key_id.bytes)}
            for key_id, each in wrapped
        ]
        results = await self._ask("decrypt", items)
        return [_opened(key_id, result) for (key_id, _), result in zip(wrapped, results, strict=True)]

    async def close(self) -> None:
        """Close the connections to the service."""
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def _ask(self, what: str, items: Sequence[dict[str, str]]) -> list[dict[str, Any]]:
        results: list[dict[str, Any]] = []
        for start in range(0, len(items), _AT_ONCE):
            part = items[start : start + _AT_ONCE]
            found = await self._post(f"{self._base}/{what}/{self._key}", {"batch_input": list(part)})
            if len(found) != len(part):
                raise Operational(f"key management service: {len(found)} results for {len(part)}")
            results += found
        return results

    async def _post(self, url: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        import httpx2

        try:
            response = await self._connected().post(url, json=body, headers=self._headers())
        except (httpx2.HTTPError, OSError) as error:
            log.warning("kms.unreachable", error=type(error).__name__)
            raise Operational(f"key management service: {type(error).__name__}") from None
        try:
            results = response.json()["data"]["batch_results"]
        except (ValueError, KeyError, TypeError):
            # Sealed, overloaded, an expired token, a missing key: all of it can be fixed.
            log.warning("kms.refused", status=response.status_code)
            raise Operational(f"key management service: answered {response.status_code}") from None
        # 400 means that part of a batch failed; each item says so itself.
        if response.status_code not in (HTTPStatus.OK, HTTPStatus.BAD_REQUEST) or not isinstance(
            results, list
        ):
            raise Operational(f"key management service: answered {response.status_code}")
        return results

    def _headers(self) -> dict[str, str]:
        # Read each time, as it may be renewed there.
        try:
            token = self._token_file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            raise Operational("key management service: its token cannot be read") from None
        headers = {"x-vault-token": token, "x-vault-request": "true"}
        return headers if self._namespace is None else {**headers, "x-vault-namespace": self._namespace}

    def _connected(self) -> "httpx2.AsyncClient":
        if self._http is None:
            import httpx2

            verify = ssl.create_default_context(cafile=None if self._ca_file is None else str(self._ca_file))
            self._http = httpx2.AsyncClient(
                timeout=httpx2.Timeout(self._seconds, connect=min(2.0, self._seconds)),
                verify=verify,
                trust_env=False,
            )
        return self._http


def _b64(value: bytes) -> str:
    return b64encode(value).decode()


def _text(result: dict[str, Any], name: str) -> str:
    found = result.get(name) if isinstance(result, dict) else None
    if not isinstance(found, str) or not found:
        raise Operational("key management service: an answer without its result")
    return found


def _opened(key_id: UUID, result: dict[str, Any]) -> bytes:
    if isinstance(result, dict) and result.get("error"):
        raise VaultError(f"data key {key_id} cannot be unwrapped")
    try:
        plain = b64decode(_text(result, "plaintext"), validate=True)
    except ValueError:
        raise VaultError(f"data key {key_id} is not what was wrapped") from None
    # Checked here too: an older server ignores associated data.
    if len(plain) != _ID_BYTES + KEY_BYTES or not hmac.compare_digest(plain[:_ID_BYTES], key_id.bytes):
        raise VaultError(f"data key {key_id} is not what was wrapped")
    return plain[_ID_BYTES:]
