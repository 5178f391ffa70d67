"""Locks are taken in one order everywhere: how it is noticed that they are not."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

from sqlalchemy import text

from shared import locks
from shared.database import Database
from tests.support.lock_order import LockOrder, kinds_of


class Transaction:
    """Stands for one."""


def _locking(kind: str) -> tuple[str, tuple[str, ...]]:
    """Return a statement that takes a lock, and its values."""
    if kind.startswith("name "):
        return "SELECT pg_advisory_xact_lock(hashtext($1), hashtext($2))", (kind.removeprefix("name "), "")
    return ("INSERT INTO stream" if kind == "stream" else f"SELECT 1 FROM {kind} FOR UPDATE"), ()


class TestOrder:
    def test_of_two_transactions_that_lock_the_same_is_the_same(self) -> None:
        order, first, second = LockOrder(), Transaction(), Transaction()
        for transaction, tables in ((first, "ab"), (first, "ba"), (second, "ab")):
            for table in tables:
                order.note(transaction, "kring_x", f"SELECT 1 FROM {table} WHERE id = $1 FOR UPDATE")
        assert order.wrong == []
        third = Transaction()
        for table in "ba":
            order.note(third, "kring_y", f"SELECT 1 FROM {table} FOR UPDATE")
        assert order.wrong == []
        fourth = Transaction()
        for table in "cba":
            order.note(fourth, "kring_x", f"SELECT 1 FROM {table} FOR SHARE OF {table}")
        (wrong,) = order.wrong
        assert wrong.startswith("b, then a: ")

    def test_begins_with_the_case_and_ends_with_the_streams(self) -> None:
        order = LockOrder()
        for first, second in (("case_state", "a"), ("a", "stream"), ("name x", "case_state")):
            order.note(one := Transaction(), "kring_x", *_locking(first))
            order.note(one, "kring_x", *_locking(second))
        assert order.wrong == []
        for first, second in (("b", "case_state"), ("stream", "b")):
            order.note(one := Transaction(), "kring_x", *_locking(first))
            order.note(one, "kring_x", *_locking(second))
        assert [wrong.partition(":")[0] for wrong in order.wrong] == ["b, then case_state", "stream, then b"]

    def test_counts_what_is_waited_for_and_nothing_else(self) -> None:
        assert [*kinds_of('SELECT * FROM "case" WHERE id = $1 FOR UPDATE', ())] == ["case"]
        assert [*kinds_of("SELECT * FROM a JOIN b ON true FOR UPDATE OF b", ())] == ["b"]
        assert [*kinds_of("SELECT * FROM a FOR UPDATE SKIP LOCKED", ())] == []
        assert [*kinds_of("SELECT * FROM a", ())] == []

    async def test_is_noted_of_every_transaction(
        self, database: Callable[[str], Awaitable[Database]], lock_order: LockOrder
    ) -> None:
        intake = await database("intake")
        name = f"first {uuid4()}"
        async with intake.transaction() as session:
            await locks.hold(session, name, 1)
            await session.execute(text("SELECT 1 FROM stream FOR UPDATE"))
        assert (intake.engine.url.database, f"name {name}", "stream") in lock_order.seen
