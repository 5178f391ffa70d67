"""Lists in pages: everything once, in order, whatever the cursor and whatever is added meanwhile."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select

from shared.http import CursorNotReadable, PageRequest, decode_cursor, encode_cursor, paginate
from tests.integration.shared.http_service import Running, staff, thing

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


async def fill(service: Running, count: int) -> None:
    """Make things, five of them at each moment."""
    rows = [
        {"id": uuid4(), "name": f"{n:03}", "made_at": NOON + timedelta(microseconds=n // 5)}
        for n in range(count)
    ]
    async with service.database.transaction() as session:
        await session.execute(insert(thing), rows)


async def all_names(service: Running, *, limit: int) -> list[str]:
    found: list[str] = []
    cursor = None
    while True:
        query: dict[str, str] = {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
        page = (await service.client.get("/v1/things", params=query, headers=staff())).json()
        assert len(page["items"]) <= limit
        found += [item["name"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            return found


class TestPages:
    @pytest.mark.parametrize("limit", [1, 7, 10, 23, 24, 200])
    async def test_hold_everything_once(self, service: Running, limit: int) -> None:
        await fill(service, 23)
        found = await all_names(service, limit=limit)
        assert sorted(found) == [f"{n:03}" for n in range(23)]
        groups = [int(name) // 5 for name in found]
        assert groups == sorted(groups, reverse=True), "newest first"

    async def test_of_nothing_is_one_empty_page(self, service: Running) -> None:
        assert await all_names(service, limit=10) == []

    async def test_do_not_shift_when_rows_are_added(self, service: Running) -> None:
        await fill(service, 10)
        first = (await service.client.get("/v1/things?limit=5", headers=staff())).json()
        row = {"id": uuid4(), "name": "later", "made_at": NOON + timedelta(days=1)}
        async with service.database.transaction() as session:
            await session.execute(insert(thing).values(**row))
        second = (
            await service.client.get(f"/v1/things?limit=5&cursor={first['next']}", headers=staff())
        ).json()
        names = {item["name"] for page in (first, second) for item in page["items"]}
        assert names == {f"{n:03}" for n in range(10)}
        assert second["next"] is None

    async def test_can_be_oldest_first_and_of_one_column(self, service: Running) -> None:
        await fill(service, 12)
        found: list[str] = []
        page = PageRequest(limit=5)
        async with service.database.transaction() as session:
            while True:
                rows = await paginate(
                    session,
                    select(thing.c.name),
                    page,
                    time=thing.c.made_at,
                    id=thing.c.id,
                    newest_first=False,
                )
                found += rows.items
                if rows.next is None:
                    break
                page = PageRequest(limit=5, cursor=rows.next)
        assert sorted(found) == [f"{n:03}" for n in range(12)]
        assert [int(name) // 5 for name in found] == sorted(int(name) // 5 for name in found)


class TestPageRequest:
    @pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "1.5", "9" * 30])
    async def test_with_a_limit_out_of_bounds_is_refused(self, service: Running, limit: str) -> None:
        answer = await service.client.get("/v1/things", params={"limit": limit}, headers=staff())
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "query.limit"

    @pytest.mark.parametrize(
        "cursor",
        [
            "x",
            "=" * 32,
            "\u20ac" * 32,
            "A" * 31,
            "A" * 33,
            "!" * 32,
            urlsafe_b64encode(b"\x7f" + b"\xff" * 23).decode(),
            urlsafe_b64encode(b"\x80" + b"\x00" * 23).decode(),
            "' OR 1=1 --",
        ],
    )
    async def test_with_a_hostile_cursor_is_refused(self, service: Running, cursor: str) -> None:
        answer = await service.client.get("/v1/things", params={"cursor": cursor}, headers=staff())
        assert answer.status_code == 422
        assert answer.json()["type"].endswith("/cursor-not-readable")


class TestCursor:
    @given(
        st.datetimes(timezones=st.just(UTC)),
        st.uuids(),
    )
    def test_gives_back_what_was_put_in(self, moment: datetime, row_id: UUID) -> None:
        assert decode_cursor(encode_cursor(moment, row_id)) == (moment, row_id)

    @given(st.text(max_size=64) | st.text("Aaz019-_=", min_size=32, max_size=32))
    def test_of_any_text_is_read_or_refused(self, text: str) -> None:
        try:
            moment, row_id = decode_cursor(text)
        except CursorNotReadable:
            return
        assert isinstance(row_id, UUID)
        assert moment.tzinfo is UTC
