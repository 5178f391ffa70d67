"""Versions of what organisations set: all kept, one in force, and each readable whatever becomes of the model."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import ClassVar
from uuid import UUID

import pytest
from pydantic import ValidationError

from shared import case_state, outbox, profiles
from shared.calendar import Length
from shared.database import Database
from shared.errors import NotYet, OtherVersion
from shared.events import intake
from shared.ids import uuid7
from shared.policies import Policies, PolicyInForce, PolicySettings, UnknownPolicyVersion
from shared.settings import Settings as ServiceSettings
from shared.subscriptions import Subscriptions
from tests.support.platform import NOW, TENANT, bare_context, outbox_body, rows

MakeDatabase = Callable[[str], Awaitable[Database]]
LATER = NOW + timedelta(days=1)
SETTER = uuid7()


class Bases(PolicySettings):
    circle: str = "consent"
    mandated: str = "public-task"


class Settings(PolicySettings):
    ORDER: ClassVar = (("remind", "due"),)

    remind: Length = "4d"
    due: Length = "8d"
    bases: Bases = Bases()


class RenewedBases(PolicySettings):
    mandated: str = "public-task"


class Renewed(PolicySettings):
    """The same service's model some releases later: `bases.circle` and `remind` went, `warn` is new."""

    ORDER: ClassVar = (("warn", "due"),)

    warn: Length = "5d"
    due: Length = "8d"
    bases: RenewedBases = RenewedBases()


policies = Policies(Settings)


async def change(
    db: Database, settings: Settings, now: datetime = NOW, *, version: int | None = None
) -> PolicyInForce[Settings]:
    """Change what a version says, or what is in force."""
    async with db.transaction() as session:
        return await policies.change(
            session,
            tenant=TENANT,
            version=version or (await policies.in_force(session, tenant=TENANT)).version,
            settings=settings,
            own=set(type(settings).model_fields),
            set_by=SETTER,
            now=now,
        )


async def in_force(db: Database, *, tenant: UUID = TENANT, at: datetime | None = None) -> tuple[int, str]:
    async with db.transaction() as session:
        found = await policies.in_force(session, tenant=tenant, at=at)
        return found.version, found.settings.due


class TestChange:
    async def test_begins_with_the_defaults_and_keeps_every_version(self, database: MakeDatabase) -> None:
        db = await database("platform")
        assert await in_force(db) == (1, "8d")
        assert (await change(db, Settings(due="9d"))).version == 2
        assert (await change(db, Settings(), LATER)).version == 3
        assert await in_force(db) == (3, "8d")
        assert await in_force(db, tenant=uuid7()) == (1, "8d")
        assert await in_force(db, at=NOW) == (2, "9d")
        assert await in_force(db, at=NOW - timedelta(seconds=1)) == (1, "8d")
        async with db.transaction() as session:
            found = [
                (await policies.version(session, tenant=TENANT, version=number)).settings.due
                for number in (1, 2, 3)
            ]
            assert found == ["8d", "9d", "8d"]
            with pytest.raises(UnknownPolicyVersion):
                await policies.version(session, tenant=TENANT, version=4)
            at = await policies.history(session, tenant=TENANT)
            times = (NOW - timedelta(days=9), NOW, LATER)
            assert [at(time).version for time in times] == [1, 2, 3]

    async def test_to_the_same_makes_no_version(self, database: MakeDatabase) -> None:
        db = await database("platform")
        assert (await change(db, Settings())).version == 1
        assert await rows(db, "SELECT 1 FROM policy") == []
        for _ in range(2):
            assert (await change(db, Settings(due="9d"))).version == 2

    async def test_of_several_at_once_takes_one_and_tells_the_others_its_version(
        self, database: MakeDatabase
    ) -> None:
        db = await database("platform")
        tried = await asyncio.gather(
            *(change(db, Settings(due=f"{days}d"), version=1) for days in range(9, 15)),
            return_exceptions=True,
        )
        [made] = [each for each in tried if isinstance(each, PolicyInForce)]
        refused = [each for each in tried if isinstance(each, OtherVersion)]
        assert [each.facts for each in refused] == [{"version": 2}] * 5
        kept = await rows(db, "SELECT version, settings ->> 'due' AS due, set_by FROM policy")
        assert [(row.version, row.due, row.set_by) for row in kept] == [(2, made.settings.due, SETTER)]


