"""Collects what is sent to PostgreSQL, for tests of how many queries something takes."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine


def count_statements(engine: AsyncEngine, into: list[str]) -> Any:
    """Collect every statement that the engine sends; return the listener, to remove it."""

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        into.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    return note
