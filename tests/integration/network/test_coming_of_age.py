"""What a birthday does when it is due: the email, or the task; and nothing where it is not the moment."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.network.operations import ages
from shared import clock_activities
from shared.auth import Role
from shared.ids import uuid7
from tests.integration.network.conftest import Sink
from tests.integration.network.test_mails import _send, _text
from tests.support.steps import attempt
from tests.support.world import Case
from tests.support.world.network import Network

# On the day of the world, Monday the second of March 2026, twelve the day after.
BORN = "2014-03-03"


@pytest.fixture
async def case(world: Network) -> Case:
    return await world.open_case()


async def clocks(world: Network, child: UUID) -> list[Any]:
    return await world.rows(
        "SELECT id, kind, state, due_at, warn_at FROM clock WHERE subject = :child ORDER BY id", child=child
    )


async def come(world: Network, child: UUID, kind: str = "turns-12") -> bool:
    return await attempt(
        world.context,
        ages.come_of_age,
        tenant=world.tenant,
        kind=kind,
        subject=child,
        what="due",
        vault=world.context.vault,
    )


async def warn(world: Network, child: UUID, kind: str = "turns-12") -> bool:
    return await attempt(
        world.context,
        clock_activities.warn,
        tenant=world.tenant,
        kind=kind,
        subject=child,
        what="warn",
        service="network",
    )


class TestTheEmail:
    @pytest.mark.parametrize(
        ("language", "subject"), [("nl", "Een vraag voor jou"), ("fr", "Une question personnelle")]
    )
    async def test_is_in_their_language_and_leads_to_the_questions(
        self, world: Network, case: Case, sink: Sink, language: str, subject: str
    ) -> None:
        child = await world.add(case, "Amina", role="central", birth_date=BORN, language=language)
        [clock] = await clocks(world, child)
        assert clock.due_at.isoformat() == "2026-03-09T08:00:00+00:00"
        assert await warn(world, child)
        world.later(days=7)
        assert await come(world, child)
        await _send(world)
        [mail] = sink.mails
        assert (mail["To"], mail["Subject"]) == ("Amina <amina@example.org>", subject)
        assert "?to=consents" in _text(mail)

    @pytest.mark.parametrize("hindrance", ["no address", "no mail", "link withdrawn"])
    async def test_is_a_task_where_it_cannot_be_sent(
        self, world: Network, case: Case, sink: Sink, hindrance: str
    ) -> None:
        email = None if hindrance == "no address" else "amina@example.org"
        child = await world.add(case, "Amina", role="central", birth_date=BORN, email=email)
        if hindrance == "no mail":
            body = {"given": False, "version": 1}
            await world.ask("PUT", "/v1/me/consents/mail", world.person(case, child), json=body)
        if hindrance == "link withdrawn":
            await world.ask("POST", f"/v1/persons/{child}/link/revoke", world.coordinator(case))
        await warn(world, child)
        world.later(days=7)
        assert await come(world, child)
        await _send(world)
        assert sink.mails == []
        assert [(row.kind, row.state) for row in await clocks(world, child)] == [
            ("turns-12", "breached"),
            ("turns-18", "running"),
        ]


class TestTheMoment:
    async def test_is_neither_before_nor_twice(self, world: Network, case: Case) -> None:
        child = await world.add(case, "Amina", role="central", birth_date=BORN)
        assert not await come(world, child)
        assert await warn(world, child)
        assert not await warn(world, child)
        assert not await come(world, child)
        world.later(days=7)
        assert await come(world, child)
        assert not await come(world, child)
        told = await world.published("network.person.came-of-age.v1", case=case)
        about = {"case_id": str(case.id), "person_id": str(child), "corrections": 0}
        assert [row.data for row in told] == [about | {"age": 12}]

    async def test_never_comes_of_a_clock_that_is_not_there(self, world: Network, case: Case) -> None:
        assert not await come(world, uuid7())
        assert not await warn(world, uuid7())

    async def test_is_warned_of_as_long_before_as_the_organisation_wants(
        self, world: Network, case: Case
    ) -> None:
        body = {"coming_of_age_warn": "10d"}
        await world.set_policy(world.manager(), body)
        child = await world.add(case, "Amina", role="central", birth_date="2014-06-10")
        [clock] = await clocks(world, child)
        assert clock.due_at - clock.warn_at == timedelta(days=10)


class TestACorrection:
    async def test_takes_back_that_somebody_turned_eighteen_until_they_do(
        self, world: Network, case: Case
    ) -> None:
        child = await world.add(case, "Amina", role="central", birth_date="2008-04-16")
        found = []
        for born in (None, "2010-04-16", "2008-04-16"):
            if born is not None:
                await world.correct(case, child, birth_date=born)
            else:
                world.later(days=60)
                assert await warn(world, child, "turns-18")
                assert await come(world, child, "turns-18")
            [row] = await world.rows(
                "SELECT adult, age_corrections FROM case_person WHERE person_id = :id", id=child
            )
            found.append((row.adult, row.age_corrections))
        assert found == [(True, 0), (False, 1), (False, 1)]
        assert await warn(world, child, "turns-18")
        world.later(days=7)
        assert await come(world, child, "turns-18")
        [told] = (await world.published("network.person.came-of-age.v1", case=case))[1:]
        assert (told.data["age"], told.data["corrections"]) == (18, 1)


class TestWhoHasAClock:
    async def test_is_a_minor_whom_the_case_is_about(self, world: Network, case: Case) -> None:
        for name, body in (
            ("Nadia", {"birth_date": BORN}),
            ("Karim", {"role": "central", "birth_date": "2000-01-01"}),
            ("Omar", {"role": "central"}),
        ):
            person = await world.add(case, name, **body)
            assert await clocks(world, person) == []

    async def test_has_that_of_the_next_birthday_after_each_correction(
        self, world: Network, case: Case
    ) -> None:
        child = await world.add(case, "Amina", role="central")
        found = []
        for born in ("1990-01-05", "2012-04-16", "2015-04-16", "2021-04-16", "1990-01-05", None):
            assert (await world.correct(case, child, birth_date=born)).is_success
            found.append([row.kind for row in await clocks(world, child) if row.state == "running"])
        # A live clock that turns out to be of a birthday that has passed still asks, at the age they are now.
        assert found == [[], ["turns-18"], ["turns-12"], ["turns-7"], ["turns-18"], []]

    async def test_says_nothing_of_the_day_of_birth(self, world: Network, case: Case) -> None:
        await world.add(case, "Amina", role="central", birth_date="2014-04-16")
        for row in await world.published(case=case):
            assert "04-16" not in str(row.data)


async def brackets(world: Network, case: Case) -> list[str | None]:
    told = await world.published("network.youngest.changed.v1", case=case)
    return [row.data["bracket"] for row in told]


class TestTheYoungest:
    async def test_is_published_as_an_age_bracket_of_the_whole_case(self, world: Network, case: Case) -> None:
        await world.add(case, "Omar", role="central", birth_date="2021-04-16")
        await world.add(case, "Amina", role="central", birth_date=BORN)
        [minor, *younger] = await world.published("network.youngest.changed.v1", case=case)
        assert minor.data == {"case_id": str(case.id), "bracket": "minor"}
        assert [row.data["bracket"] for row in younger] == ["under-seven", "under-seven"]

    async def test_says_nothing_of_adults_and_of_those_whose_age_is_not_known(self, world: Network) -> None:
        case = await world.open_case(born="1990-01-05")
        await world.add(case, "Omar", role="central")
        await world.add(case, "Nadia", birth_date="2021-04-16")
        assert await brackets(world, case) == []

    async def test_follows_a_corrected_birth_date_and_who_leaves(self, world: Network) -> None:
        case = await world.open_case(born="1990-01-05")
        omar = await world.add(case, "Omar", role="central", birth_date="2021-04-16")
        for born in ("2016-04-16", "2001-04-16", "2021-04-16"):
            await world.correct(case, omar, birth_date=born)
        await world.ask(
            "POST", f"/v1/persons/{omar}/remove", world.coordinator(case), json={"reason": "Vergist"}
        )
        assert await brackets(world, case) == ["under-seven", "minor", None, "under-seven", None]

    async def test_is_another_once_the_child_is_erased(self, world: Network, case: Case) -> None:
        omar = await world.add(case, "Omar", role="central", birth_date="2021-04-16")
        dpo = world.colleague(Role.DPO)
        await world.do("POST", f"/v1/persons/{omar}/erase", dpo, json={"reason": "asked"})
        assert await brackets(world, case) == ["minor", "under-seven", "minor"]

    async def test_turns_seven_without_a_question_or_a_mail(
        self, world: Network, case: Case, sink: Sink
    ) -> None:
        child = await world.add(case, "Amina", role="central", birth_date="2019-03-03")
        [clock] = await clocks(world, child)
        assert (clock.kind, clock.warn_at) == ("turns-7", None)
        world.later(days=7)
        assert await come(world, child, "turns-7")
        assert not await come(world, child, "turns-7")
        assert await brackets(world, case) == ["minor", "under-seven", "minor"]
        assert [(row.kind, row.state) for row in await clocks(world, child)] == [
            ("turns-7", "stopped"),
            ("turns-12", "running"),
        ]
        assert await world.published("network.person.came-of-age.v1", case=case) == []
        await _send(world)
        assert sink.mails == []

    async def test_counts_both_of_two_who_are_changed_at_once(self, world: Network) -> None:
        case = await world.open_case(born="1990-01-05")
        children = [
            await world.add(case, name, role="central", birth_date="2021-04-16") for name in ("Omar", "Amina")
        ]
        await asyncio.gather(*(world.correct(case, child, birth_date="2012-04-16") for child in children))
        assert (await brackets(world, case))[-1] == "minor"
