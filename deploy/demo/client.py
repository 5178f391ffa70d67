"""Asks the services' public APIs as anybody would; a part that is away is asked again with the same Idempotency-Key."""

from collections.abc import Mapping
from typing import Any

import httpx
from pydantic_core import to_jsonable_python

from deploy.watch.failures import WentWrong, patiently
from shared.errors import Operational
from shared.ids import uuid7

# Answers that say "not now": the part, or what it needs, will be back.
_LATER = frozenset({502, 503, 504})
_LATER_CODES = ("/not-yet", "/request-in-hand")


class Refused(WentWrong):
    """A request was refused; `status` is HTTP's."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class Client:
    """The five APIs of one platform. `asked`: every address that was asked for, as a proxy's log would have it."""

    def __init__(self, http: httpx.AsyncClient, addresses: Mapping[str, str], *, patience: float) -> None:
        self._http = http
        self._addresses = addresses
        self._patience = patience
        self.asked: list[str] = []

    async def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        *,
        body: Any = None,
        query: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Return a successful answer; `path` begins with the service, `body` becomes JSON, unless it is a file's bytes.

        Raises: Refused, NotSettled.
        """
        service, _, rest = path.partition("/")
        request = self._http.build_request(
            method,
            f"{self._addresses[service]}/v1/{rest}",
            params=query,
            headers={**headers, **({} if method == "GET" else {"Idempotency-Key": str(uuid7())})},
            **({"content": body} if isinstance(body, bytes) else {"json": to_jsonable_python(body)}),
        )

        async def send() -> httpx.Response:
            answer = await self._http.send(request)
            self.asked.append(str(request.url))
            kind = "" if answer.is_success else str(answer.json().get("type", ""))
            if answer.status_code in _LATER or kind.endswith(_LATER_CODES):
                raise Operational(f"{answer.status_code} {kind}")
            if not answer.is_success:
                problem = f"{answer.status_code} {answer.text}"
                raise Refused(f"{method} {path} is refused: {problem}", status=answer.status_code)
            return answer

        return await patiently(send, f"{method} {path}", seconds=self._patience)

    async def items(self, path: str, headers: Mapping[str, str], **query: str) -> list[dict[str, Any]]:
        """Return all items of a list, page after page. Raises: as `ask`."""
        found: list[dict[str, Any]] = []
        while True:
            page = (await self.ask("GET", path, headers, query=query)).json()
            if isinstance(page, list):
                return page
            found += page["items"]
            if not page.get("next"):
                return found
            query["cursor"] = str(page["next"])
