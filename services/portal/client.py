"""The portal's requests to services, with the reader's own token: each page declares its operations once.

INVITATION = Operation("network", "POST", "/v1/me/invitation/answer")
await client.ask(INVITATION, token=..., body={"answer": "yes"})
"""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
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
# How often a service is asked again that has not received the events of a change elsewhere yet.
_TIMES = 4
_LONGEST = 2
_NOT_YET = "not-yet"
_UNAVAILABLE = frozenset({408, 425, 500, 502, 503, 504})


class Answer(BaseModel):
    """The part of an answer that a page reads; the rest is ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class NamedAnswer(Answer):
    """A person with a name, parts of which a service may not know."""

    first_name: str | None = None
    last_name: str | None = None

    @property
    def name(self) -> str:
        """The known parts; empty if there are none, as for an erased person."""
        return " ".join(part for part in (self.first_name, self.last_name) if part)


AnswerT = TypeVar("AnswerT")
OneT = TypeVar("OneT")
OtherT = TypeVar("OtherT")


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
    # Whether it changes nothing, although it is a POST because its parameters may not be in an address.
    only_reads: bool = False

    def __post_init__(self) -> None:
        OPERATIONS.append(self)


OPERATIONS: list[Operation[Any]] = []


class Invalid(Answer):
    """A field of a request that a service refused: its path there, the kind of problem, and a text's limit."""

    field: str
    kind: str = ""
    limit: int | None = None


class ServiceRefused(Exception):
    """A service refused a request: `code` says why, `invalid` which fields of `body`, if it is their content."""

    def __init__(
        self,
        status: int,
        code: str,
        *,
        invalid: Sequence[Invalid] = (),
        body: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.invalid = invalid
        self.body = body


def path_of(operation: Operation[Any], ids: Mapping[str, Any]) -> str:
    """Return the path of a request. Each value fills exactly one segment, whatever a reader wrote there.

    Raises: ServiceRefused if that is impossible: one or two dots are steps in a path.
    """
    values = {name: quote(str(value), safe="") for name, value in ids.items()}
    if _STEPS & set(values.values()):
        raise ServiceRefused(404, "not-found")
    return operation.path.format(**values)


def require_sendable(headers: Mapping[str, str]) -> None:
    """Raise ServiceRefused if a value from a browser, such as the form's mark, cannot be sent in a header."""
    if not all(value.isprintable() for value in headers.values()):
        raise ServiceRefused(422, "invalid")


@dataclass(slots=True)
class After:
    """A reader's last changes, from the services' responses: no service answers them from an earlier state."""

    change: str | None = None
    is_new: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a request."""
        return {AFTER: self.change} if self.change else {}

    def note(self, headers: Mapping[str, str]) -> None:
        """Take over the headers of a response."""
        if AFTER in headers:
            self.change, self.is_new = headers[AFTER], True


class Client:
    """Sends requests in a reader's name. Answers are validated, and never stored."""

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
        """Return a service's answer, from a state not earlier than `after`, the reader's last changes.

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
            raise ServiceRefused(response.status, response.problem, invalid=_invalid(response), body=body)
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


class _Problem(Answer):
    errors: list[Invalid] = []


def _invalid(response: Response) -> list[Invalid]:
    try:
        return _Problem.model_validate_json(response.content).errors
    except ValidationError:
        return []


def _wait(response: Response) -> int:
    """Return after how many seconds a service wants to be asked again."""
    seconds = response.headers.get("retry-after", "")
    return min(int(seconds), _LONGEST) if seconds.isdecimal() else _LONGEST


async def both(one: Awaitable[OneT], other: Awaitable[OtherT]) -> tuple[OneT, OtherT]:
    """Await two things at once, such as services' answers and what the portal knows itself.

    Raises what one of them raised, when both are over: asyncio.gather would leave the other running, with a session
    that its request has given back.
    """
    first, second = await asyncio.gather(one, other, return_exceptions=True)
    if isinstance(first, BaseException):
        raise first
    if isinstance(second, BaseException):
        raise second
    return first, second
