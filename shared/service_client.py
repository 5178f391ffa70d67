"""How one service reads from another: what its owner published, by GET, with a token that names the purpose."""

import time
from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import ValidationError
from structlog.contextvars import get_contextvars

from shared import telemetry
from shared.contracts.base import Answer, Contract
from shared.errors import Gone, NotFound, NotYet, Operational

if TYPE_CHECKING:
    import httpx

    from shared.auth import Issuer
    from shared.settings import Settings

_TOKEN_SECONDS = 300
_MAX_TOKENS = 1024
_RETRY_LATER = frozenset({408, 425, 429})


class RefusedByService(Exception):
    """Another service refused what was asked, or answered what it did not publish: a bug on one of the two sides."""


class ServiceClient:
    """Asks other services, connecting when that is first needed. `transport`: another way to them than the network."""

    def __init__(
        self,
        *,
        settings: "Settings",
        issuer: "Issuer",
        service: str,
        transport: "httpx.AsyncBaseTransport | None" = None,
    ) -> None:
        self._settings = settings
        self._issuer = issuer
        self._service = service
        self._transport = transport
        self._http: httpx.AsyncClient | None = None
        self._tokens: dict[tuple[UUID, str], tuple[str, float]] = {}

    async def read(self, contract: Contract[Answer], *, tenant: UUID, **ids: UUID | str) -> Answer:
        """Return what the owner of a contract answers; `ids` (and codes) fill in its path.

        Raises: NotFound, Gone, NotYet; Operational if the service does not answer; RefusedByService.
        """
        import httpx

        try:
            response = await self._connected().get(
                self._settings.service_url(contract.owner) + contract.path_of(**ids),
                headers=self._headers(tenant=tenant, purpose=contract.purpose),
            )
        except httpx.HTTPError as error:
            raise Operational(f"{contract.owner}: {type(error).__name__}") from None
        _require_answer(contract.owner, response)
        try:
            return contract.answer.model_validate_json(response.content)
        except ValidationError as error:
            raise RefusedByService(
                f"{contract.owner} answered no {contract.answer.__name__}: {error.error_count()} fields do not fit"
            ) from None

    async def close(self) -> None:
        """Close all connections."""
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    def _connected(self) -> "httpx.AsyncClient":
        if self._http is None:
            import httpx

            self._http = httpx.AsyncClient(
                transport=self._transport,
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


def _require_answer(service: str, response: "httpx.Response") -> None:
    status = response.status_code
    if response.is_success:
        return
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
