"""What a birthday does when it is due: the letter, or the task; and nothing where it is not the moment."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.network.operations import ages
from shared.database import Scope
from shared.ids import uuid7
from tests.integration.network.conftest import Sink
from tests.integration.network.house import Case, House
from tests.integration.network.test_mails import _send, _text

# On the day of the house, Monday the second of March 2026, twelve the day after.
BORN = "2014-03-03"


@pytest.fixture
async def case(house: House) -> Case:
    return await house.open_case()


async def clocks(house: House, child: UUID) -> list[Any]:
    return await house.rows(
        "SELECT id, kind, state, due_at, warn_at FROM clock WHERE subject = :child ORDER BY id", child=child
    )


async def come(house: House, clock: UUID) -> bool:
    async with house.context.database.transaction(Scope(tenant=house.tenant)) as session:
        return await ages.come_of_age(
            session,
            house.context.vault,
            tenant=house.tenant,
            clock_id=clock,
            now=await house.clock.now(),
        )


async def warn(house: House, clock: UUID) -> bool:
    async with house.context.database.transaction(Scope(tenant=house.tenant)) as session:
        return await ages.warn(session, tenant=house.tenant, clock_id=clock, now=await house.clock.now())


class TestTheLetter:
    @pytest.mark.parametrize(
        ("language", "subject"), [("nl", "Een vraag voor jou"), ("fr", "Une question pour toi")]
    )
    async def test_is_in_their_language_and_leads_to_the_questions(
        self, house: House, case: Case, sink: Sink, language: str, subject: str
    ) -> None:
        child = await house.add(case, "Amina", role="central", birth_date=BORN, language=language)
        [clock] = await clocks(house, child)
        assert clock.due_at.isoformat() == "2026-03-09T08:00:00+00:00"
        assert await warn(house, clock.id)
        house.later(days=7)
        assert await come(house, clock.id)
        await _send(house)
        [mail] = sink.mails
        assert (mail["To"], mail["Subject"]) == ("Amina <amina@example.org>", subject)
        assert "?to=consents" in _text(mail)

    @pytest.mark.parametrize("hindrance", ["no address", "no mail", "link withdrawn"])
    async def test_is_a_task_where_it_cannot_be_sent(
        self, house: House, case: Case, sink: Sink, hindrance: str
    ) -> None:
        email = None if hindrance == "no address" else "amina@example.org"
        child = await house.add(case, "Amina", role="central", birth_date=BORN, email=email)
        if hindrance == "no mail":
            body = {"given": False, "version": 1}
            await house.ask("PUT", "/v1/me/consents/mail", house.person(case, child), json=body)
        if hindrance == "link withdrawn":
            await house.ask("POST", f"/v1/persons/{child}/link/revoke", house.coordinator(case))
        [clock] = await clocks(house, child)
        await warn(house, clock.id)
        house.later(days=7)
        assert await come(house, clock.id)
        await _send(house)
        assert sink.mails == []
        assert [(row.kind, row.state) for row in await clocks(house, child)] == [
            ("turns-12", "breached"),
            ("turns-18", "running"),
        ]


class TestTheMoment:
    async def test_is_neither_before_nor_twice(self, house: House, case: Case) -> None:
        child = await house.add(case, "Amina", role="central", birth_date=BORN)
        [clock] = await clocks(house, child)
        assert not await come(house, clock.id)
        assert await warn(house, clock.id)
        assert not await warn(house, clock.id)
        assert not await come(house, clock.id)
        house.later(days=7)
        assert await come(house, clock.id)
        assert not await come(house, clock.id)
        told = await house.said(case, "network.person.came-of-age.v1")
        assert [row.data for row in told] == [{"case_id": str(case.id), "person_id": str(child), "age": 12}]

    async def test_never_comes_of_a_clock_that_is_not_there(self, house: House, case: Case) -> None:
        assert not await come(house, uuid7())
        assert not await warn(house, uuid7())

    async def test_is_warned_of_as_long_before_as_the_organisation_wants(
        self, house: House, case: Case
    ) -> None:
        body = {"coming_of_age_warn": "10d"}
        assert (await house.ask("PUT", "/v1/policy", house.manager(), json=body)).status_code == 200
        child = await house.add(case, "Amina", role="central", birth_date="2014-06-10")
        [clock] = await clocks(house, child)
        assert clock.due_at - clock.warn_at == timedelta(days=10)


class TestWhoHasAClock:
    async def test_is_a_minor_whom_the_case_is_about(self, house: House, case: Case) -> None:
        for name, body in (
            ("Nadia", {"birth_date": BORN}),
            ("Karim", {"role": "central", "birth_date": "2000-01-01"}),
            ("Omar", {"role": "central"}),
        ):
            person = await house.add(case, name, **body)
            assert await clocks(house, person) == []

    async def test_says_nothing_of_the_day_of_birth(self, house: House, case: Case) -> None:
        await house.add(case, "Amina", role="central", birth_date="2014-04-16")
        for row in await house.said(case):
            assert "04-16" not in str(row.data)
