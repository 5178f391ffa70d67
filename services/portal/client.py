"""What the portal asks of the services, with the reader's own token: each operation is named once, by its page.

INVITATION = Operation("network", "POST", "/v1/me/invitation/answer")
await client.ask(INVITATION, token=..., body={"answer": "yes"})
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from structlog.contextvars import get_contextvars

from shared.errors import Operational
from shared.http.after import HEADER as AFTER
from shared.http_client import HttpClient, Query, Response
from shared.settings import Settings

_STEPS = frozenset({"", ".", ".."})
# How often a service is asked again that has not heard yet of what was changed in another.
_TIMES = 4
_LONGEST = 2
_NOT_YET = "not-yet"
_UNAVAILABLE = frozenset({408, 425, 500, 502, 503, 504})


class Answer(BaseModel):
    """What a page reads of an answer; the rest is left out."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class NamedAnswer(Answer):
    """Somebody by their name, of which a service may not know a part."""

    first_name: str | None = None
    last_name: str | None = None

    @property
    def name(self) -> str:
        """The parts that are known; empty if there are none, as of who was erased."""
        return " ".join(part for part in (self.first_name, self.last_name) if part)


AnswerT = TypeVar("AnswerT")


class Items(Answer, Generic[AnswerT]):
    """A list, or its first page."""

    items: list[AnswerT]
    next: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Operation(Generic[AnswerT]):
    """An operation of a service, and what is read of its answer."""

    service: str
    method: str
    path: str
    answer: type[AnswerT]
    # Whether it changes nothing, though it is a POST: what is asked with may not stand in an address.
    only_reads: bool = False

    def __post_init__(self) -> None:
        OPERATIONS.append(self)


OPERATIONS: list[Operation[Any]] = []


class ServiceRefused(Exception):
    """A service refused what was asked: `code` says why."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


def path_of(operation: Operation[Any], ids: Mapping[str, Any]) -> str:
    """Return the path of what is asked. What stands in a place of it is one segment, whatever a reader wrote there.

    Raises: ServiceRefused if it can be none: a dot or two are steps in a path.
    """
    values = {name: quote(str(value), safe="") for name, value in ids.items()}
    if _STEPS & set(values.values()):
        raise ServiceRefused(404, "not-found")
    return operation.path.format(**values)


def require_sendable(headers: Mapping[str, str]) -> None:
    """Raise ServiceRefused if something that a browser sent, as the mark of its form, can stand in no header."""
    if not all(value.isprintable() for value in headers.values()):
        raise ServiceRefused(422, "invalid")


@dataclass(slots=True)
class After:
    """What a reader changed last, as services say it of their answers: no service answers them from before it."""

    change: str | None = None
    is_new: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """What a request says."""
        return {AFTER: self.change} if self.change else {}

    def note(self, headers: Mapping[str, str]) -> None:
        """Note what an answer says."""
        if AFTER in headers:
            self.change, self.is_new = headers[AFTER], True


class Client:
    """Asks the services in somebody's name. Answers are checked, and never kept."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._http = HttpClient(seconds=10, connections=100)

    async def ask(
        self,
        operation: Operation[AnswerT],
        *,
        headers: Mapping[str, str],
        body: Mapping[str, Any] | None = None,
        content: bytes | None = None,
        query: Query | None = None,
        ids: Mapping[str, Any] | None = None,
        after: After | None = None,
    ) -> AnswerT:
        """Return what a service answers, not from before what its reader changed: `after` says what that is.

        Raises: ServiceRefused; Operational if it does not answer.
        """
        after = after or After()
        asked = {**headers, **after.headers}
        response = await self._send(
            operation, headers=asked, body=body, content=content, query=query, ids=ids
        )
        for _ in range(_TIMES):
            if response.is_success or response.problem != _NOT_YET:
                break
            await asyncio.sleep(_wait(response))
            response = await self._send(
                operation, headers=asked, body=body, content=content, query=query, ids=ids
            )
        if not response.is_success:
            raise ServiceRefused(response.status, response.problem)
        after.note(response.headers)
        if operation.answer is type(None):
            return None
        if operation.answer is str:
            return cast("AnswerT", response.content.decode())
        try:
            return TypeAdapter(operation.answer).validate_json(response.content)
        except ValidationError as error:
            raise Operational(f"{operation.path}: {error.error_count()} fields do not fit") from None

    async def _send(
        self,
        operation: Operation[Any],
        *,
        headers: Mapping[str, str],
        body: Mapping[str, Any] | None,
        content: bytes | None,
        query: Query | None,
        ids: Mapping[str, Any] | None,
    ) -> Response:
        url = self._settings.service_url(operation.service) + path_of(operation, ids or {})
        require_sendable(headers)
        request_id = get_contextvars().get("request_id")
        named = {"x-request-id": request_id} if request_id else {}
        response = await self._http.ask(
            operation.service,
            operation.method,
            url,
            headers={**headers, **named},
            query=query,
            body=body if content is None else content,
        )
        if response.status in _UNAVAILABLE:
            raise Operational(f"{operation.service}: answered {response.status}")
        return response

    async def close(self) -> None:
        """Close all connections."""
        await self._http.close()


def _wait(response: Response) -> int:
    """Return in how many seconds a service wants to be asked again."""
    seconds = response.headers.get("retry-after", "")
    return min(int(seconds), _LONGEST) if seconds.isdecimal() else _LONGEST
