"""Reads of one service from another: published contracts, by GET, with a token that names the purpose."""

import time
from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import ValidationError
from structlog.contextvars import get_contextvars

from shared import telemetry
from shared.contracts.base import Answer, Contract
from shared.errors import Gone, NotFound, NotYet, Operational
from shared.http_client import HttpClient, Response

if TYPE_CHECKING:
    from shared.auth import Issuer
    from shared.settings import Settings

_TOKEN_SECONDS = 300
_MAX_TOKENS = 1024
_RETRY_LATER = frozenset({408, 425, 429})


class RefusedByService(Exception):
    """Another service refused the request, or answered against its contract: a bug on one of the two sides."""


class ServiceClient:
    """A client for other services. `http`: replaces the network."""

    def __init__(
        self,
        *,
        settings: "Settings",
        issuer: "Issuer",
        service: str,
        http: HttpClient | None = None,
    ) -> None:
        self._settings = settings
        self._issuer = issuer
        self._service = service
        self._http = http or HttpClient(seconds=5, connections=50)
        self._tokens: dict[tuple[UUID, str], tuple[str, float]] = {}

    async def read(self, contract: Contract[Answer], *, tenant: UUID, **ids: UUID | str) -> Answer:
        """Return the answer of a contract's owner; `ids` (and codes) fill in its path.

        Raises: NotFound, Gone, NotYet; Operational if the service does not answer; RefusedByService.
        """
        response = await self._http.ask(
            contract.owner,
            "GET",
            self._settings.service_url(contract.owner) + contract.path_of(**ids),
            headers=self._headers(tenant=tenant, purpose=contract.purpose),
        )
        _require_answer(contract.owner, response)
        try:
            return contract.answer.model_validate_json(response.content)
        except ValidationError as error:
            raise RefusedByService(
                f"{contract.owner} answered no {contract.answer.__name__}: {error.error_count()} fields do not fit"
            ) from None

    async def close(self) -> None:
        """Close all connections."""
        await self._http.close()

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
        # Reused for half its lifetime: the receiver then knows it, and need not verify the signature again.
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


def _require_answer(service: str, response: Response) -> None:
    status = response.status
    if response.is_success:
        return
    if status == HTTPStatus.NOT_FOUND:
        raise NotFound
    if status == HTTPStatus.GONE:
        raise Gone
    code = response.problem
    if code == "not-yet":
        raise NotYet(f"{service}: not yet")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _RETRY_LATER:
        raise Operational(f"{service}: answered {status}")
    raise RefusedByService(f"{service} answered {status} {code}")
