"""Talks to the services' public APIs as anybody would: tokens, the tenant's header, problems explained, and patience.

A part that is down for a moment is asked again with the same Idempotency-Key, so that nothing is done twice.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from deploy.demo.failures import Refused, WentWrong
from shared.ids import uuid7

# Answers that say "not now": the part, or what it needs, will be back.
_LATER = frozenset({502, 503, 504})
_AGAIN_CODES = frozenset({"not-yet", "request-in-hand"})
_PATIENCE_SECONDS = 90.0


@dataclass(frozen=True)
class Asker:
    """Who asks: a token (none for what is open to everyone) and the tenant they name."""

    name: str
    token: str | None
    tenant: UUID | None = None

    def headers(self) -> dict[str, str]:
        """Return the headers of their requests."""
        headers = {}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        if self.tenant is not None:
            headers["Kring-Tenant"] = str(self.tenant)
        return headers


class Api:
    """The five APIs of one platform."""

    def __init__(self, addresses: Mapping[str, str], *, patience: float = _PATIENCE_SECONDS) -> None:
        """Take the base address of each service."""
        self._addresses = {name: address.rstrip("/") for name, address in addresses.items()}
        self._patience = patience
        self._client = httpx.AsyncClient(timeout=30, trust_env=False)
        self.calls = 0
        # Every address that was asked for, with its query, as a proxy's log would have it.
        self.asked: list[str] = []

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def get(self, service: str, path: str, asker: Asker, **query: str) -> Any:
        """Return what a GET answers. Raises: Refused, WentWrong."""
        return (await self._ask(service, "GET", path, asker, query=query)).json()

    async def text(self, service: str, path: str, asker: Asker, **query: str) -> str:
        """Return what a GET answers, as it is written. Raises: Refused, WentWrong."""
        return (await self._ask(service, "GET", path, asker, query=query)).text

    async def items(self, service: str, path: str, asker: Asker, **query: str) -> list[dict[str, Any]]:
        """Return all items of a list, page after page. Raises: Refused, WentWrong."""
        found: list[dict[str, Any]] = []
        while True:
            page = await self.get(service, path, asker, **query)
            if isinstance(page, list):
                return page
            found.extend(page["items"])
            following = page.get("next")
            if not following:
                return found
            query = {**query, "cursor": str(following)}

    async def send(
        self,
        method: str,
        service: str,
        path: str,
        asker: Asker,
        body: Mapping[str, Any] | None = None,
        *,
        content: bytes | None = None,
        content_type: str = "application/xml",
    ) -> Any:
        """Return what a POST, PUT or PATCH answers (None for nothing). Raises: Refused, WentWrong."""
        if content is not None:
            answer = await self._ask(service, method, path, asker, content=content, content_type=content_type)
        else:
            answer = await self._ask(service, method, path, asker, json=_as_json(body or {}))
        return answer.json() if answer.content else None

    async def post(self, service: str, path: str, asker: Asker, body: Mapping[str, Any] | None = None) -> Any:
        """Return what a POST answers. Raises: Refused, WentWrong."""
        return await self.send("POST", service, path, asker, body)

    async def put(self, service: str, path: str, asker: Asker, body: Mapping[str, Any]) -> Any:
        """Return what a PUT answers. Raises: Refused, WentWrong."""
        return await self.send("PUT", service, path, asker, body)

    async def _ask(
        self,
        service: str,
        method: str,
        path: str,
        asker: Asker,
        *,
        query: Mapping[str, str] | None = None,
        json: Any = None,
        content: bytes | None = None,
        content_type: str | None = None,
    ) -> httpx.Response:
        headers = asker.headers()
        if method != "GET":
            headers["Idempotency-Key"] = str(uuid7())
        if content_type is not None:
            headers["Content-Type"] = content_type
        address = self._addresses[service] + path
        until = time.monotonic() + self._patience
        pause = 0.05
        while True:
            self.calls += 1
            try:
                answer = await self._client.request(
                    method, address, params=query or None, json=json, content=content, headers=headers
                )
            except httpx.TransportError as error:
                trouble = type(error).__name__
            else:
                self.asked.append(str(answer.request.url))
                if not _is_later(answer):
                    return self._checked(answer, service=service, method=method, path=path, asker=asker)
                trouble = f"{answer.status_code} {_problem(answer).get('title', '')}"
            if time.monotonic() > until:
                raise WentWrong(
                    f"{service} did not answer {method} {path} for {self._patience:.0f} seconds: {trouble}"
                )
            await asyncio.sleep(pause)
            pause = min(pause * 2, 1)

    @staticmethod
    def _checked(
        answer: httpx.Response, *, service: str, method: str, path: str, asker: Asker
    ) -> httpx.Response:
        if answer.is_success:
            return answer
        problem = _problem(answer)
        code = str(problem.get("type", "")).rpartition("/")[2] or "unknown"
        why = problem.get("detail") or problem.get("title") or answer.text[:200]
        fields = "; ".join(f"{item['field']}: {item['problem']}" for item in problem.get("errors") or ())
        facts = " ".join(f"{name}={value}" for name, value in (problem.get("facts") or {}).items())
        told = " | ".join(part for part in (str(why), fields, facts) if part)
        raise Refused(
            f"{service} refused {method} {path} by {asker.name}: {answer.status_code} {code}: {told}",
            status=answer.status_code,
            code=code,
        )


def _is_later(answer: httpx.Response) -> bool:
    if answer.status_code in _LATER:
        return True
    if answer.status_code not in (409, 425):
        return False
    return str(_problem(answer).get("type", "")).rpartition("/")[2] in _AGAIN_CODES


def _problem(answer: httpx.Response) -> dict[str, Any]:
    if "json" not in answer.headers.get("content-type", ""):
        return {}
    body = answer.json()
    return body if isinstance(body, dict) else {}


def _as_json(value: Any) -> Any:
    """Return a value that JSON can hold: ids, dates and words as text."""
    if isinstance(value, Mapping):
        return {str(name): _as_json(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_as_json(item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
