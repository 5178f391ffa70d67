"""The daily mail: once on a working day, in the morning, to whom something waits for, and to nobody who wants none."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest

from services.intake import emails
from services.intake.worker import sweeps
from shared import mail, messages
from shared.auth import NO_TENANT, Role
from shared.contracts.base import Answer, Contract
from shared.errors import Operational
from shared.housekeeping.activities import Housekeeper, Progress
from shared.messages import NotWanted
from tests.support.world.intake import Intake

TEMPLATES = Path(emails.__file__).with_name("templates")
# A Monday, in Brussels half past eight; the Thursday is the Ascension.
MORNING = datetime(2026, 5, 11, 6, 30, tzinfo=UTC)


@dataclass
class Portal:
    """The portal: how much waits for whom, or how it fails."""

    tallies: dict[UUID, dict[str, int] | Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def read(self, contract: Contract[Answer], *, tenant: UUID, **ids: Any) -> Answer:
        """Answer as the portal would."""
        self.asked.append(contract.path_of(**ids))
        answer = self.tallies.get(ids["staff_id"], {"waiting": 0, "late": 0})
        if isinstance(answer, Exception):
            raise answer
        return contract.answer.model_validate(answer)

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def portal() -> Portal:
    return Portal()


@pytest.fixture
def world(world: Intake, portal: Portal) -> Intake:
    world.clock.time = MORNING
    return replace(world, context=replace(world.context, services=cast("Any", portal)))


async def a_round(world: Intake, *, hours: float = 0) -> int:
    """Do a round of housekeeping so many hours later, and return how many mails it decided on."""
    world.later(hours=hours)
    part, decided = Progress(what="daily mail", tenant=world.tenant), 0
    while part is not None:
        purged = await Housekeeper(world.context, sweeps=sweeps).purge(part)
        decided, part = decided + purged.rows, purged.next  # type: ignore[assignment]
    return decided


async def written(world: Intake) -> list[mail.Mail]:
    """Return the daily mails that would be sent now."""
    rows = await world.rows("SELECT id FROM message WHERE kind = 'daily-mail' ORDER BY queued_at, id")
    found = []
    async with world.transaction() as session:
        for row in rows:
            message = await messages.read(session, row.id)
            assert message is not None
            try:
                found.append(await emails.write(session, message, world.context))
            except NotWanted:
                continue
    return found


class TestDecide:
    async def test_one_on_the_morning_of_a_working_day_for_everybody(self, world: Intake) -> None:
        await world.enter_coordinator()
        assert [await a_round(world), await a_round(world, hours=1)] == [2, 0]
        # In the night, and the next morning.
        assert [await a_round(world, hours=15), await a_round(world, hours=8)] == [0, 2]

    async def test_none_in_a_weekend_on_a_holiday_or_after_noon(self, world: Intake) -> None:
        assert await a_round(world, hours=4) == 0
        world.clock.time = MORNING.replace(day=14)
        assert await a_round(world) == 0
        world.clock.time = MORNING.replace(day=16)
        assert await a_round(world) == 0
        # Half an hour before it begins.
        world.clock.time = MORNING.replace(day=18, hour=4)
        assert [await a_round(world), await a_round(world, hours=1)] == [0, 1]

    async def test_who_is_colleague_and_coordinator_gets_one(self, world: Intake) -> None:
        await world.enter_coordinator(coordinator_id=str(world.manager_id))
        assert await a_round(world) == 1

    async def test_a_round_that_was_killed_goes_on_with_the_others(
        self, world: Intake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await world.enter_coordinator()
        queue, killed = messages.queue, True

        async def queued(*given: Any, **how: Any) -> UUID:
            done = await queue(*given, **how)
            if killed:
                raise Operational("killed before the commit")
            return done

        monkeypatch.setattr(messages, "queue", queued)
        assert await a_round(world) == 0
        killed = False
        assert [await a_round(world), await a_round(world)] == [2, 0]

    async def test_who_wants_none_gets_none(self, world: Intake) -> None:
        path, manager = "/v1/me/daily-mail", world.manager()
        assert await world.do("GET", path, manager) == {"wanted": True}
        assert await world.do("PUT", path, manager, json={"wanted": False}) == {"wanted": False}
        assert await a_round(world) == 0
        # Back on the same day: the one of that day is not made up for twice.
        await world.do("PUT", path, manager, json={"wanted": True})
        assert [await a_round(world), await a_round(world)] == [1, 0]
        await world.do("PUT", path, manager, json={"wanted": False})
        assert await written(world) == []


class TestWrite:
    async def test_says_how_much_waits_in_the_readers_language(self, world: Intake, portal: Portal) -> None:
        coordinator = await world.enter_coordinator(language="fr")
        portal.tallies |= {
            world.manager_id: {"waiting": 3, "late": 1},
            coordinator: {"waiting": 1, "late": 1},
        }
        await a_round(world)
        texts = {
            each.language: mail.render(TEMPLATES, each, organisation="Kring Noord")[2]
            for each in await written(world)
        }
        assert "Er wachten 3 dingen op jou, en één ervan is te laat." in texts["nl"]
        assert "Une chose vous attend, et elle est en retard." in texts["fr"]
        assert "/today" in texts["nl"]
        assert "/daily-mail" in texts["nl"]
        assert str(world.manager_id) not in texts["nl"]

    async def test_asks_for_who_they_are_here(self, world: Intake, portal: Portal) -> None:
        coordinator = await world.enter_coordinator()
        await world.enter_coordinator(coordinator_id=str(world.manager_id))
        await a_round(world)
        assert await written(world) == []
        assert sorted(portal.asked) == sorted(
            [
                f"/v1/staff/{world.manager_id}/{world.tenant}/coordinator,regional-manager/tally",
                f"/v1/staff/{coordinator}/{NO_TENANT}/coordinator/tally",
            ]
        )

    async def test_is_not_sent_another_day(self, world: Intake, portal: Portal) -> None:
        portal.tallies[world.manager_id] = {"waiting": 2, "late": 0}
        await a_round(world)
        assert len(await written(world)) == 1
        world.later(days=1)
        assert await written(world) == []

    async def test_waits_for_a_portal_that_does_not_answer(self, world: Intake, portal: Portal) -> None:
        portal.tallies[world.manager_id] = Operational("portal: does not answer")
        await a_round(world)
        with pytest.raises(Operational):
            await written(world)

    async def test_who_left_is_forgotten(self, world: Intake, portal: Portal) -> None:
        portal.tallies[world.manager_id] = {"waiting": 2, "late": 0}
        await a_round(world)
        officer = world.staff(world.referrer_id, world.tenant, Role.DPO)
        await world.do("POST", f"/v1/staff/{world.manager_id}/erase", officer, json={"reason": "asked"})
        await world.deliver_published("intake.contact.erased.v1")
        assert await written(world) == []
        assert await world.rows("SELECT 1 FROM daily_mail") == []
        assert await a_round(world) == 0
