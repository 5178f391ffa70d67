"""In which order transactions lock: whoever takes two kinds of locks the other way round waits for them for ever.

A kind is a name of `shared.locks` or a table whose rows are locked until the commit. What is passed over when somebody
else holds it (SKIP LOCKED, a lock that is only tried) waits for nobody and is none. Of two rows of one table nothing is
said here: what locks several says in which order (`ORDER BY`).

Pairs of kinds are compared within the tests of a file. Of two the order is fixed for all: a case's state comes before
every row, and the streams of events after all else.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, event

_LOCKS = re.compile(r"\bFOR (?:NO KEY )?(?:UPDATE|SHARE)\b(?: OF (?P<of>\w+))?(?! SKIP)", re.IGNORECASE)
_SKIPS = re.compile(r"\bSKIP LOCKED\b", re.IGNORECASE)
_FROM = re.compile(r'\bFROM "?(\w+)"?', re.IGNORECASE)
_NAMED = re.compile(r"\bpg_advisory_xact_lock\b", re.IGNORECASE)
_STREAM = re.compile(r"\bINSERT INTO stream\b", re.IGNORECASE)
_CASE = "case_state"
# Held instead of a case's state that this service does not know yet.
_UNKNOWN_CASE = "case-state"


class LockOrder:
    """What was locked after what in all transactions that there were."""

    def __init__(self) -> None:
        # By what stands for a transaction: SQLAlchemy makes a connection of its own for each.
        self._held: WeakKeyDictionary[Any, list[str]] = WeakKeyDictionary()
        # Of each database: the pair, and the statement that locked the second.
        self.seen: dict[tuple[str, str, str], str] = {}
        self.wrong: list[str] = []

    @contextmanager
    def following(self) -> Iterator[None]:
        """Follow every connection of this process meanwhile."""
        event.listen(Engine, "before_cursor_execute", self._note)
        try:
            yield
        finally:
            event.remove(Engine, "before_cursor_execute", self._note)

    def _note(self, connection: Connection, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        self.note(connection, connection.engine.url.database or "", statement, values)

    def note(self, transaction: Any, database: str, statement: str, values: Any = ()) -> None:
        """Note the locks that a statement of a transaction waits for."""
        for kind in kinds_of(statement, values):
            held = self._held.setdefault(transaction, [])
            if kind in held:
                continue
            for before in held:
                self.seen.setdefault((database, before, kind), statement)
                other = self.seen.get((database, kind, before))
                if other is not None:
                    self.wrong.append(f"{before}, then {kind}: {statement}\n{kind}, then {before}: {other}")
                elif before == "stream" or (kind == _CASE and not before.startswith("name ")):
                    self.wrong.append(f"{before}, then {kind}: {statement}")
            held.append(kind)


def kinds_of(statement: str, values: Any) -> Iterator[str]:
    """Yield the kinds of locks that a statement waits for."""
    kind = _kind_of(statement)
    if kind == "name":
        yield _CASE if values[0] == _UNKNOWN_CASE else f"name {values[0]}"
    elif kind is not None:
        yield kind


@lru_cache(maxsize=10_000)
def _kind_of(statement: str) -> str | None:
    if _NAMED.search(statement):
        return "name"
    if _STREAM.search(statement):
        return "stream"
    found = None if _SKIPS.search(statement) or statement.startswith("CREATE ") else _LOCKS.search(statement)
    if found is None:
        return None
    table = _FROM.search(statement)
    return found["of"] or (table[1] if table else statement)
