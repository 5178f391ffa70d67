"""How one service asks another: GET from the owner, with a token that names the purpose."""

import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from uuid import UUID

from structlog.contextvars import get_contextvars

from shared import telemetry
from shared.errors import Gone, NotFound, NotYet, Operational

if TYPE_CHECKING:
    import httpx

    from shared.auth import Issuer
    from shared.settings import Settings

# The purpose for which every service answers with all it holds on one person, and on nobody else.
COPY_FOR_PERSON = "copy-for-person"
# The purpose for which intake says whether anything keeps a file from being erased.
ERASE_PERSON = "erase-person"
_TOKEN_SECONDS = 300
_MAX_TOKENS = 1024
_RETRY_LATER = frozenset({408, 425, 429})


class RefusedByService(Exception):
    """Another service of the platform refused what was asked: a bug on one of the two sides."""


class ServiceClient:
    """Asks other services; connections are made when first needed."""

    def __init__(self, *, settings: "Settings", issuer: "Issuer", service: str) -> None:
        self._settings = settings
        self._issuer = issuer
        self._service = service
        self._http: httpx.AsyncClient | None = None
        self._tokens: dict[tuple[UUID, str], tuple[str, float]] = {}

    async def get(self, service: str, path: str, *, tenant: UUID, purpose: str, **query: str | int) -> Any:
        """Return what a service answers at a path.

        Raises: NotFound, Gone, NotYet; Operational if the service does not answer; RefusedByService.
        """
        import httpx

        try:
            response = await self._connected().get(
                self._settings.service_url(service) + path,
                params=query,
                headers=self._headers(tenant=tenant, purpose=purpose),
            )
        except httpx.HTTPError as error:
            raise Operational(f"{service}: {type(error).__name__}") from None
        return self._read(service, response)

    async def find(
        self, service: str, path: str, *, tenant: UUID, purpose: str, **query: str | int
    ) -> Any | None:
        """Return what a service answers at a path, or None if there is nothing. Raises: as `get`."""
        try:
            return await self.get(service, path, tenant=tenant, purpose=purpose, **query)
        except NotFound:
            return None

    async def close(self) -> None:
        """Close all connections."""
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    def _connected(self) -> "httpx.AsyncClient":
        if self._http is None:
            import httpx

            self._http = httpx.AsyncClient(
                timeout=httpx.Timeout(5, connect=2),
                limits=httpx.Limits(max_connections=50, max_keepalive_connections=10, keepalive_expiry=10),
                # A proxy of the environment must not see what services tell each other.
                trust_env=False,
            )
        return self._http

    def _headers(self, *, tenant: UUID, purpose: str) -> dict[str, str]:
        headers = {"authorization": f"Bearer {self._token(tenant, purpose)}"}
        request_id = get_contextvars().get("request_id")
        if request_id is not None:
            headers["x-request-id"] = request_id
        traceparent = telemetry.current_traceparent()
        if traceparent is not None:
            headers["traceparent"] = traceparent
        return headers

    def _token(self, tenant: UUID, purpose: str) -> str:
        # Kept for half its life: the one who is asked then knows it, and need not check the signature again.
        kept = self._tokens.get((tenant, purpose))
        now = time.monotonic()
        if kept is not None and kept[1] > now:
            return kept[0]
        if len(self._tokens) >= _MAX_TOKENS:
            self._tokens.clear()
        token = self._issuer.service(
            service=self._service, purpose=purpose, tenant=tenant, seconds=_TOKEN_SECONDS
        )
        self._tokens[(tenant, purpose)] = (token, now + _TOKEN_SECONDS / 2)
        return token

    def _read(self, service: str, response: "httpx.Response") -> Any:
        status = response.status_code
        if response.is_success:
            return response.json()
        if status == HTTPStatus.NOT_FOUND:
            raise NotFound
        if status == HTTPStatus.GONE:
            raise Gone
        code = _code(response)
        if code == "not-yet":
            raise NotYet(f"{service}: not yet")
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _RETRY_LATER:
            raise Operational(f"{service}: answered {status}")
        raise RefusedByService(f"{service} answered {status} {code}")


def _code(response: "httpx.Response") -> str:
    try:
        return str(response.json()["type"]).rpartition("/")[2]
    except (ValueError, KeyError, TypeError):
        return "unknown"
