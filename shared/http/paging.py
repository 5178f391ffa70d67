"""Paged lists: by (time, id), so that every page is as cheap as the first, and none shifts."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from sqlalchemy import Row, Select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import ColumnElement

from shared.errors import Invalid
from shared.http.models import ResponseModel

Item = TypeVar("Item")
Entry = TypeVar("Entry")
TimeColumn = ColumnElement[datetime] | InstrumentedAttribute[datetime]
IdColumn = ColumnElement[UUID] | InstrumentedAttribute[UUID]

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_CURSOR_LENGTH = 32
# What is longer is no cursor, of any list.
MAX_CURSOR = 64


class CursorNotReadable(Invalid):
    """The cursor was not issued by one of our lists."""

    code = "cursor-not-readable"
    title = "Send the cursor as the list gave it in `next`, or none for the first page"


class Page(ResponseModel, Generic[Item]):
    """One page of a list, and the cursor of the next."""

    items: list[Item]
    next: str | None = None


@dataclass(frozen=True)
class PageRequest:
    """The requested page."""

    limit: int = DEFAULT_LIMIT
    cursor: str | None = None


async def _page_request(
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=MAX_CURSOR)] = None,
) -> PageRequest:
    return PageRequest(limit, cursor)


Paging = Annotated[PageRequest, Depends(_page_request)]


def encode_cursor(moment: datetime, row_id: UUID) -> str:
    """Return the cursor of the row with this time and id."""
    microseconds = (moment - _EPOCH) // _MICROSECOND
    return urlsafe_b64encode(microseconds.to_bytes(8, "big", signed=True) + row_id.bytes).decode()


def decode_cursor(cursor: str) -> tuple[datetime, UUID]:
    """Return the time and id in a cursor. Raises: CursorNotReadable."""
    try:
        if len(cursor) != _CURSOR_LENGTH:
            raise CursorNotReadable
        raw = urlsafe_b64decode(cursor.encode("ascii"))
        moment = _EPOCH + int.from_bytes(raw[:8], "big", signed=True) * _MICROSECOND
        return moment, UUID(bytes=raw[8:])
    except (NotBase64, ValueError, OverflowError):
        raise CursorNotReadable from None


@dataclass(frozen=True)
class Rows(Generic[Entry]):
    """The rows of one page, and the cursor of the next page."""

    items: Sequence[Entry]
    next: str | None


async def paginate(
    session: AsyncSession,
    query: Select[Any],
    page: PageRequest,
    *,
    time: TimeColumn,
    id: IdColumn,  # noqa: A002 - reads as what it is where it is called
    newest_first: bool = True,
) -> Rows[Any]:
    """Return one page of a query, ordered by (time, id); an index on (..., time, id) serves it at any depth.

    If the query selects exactly one entity its instances are returned, else rows. Raises: CursorNotReadable.
    """
    position = tuple_(time, id)
    if page.cursor is not None:
        after = decode_cursor(page.cursor)
        query = query.where(position < after if newest_first else position > after)
    order = (time.desc(), id.desc()) if newest_first else (time.asc(), id.asc())
    # One extra row shows whether there is a next page.
    columns = len(query.selected_columns) if not query.column_descriptions else len(query.column_descriptions)
    query = query.add_columns(time.label("page_time"), id.label("page_id")).order_by(None).order_by(*order)
    rows = (await session.execute(query.limit(page.limit + 1))).all()
    shown = rows[: page.limit]
    more = len(rows) > page.limit
    cursor = encode_cursor(shown[-1].page_time, shown[-1].page_id) if more else None
    return Rows([_entry(row, columns) for row in shown], cursor)


def _entry(row: Row[Any], columns: int) -> Any:
    return row[0] if columns == 1 else row