class TestStoredVersion:
    async def test_is_readable_when_fields_went_and_came(self, database: MakeDatabase) -> None:
        db = await database("platform")
        # In order by the rules of its day, and not by those of today with today's default of `warn`.
        await change(db, Settings(remind="1d", due="2d", bases=Bases(mandated="legal-obligation")))
        async with db.transaction() as session:
            found = (await Policies(Renewed).in_force(session, tenant=TENANT)).settings
        assert (found.warn, found.due, found.bases.mandated) == ("5d", "2d", "legal-obligation")

    @pytest.mark.parametrize("settings", [{"unknown": 1}, {"bases": {"unknown": "x"}}, {"remind": "8d"}])
    def test_is_never_made_of_what_is_unknown_or_out_of_order(self, settings: dict[str, object]) -> None:
        with pytest.raises(ValidationError):
            Settings.model_validate(settings)


class TestLengths:
    async def test_count_by_the_calendar_of_the_organisation(
        self, database: MakeDatabase, settings: ServiceSettings
    ) -> None:
        db = await database("platform")
        context = bare_context(database=db, settings=settings)
        subscriptions = Subscriptions("plans")
        elsewhere = uuid7()
        entered = intake.OrganisationEntered(
            organisation_id=elsewhere, version=1, name="Ailleurs", country="FR", time_zone="Indian/Reunion"
        )
        async with db.transaction() as session:
            event_id = await outbox.publish(session, entered, stream=elsewhere, tenant=elsewhere, now=NOW)
        body = await outbox_body(db, event_id)
        assert [await subscriptions.deliver(body, entered.TYPE, context) for _ in range(2)] == [
            "handled",
            "duplicate",
        ]
        monday, evening = datetime(2026, 7, 13, 9, tzinfo=UTC), datetime(2026, 7, 13, 21, tzinfo=UTC)
        async with db.transaction() as session:
            ends = [
                (await policies.in_force(session, tenant=tenant)).after(monday, "1wd").day
                for tenant in (elsewhere, TENANT)
            ]
            days = [
                (await profiles.today(session, tenant=tenant, now=evening)).day
                for tenant in (elsewhere, TENANT)
            ]
        # The fourteenth of July is a holiday in France, and begins on Réunion while it is evening in Brussels.
        assert (ends, days) == ([15, 14], [14, 13])

    async def test_count_by_the_newest_calendar_whichever_came_last(self, database: MakeDatabase) -> None:
        db, elsewhere = await database("platform"), uuid7()
        known = []
        for version, country in ((1, "BE"), (3, "FR"), (2, "NL")):
            profile = intake.OrganisationChanged(
                organisation_id=elsewhere,
                version=version,
                name="Elders",
                country=country,
                time_zone="Europe/Paris",
            )
            async with db.transaction() as session:
                await profiles.note(session, profile)
            async with db.transaction() as session:
                known.append((await policies.in_force(session, tenant=elsewhere)).calendar.country)
        assert known == ["BE", "FR", "FR"]


class TestForCase:
    async def test_is_what_was_in_force_when_the_case_opened(self, database: MakeDatabase) -> None:
        db = await database("platform")
        old, new = uuid7(), uuid7()
        await change(db, Settings(due="9d"), NOW)
        await change(db, Settings(due="10d"), LATER)
        async with db.transaction() as session:
            for case, opened_at in ((old, NOW), (new, LATER)):
                await case_state.raise_to(
                    session, case_id=case, tenant=TENANT, status="open", version=1, opened_at=opened_at
                )
            found = [await policies.for_case(session, case_id=case) for case in (old, new)]
        assert [(each.version, each.settings.due) for each in found] == [(2, "9d"), (3, "10d")]

    async def test_is_the_defaults_of_a_case_that_opened_before_any_change(
        self, database: MakeDatabase
    ) -> None:
        db = await database("platform")
        case = uuid7()
        await change(db, Settings(due="9d"), LATER)
        async with db.transaction() as session:
            await case_state.raise_to(
                session, case_id=case, tenant=TENANT, status="open", version=1, opened_at=NOW
            )
            assert (await policies.for_case(session, case_id=case)).version == 1

    async def test_waits_for_an_opening_that_later_events_overtook(self, database: MakeDatabase) -> None:
        db = await database("platform")
        case = uuid7()
        async with db.transaction() as session:
            with pytest.raises(NotYet):
                await policies.for_case(session, case_id=case)
            await case_state.raise_to(session, case_id=case, tenant=TENANT, status="paused", version=2)
            with pytest.raises(NotYet):
                await policies.for_case(session, case_id=case)
            await case_state.raise_to(
                session, case_id=case, tenant=TENANT, status="open", version=1, opened_at=NOW
            )
            assert (await policies.for_case(session, case_id=case)).version == 1
            known = await case_state.read(session, case)
            assert known is not None
            assert known.status == "paused"
