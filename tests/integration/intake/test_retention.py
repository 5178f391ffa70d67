"""How long files are kept, what holds them longer, and that erasing asks both."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from deploy.commands.erasures import Line, _apply_again
from services.intake.domain.retention import retention_workflow_id
from services.intake.models import Case as CaseRow
from services.intake.operations import erasing, holds, retention_deadlines
from services.intake.queries import cases as case_reads
from shared import case_state, clocks
from shared.auth import Role
from shared.case_state import CaseErased, UnderHold
from shared.database import fetch
from shared.deadlines import Deadline
from shared.events import plans
from shared.ids import uuid7
from tests.support.eventually import eventually
from tests.support.world import Case
from tests.support.world.intake import Intake

YOUTH_END = "2047-12-31"


def dpo(world: Intake) -> dict[str, str]:
    """Return the headers of the tenant's officer for the protection of data."""
    return world.officer()


async def withdrawn(world: Intake, referral_id: UUID | None = None) -> Case:
    """Return a case that stopped."""
    case = await world.open_case(referral_id)
    path = f"/v1/cases/{case.id}/withdraw"
    await world.do("POST", path, world.manager(), json={"reason": "solved"})
    return case


async def grown_up(world: Intake) -> Case:
    """Return a case about an adult that stopped."""
    return await withdrawn(world, await world.refer_oneself())


async def declined(world: Intake) -> Case:
    """Return a referral that was declined, by the id that its case would have had."""
    referral_id = await world.refer()
    path = f"/v1/referrals/{referral_id}/decline"
    await world.do("POST", path, world.manager(), json={"reason": "no-capacity"})
    rows = await world.rows("SELECT case_id FROM referral WHERE id = :id", id=referral_id)
    return Case(tenant=world.tenant, id=rows[0].case_id, referral_id=referral_id)


async def clock(world: Intake, case: Case) -> Any:
    """Return the last retention clock of a file."""
    rows = await world.rows(
        "SELECT id, state, due_at, warn_at, owner, policy_version FROM clock"
        " WHERE kind = 'retention' AND subject = :case ORDER BY started_at DESC, id DESC LIMIT 1",
        case=case.id,
    )
    return rows[0] if rows else None


async def kept(world: Intake, case: Case) -> dict[str, Any]:
    """Read until when a file is kept."""
    found: dict[str, Any] = await world.do("GET", f"/v1/cases/{case.id}/retention", dpo(world))
    return found


async def hold(world: Intake, case: Case, **changes: Any) -> UUID:
    """Set a hold and return its id."""
    body = {"reason": "Een klacht loopt bij de rechtbank."} | changes
    answer = await world.do("POST", f"/v1/cases/{case.id}/holds", dpo(world), json=body)
    return UUID(answer["hold_id"])


async def lift(world: Intake, hold_id: UUID) -> dict[str, Any]:
    """Lift a hold."""
    found: dict[str, Any] = await world.do("POST", f"/v1/holds/{hold_id}/lift", dpo(world))
    return found


async def attend(world: Intake, case: Case) -> str:
    """Let retention do what the clock of a file asks for when it is due, also where it is no longer."""
    found = await clock(world, case)
    if found.due_at > await world.now():
        return "nothing"
    due = Deadline(
        tenant=world.tenant,
        case_id=None,
        clock_id=found.id,
        kind="retention",
        subject=case.id,
        what="due",
        at=found.due_at,
    )
    async with world.transaction() as session:
        # The warning was given.
        warned = "UPDATE clock SET warned_at = warn_at WHERE id = :id AND warned_at IS NULL"
        await session.execute(text(warned), {"id": found.id})
        return await retention_deadlines.attend(session, due=due, now=await world.now())


async def restored(world: Intake, case: Case) -> None:
    """Tell intake of the erasure of a file that it has from before, as a kept ledger does."""
    known = (str(case.id), str(case.id), str(case.id), "case", "asked", (await world.now()).isoformat())
    await _apply_again(
        world.context.settings, "intake", [Line("intake", *known, str(world.tenant), str(case.id))]
    )


async def erase(world: Intake, case: Case) -> tuple[int, str]:
    """Ask for a case to be erased, and return status and code."""
    answer = await world.ask("POST", f"/v1/cases/{case.id}/erase", dpo(world), json={"reason": "asked"})
    return answer.status_code, str(answer.json().get("type", "")).rpartition("/")[2]


class TestARestoredFile:
    async def test_that_never_became_a_case_is_erased_again(self, world: Intake) -> None:
        case = await declined(world)
        await restored(world, case)
        await world.deliver_published("intake.internal.erasure.written.v1", "intake.case.erased.v1")
        [row] = await world.rows("SELECT state FROM referral WHERE case_id = :case", case=case.id)
        assert row.state == "erased"
        assert (await clock(world, case)).state == "stopped"


class TestTheEndOfACase:
    async def test_decides_how_long_a_youth_is_kept(self, world: Intake) -> None:
        case = await withdrawn(world)
        found = await kept(world, case)
        assert (found["kind"], found["keep_until"], found["held"]) == ("youth", YOUTH_END, False)
        running = await clock(world, case)
        assert (running.state, running.owner) == ("running", "dpo")
        # The last day is over at midnight in Brussels.
        assert running.due_at.isoformat() == "2047-12-31T23:00:00+00:00"
        assert running.due_at - running.warn_at == timedelta(days=60)

    async def test_stores_no_birthday(self, world: Intake) -> None:
        await withdrawn(world)
        for table in ("retention", "clock", "outbox"):
            for row in await world.rows(f"SELECT t::text AS row FROM {table} t"):
                assert "2012-01-15" not in row.row
                assert "2047-01-15" not in row.row

    async def test_decides_by_how_it_ended(self, world: Intake) -> None:
        case = await world.open_case(await world.refer_oneself())
        body = {"outcome": "plan-without-meeting"}
        await world.do("POST", f"/v1/cases/{case.id}/close", world.manager(), json=body)
        assert (await kept(world, case))["kind"] == "plan-without-meeting"

    async def test_comes_with_the_end_of_the_follow_up_too(self, world: Intake) -> None:
        case = await world.open_case()
        async with world.owner.transaction() as session:
            await case_state.raise_to(session, case_id=case.id, tenant=world.tenant, status="open", version=1)
        ended = plans.FollowUpEnded(case_id=case.id, outcome="followed-up")
        assert await world.handle(ended) == "handled"
        assert (await kept(world, case))["keep_until"] == YOUTH_END

    async def test_keeps_an_adult_five_years(self, world: Intake) -> None:
        found = await kept(world, await grown_up(world))
        assert (found["kind"], found["keep_until"]) == ("adult", "2031-03-02")

    async def test_tells_the_young_person_and_nobody_else(self, world: Intake) -> None:
        case = await withdrawn(world)
        told = await world.published("network.notify-people.v1", case=case)
        persons = await world.rows("SELECT id FROM referral_person WHERE role = 'central'")
        assert [row.data["person_ids"] for row in told] == [[str(persons[0].id)]]
        assert (told[0].data["kind"], told[0].data["parameters"]) == (
            "file-kept",
            {"keep_until": YOUTH_END},
        )
        assert told[0].data["even_if_stopped"]

    async def test_tells_who_stands_for_a_child_too(self, world: Intake) -> None:
        referral = world.referral()
        referral["persons"][0] |= {"birth_date": "2016-05-01", "consent": None}
        case = await withdrawn(world, await world.refer(persons=referral["persons"]))
        (told,) = await world.published("network.notify-people.v1", case=case)
        assert len(told.data["person_ids"]) == 2

    async def test_of_a_referral_keeps_it_a_year_and_tells_nobody(self, world: Intake) -> None:
        file = await declined(world)
        found = await kept(world, file)
        assert (found["kind"], found["keep_until"]) == ("referral", "2027-03-02")
        assert await world.published("network.notify-people.v1", case=file) == []

    async def test_is_not_yet_for_a_case_that_goes_on(self, world: Intake) -> None:
        case = await world.open_case()
        path = f"/v1/cases/{case.id}/retention"
        for method in ("GET", "POST"):
            assert await world.refused(method, path, dpo(world)) == (409, "file-not-over")


class TestAPlanWithoutAMeeting:
    async def test_is_kept_as_such_also_when_it_was_followed_up(self, world: Intake) -> None:
        kinds = []
        for conference in (None, uuid7()):
            case = await world.open_case(await world.refer_oneself())
            async with world.owner.transaction() as session:
                await case_state.raise_to(
                    session, case_id=case.id, tenant=world.tenant, status="open", version=1
                )
            await world.handle(case.planned(conference=conference))
            await world.handle(plans.FollowUpEnded(case_id=case.id, outcome="followed-up"))
            kinds.append((await kept(world, case))["kind"])
        assert kinds == ["plan-without-meeting", "adult"]


class TestPolicy:
    async def change(self, world: Intake, **changes: Any) -> None:
        found = await world.do("GET", "/v1/policy", world.manager())
        await world.set_policy(world.manager(), found["settings"] | changes)

    async def test_says_whether_conferences_are_youth_help(self, world: Intake) -> None:
        await self.change(world, keep_youth_until_age=None, keep_case_years=3)
        found = await kept(world, await withdrawn(world))
        assert (found["kind"], found["keep_until"], found["policy_version"]) == ("adult", "2029-03-02", 2)

    async def test_changes_no_clock_that_runs_until_somebody_decides_anew(self, world: Intake) -> None:
        case = await withdrawn(world)
        first = await clock(world, case)
        await self.change(world, keep_youth_until_age=25)
        assert await kept(world, case) | {"computed_at": ""} == {
            "case_id": str(case.id), "kind": "youth", "keep_until": YOUTH_END, "policy_version": 1, "computed_at": "",
            "held": False,
        }  # fmt: skip
        again = await world.do("POST", f"/v1/cases/{case.id}/retention", dpo(world))
        assert (again["keep_until"], again["policy_version"]) == ("2037-12-31", 2)
        running = await clock(world, case)
        assert (running.state, running.id != first.id, running.due_at.year) == ("running", True, 2037)

    async def test_of_a_shorter_time_erases_nothing_before_somebody_could_object(self, world: Intake) -> None:
        case = await grown_up(world)
        world.later(days=800)
        await self.change(world, keep_case_years=1)
        again = await world.do("POST", f"/v1/cases/{case.id}/retention", dpo(world))
        assert again["keep_until"] == "2027-03-02"
        running = await clock(world, case)
        assert (running.due_at - world.clock.time, running.warn_at) == (
            timedelta(days=60),
            world.clock.time,
        )
        assert await attend(world, case) == "nothing"

    @pytest.mark.parametrize(
        "changes",
        [
            {"keep_youth_until_age": 17},
            {"keep_youth_until_age": "35"},
            {"keep_case_years": 0},
            {"keep_case_years": 10**9},
            {"keep_referral_years": None},
            {"retention_warn_days": 0},
            {"retention_warn_days": 1.5},
        ],
    )
    async def test_refuses_what_cannot_be(self, world: Intake, changes: dict[str, Any]) -> None:
        found = await world.do("GET", "/v1/policy", world.manager())
        await world.set_policy(world.manager(), found["settings"] | changes, expect=422)


class TestTheEndOfItsTime:
    @pytest.mark.parametrize("make", [withdrawn, declined])
    async def test_erases_what_is_due_once(self, world: Intake, make: Any) -> None:
        file = await make(world)
        world.later(days=366 * 40)
        assert await attend(world, file) == "erased"
        assert await attend(world, file) == "nothing"
        assert len(await world.published("intake.case.erased.v1", case=file)) == 1
        assert (await clock(world, file)).state == "stopped"
        path = f"/v1/referrals/{file.referral_id}"
        assert await world.refused("GET", path, world.manager()) == (410, "case-erased")
        assert (await world.do("GET", "/v1/referrals", world.manager()))["items"] == []

    @pytest.mark.parametrize("make", [withdrawn, declined])
    async def test_makes_everything_unreadable(self, world: Intake, make: Any) -> None:
        file = await make(world)
        world.later(days=366 * 40)
        await attend(world, file)
        assert await world.deliver_published("intake.case.erased.v1") == ["handled"]
        keys = await world.rows("SELECT 1 FROM erasure_ledger WHERE erased = :case", case=file.id)
        assert len(keys) == 3

    async def test_leaves_what_is_not_due(self, world: Intake) -> None:
        case = await withdrawn(world)
        world.later(days=3000)
        assert await attend(world, case) == "nothing"

    async def test_leaves_what_is_held(self, world: Intake) -> None:
        case = await withdrawn(world)
        await hold(world, case)
        async with world.owner.transaction() as session:
            # As if the clock had not heard of the hold.
            await session.execute(text("UPDATE clock SET state = 'running', paused_at = NULL"))
        world.later(days=366 * 40)
        assert await attend(world, case) == "held"
        assert await world.published("intake.case.erased.v1", case=case) == []
        assert (await clock(world, case)).state == "paused"

    async def test_stops_waiting_for_what_was_erased_by_hand(self, world: Intake) -> None:
        case = await withdrawn(world)
        assert await erase(world, case) == (200, "")
        assert (await clock(world, case)).state == "stopped"

    async def test_is_seen_coming(self, world: Intake) -> None:
        young, grown, file = await withdrawn(world), await grown_up(world), await declined(world)
        held = await grown_up(world)
        await hold(world, held)
        items = (await world.do("GET", "/v1/retention", dpo(world)))["items"]
        assert [item["case_id"] for item in items] == [str(one.id) for one in (file, grown, young)]
        first = await world.do("GET", "/v1/retention?limit=2", dpo(world))
        rest = await world.do("GET", f"/v1/retention?limit=2&cursor={first['next']}", dpo(world))
        assert [*first["items"], *rest["items"]] == items


class TestHold:
    async def test_keeps_everything_from_being_erased(self, world: Intake) -> None:
        case = await withdrawn(world)
        hold_id = await hold(world, case)
        assert await erase(world, case) == (409, "under-legal-hold")
        assert (await kept(world, case))["held"]
        assert (await clock(world, case)).state == "paused"
        await lift(world, hold_id)
        assert (await clock(world, case)).state == "running"
        assert await erase(world, case) == (200, "")

    async def test_is_told_by_ids_and_codes(self, world: Intake) -> None:
        case = await withdrawn(world)
        hold_id = await hold(world, case, until="2027-01-31")
        await lift(world, hold_id)
        said = await world.published("intake.hold.set.v1", "intake.hold.lifted.v1", case=case)
        assert [row.data for row in said] == [
            {"case_id": str(case.id), "hold_id": str(hold_id), "until": "2027-01-31"},
            {"case_id": str(case.id), "hold_id": str(hold_id), "reason": "by-hand"},
        ]

    async def test_shows_its_reason_to_the_officer_and_seals_it(self, world: Intake) -> None:
        case = await withdrawn(world)
        await hold(world, case)
        (item,) = (await world.do("GET", "/v1/holds", dpo(world)))["items"]
        assert item["reason"] == "Een klacht loopt bij de rechtbank."
        for table in ("hold", "outbox", "clock"):
            for row in await world.rows(f"SELECT t::text AS row FROM {table} t"):
                assert "rechtbank" not in row.row
                assert b"rechtbank".hex() not in row.row

    async def test_makes_nothing_be_kept_longer_than_its_time(self, world: Intake) -> None:
        case = await grown_up(world)
        due = (await clock(world, case)).due_at
        hold_id = await hold(world, case)
        world.later(days=400)
        await lift(world, hold_id)
        assert (await clock(world, case)).due_at == due

    async def test_leaves_time_to_object_when_the_time_has_passed(self, world: Intake) -> None:
        case = await grown_up(world)
        hold_id = await hold(world, case)
        world.later(days=4000)
        await lift(world, hold_id)
        assert (await clock(world, case)).due_at == world.clock.time + timedelta(days=60)

    async def test_of_two_both_must_be_lifted(self, world: Intake) -> None:
        case = await withdrawn(world)
        first, second = await hold(world, case), await hold(world, case)
        await lift(world, first)
        assert await erase(world, case) == (409, "under-legal-hold")
        await lift(world, second)
        assert await erase(world, case) == (200, "")

    async def test_can_be_set_while_a_case_goes_on(self, world: Intake) -> None:
        case = await world.open_case()
        await hold(world, case)
        await world.do("POST", f"/v1/cases/{case.id}/withdraw", world.manager(), json={"reason": "solved"})
        assert (await clock(world, case)).state == "paused"
        assert await erase(world, case) == (409, "under-legal-hold")

    async def test_holds_a_referral_that_never_became_a_case(self, world: Intake) -> None:
        file = await declined(world)
        hold_id = await hold(world, file)
        world.later(days=5000)
        assert await attend(world, file) == "nothing"
        await lift(world, hold_id)
        world.later(days=61)
        assert await attend(world, file) == "erased"

    async def test_is_lifted_once(self, world: Intake) -> None:
        hold_id = await hold(world, await withdrawn(world))
        await lift(world, hold_id)
        path = f"/v1/holds/{hold_id}/lift"
        assert await world.refused("POST", path, dpo(world)) == (409, "hold-lifted")
        assert (await world.do("GET", "/v1/holds", dpo(world)))["items"] == []

    async def test_cannot_be_set_on_what_was_erased(self, world: Intake) -> None:
        case = await withdrawn(world)
        await erase(world, case)
        path = f"/v1/cases/{case.id}/holds"
        body = {"reason": "Te laat"}
        assert await world.refused("POST", path, dpo(world), json=body) == (410, "case-erased")

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"reason": ""},
            {"reason": "   "},
            {"reason": 5},
            {"reason": "x" * 100_000},
            {"reason": "waarom", "until": "2026-03-02"},
            {"reason": "waarom", "until": "2400-01-01"},
            {"reason": "waarom", "until": "9999-12-31"},
            {"reason": "waarom", "until": 20270101},
            {"reason": "waarom", "until": "2027-01-01T09:00:00Z"},
            {"reason": "waarom", "more": True},
            {"reason": "nul \u0000 teken"},
            [],
        ],
    )
    async def test_refuses_what_is_no_hold(self, world: Intake, body: Any) -> None:
        case = await withdrawn(world)
        answer = await world.ask("POST", f"/v1/cases/{case.id}/holds", dpo(world), json=body)
        assert 400 <= answer.status_code < 500, answer.text
        assert await world.rows("SELECT 1 FROM hold") == []

    async def test_is_not_there_for_anybody_else(self, world: Intake) -> None:
        case = await withdrawn(world)
        hold_id = await hold(world, case)
        stranger = world.stranger(Role.DPO)
        unknown = {"reason": "nieuwsgierig"}
        for method, path, body in (
            ("POST", f"/v1/cases/{case.id}/holds", unknown),
            ("POST", f"/v1/holds/{hold_id}/lift", None),
            ("GET", f"/v1/cases/{case.id}/retention", None),
            ("POST", f"/v1/cases/{case.id}/retention", None),
        ):
            assert (await world.refused(method, path, stranger, json=body))[0] == 404
        assert (await world.do("GET", "/v1/holds", stranger))["items"] == []
        assert (await world.do("GET", "/v1/retention", stranger))["items"] == []
        path = f"/v1/cases/{uuid4()}/holds"
        assert await world.refused("POST", path, dpo(world), json=unknown) == (404, "case-not-found")
        assert (await world.refused("POST", f"/v1/holds/{uuid4()}/lift", dpo(world)))[0] == 404

    async def test_is_told_at_once_to_the_service_that_erases_somebody(self, world: Intake) -> None:
        case, other = await world.open_case(), await world.open_case()
        path, asking = f"/v1/cases/{case.id}/under-hold", world.from_service("erase-person")
        assert await world.do("GET", path, asking) == {"under_hold": False}
        first, second = await hold(world, case), await hold(world, case)
        for hold_id in (first, second):
            assert await world.do("GET", path, asking) == {"under_hold": True}
            await lift(world, hold_id)
        assert await world.do("GET", path, asking) == {"under_hold": False}
        await hold(world, other)
        assert await world.do("GET", path, asking) == {"under_hold": False}

    async def test_is_told_for_that_purpose_alone(self, world: Intake) -> None:
        case = await world.open_case()
        await hold(world, case)
        path = f"/v1/cases/{case.id}/under-hold"
        for purpose in ("copy-persons", "copy-for-person", "none", "erase-person "):
            assert (await world.refused("GET", path, world.from_service(purpose)))[0] in (401, 403), purpose
        for who in (world.manager(), dpo(world), world.referrer(), world.person(case, role="central")):
            assert (await world.refused("GET", path, who))[0] == 403
        elsewhere = world.from_service("erase-person", tenant=uuid7())
        unknown = f"/v1/cases/{uuid4()}/under-hold"
        for asked, who in ((path, elsewhere), (unknown, world.from_service("erase-person"))):
            assert await world.refused("GET", asked, who) == (404, "case-not-found")

    async def test_of_an_erased_file_there_is_none(self, world: Intake) -> None:
        case = await withdrawn(world)
        assert await erase(world, case) == (200, "")
        path = f"/v1/cases/{case.id}/under-hold"
        assert await world.do("GET", path, world.from_service("erase-person")) == {"under_hold": False}

    async def test_sent_twice_under_a_key_is_one(self, world: Intake) -> None:
        case = await withdrawn(world)
        who = dpo(world) | {"idempotency-key": "een"}
        path, body = f"/v1/cases/{case.id}/holds", {"reason": "een"}
        first = await world.do("POST", path, who, json=body)
        assert await world.do("POST", path, who, json=body) == first
        assert len(await world.rows("SELECT 1 FROM hold")) == 1


class TestHoldAndErasureAtOnce:
    async def test_one_of_them_wins_and_never_both(self, world: Intake) -> None:
        for number in range(6):
            case = await withdrawn(world)

            async def set_hold(case: Case = case) -> str:
                async with world.transaction() as session:
                    await holds.set_hold(
                        session,
                        world.context.vault,
                        tenant=world.tenant,
                        case_id=case.id,
                        reason="nu",
                        until=None,
                        set_by=uuid7(),
                        now=world.clock.time,
                    )
                return "held"

            async def erase_it(case: Case = case) -> str:
                async with world.transaction() as session:
                    row = await case_reads.case(session, tenant=world.tenant, case_id=case.id)
                    assert isinstance(row, CaseRow)
                    await erasing.erase_case(session, case=row, reason="asked", now=world.clock.time)
                return "erased"

            both = [set_hold(), erase_it()] if number % 2 else [erase_it(), set_hold()]
            outcomes = await asyncio.gather(*both, return_exceptions=True)
            won = [outcome for outcome in outcomes if isinstance(outcome, str)]
            lost = [outcome for outcome in outcomes if not isinstance(outcome, str)]
            assert len(won) == 1, outcomes
            assert isinstance(lost[0], UnderHold if won == ["held"] else CaseErased)

    async def test_erasing_waits_for_a_hold_that_is_being_set(self, world: Intake) -> None:
        case = await withdrawn(world)
        async with world.transaction() as session:
            await holds.set_hold(
                session,
                world.context.vault,
                tenant=world.tenant,
                case_id=case.id,
                reason="nu",
                until=None,
                set_by=uuid7(),
                now=world.clock.time,
            )
            erasing_now = asyncio.create_task(erase(world, case))
            held_up = text("SELECT 1 FROM pg_locks WHERE NOT granted")

            async def is_held_up() -> bool:
                return (await session.execute(held_up)).first() is not None

            await eventually(is_held_up, "erasing waits for the hold")
            assert not erasing_now.done()
        assert await erasing_now == (409, "under-legal-hold")


class TestSweep:
    async def test_finds_what_is_next_by_an_index(self, world: Intake) -> None:
        workflow_id = retention_workflow_id(world.tenant)
        async with world.owner.transaction() as session:
            await session.execute(
                text(
                    "INSERT INTO clock (id, kind, subject, stream, tenant, owner, workflow_id, policy_version, unit,"
                    " state, started_at, due_at, warn_at) SELECT gen_random_uuid(), 'retention', gen_random_uuid(),"
                    " gen_random_uuid(), :tenant, 'dpo', :workflow_id, 1, 'days', 'running', now(),"
                    " now() + n * interval '1 hour', now() + n * interval '1 hour' - interval '60 days'"
                    " FROM generate_series(1, 20000) n"
                ),
                {"tenant": world.tenant, "workflow_id": workflow_id},
            )
            await session.execute(text("ANALYZE clock"))
        now = world.clock.time
        async with world.transaction() as session:
            for statement, values in (
                (clocks._AGENDA, (workflow_id,)),
                (clocks._REACHED, (workflow_id, now, 20)),
            ):
                plan = "\n".join(row[0] for row in await fetch(session, f"EXPLAIN {statement}", *values))
                assert "ix_clock_agenda" in plan, plan
                assert "Sort" not in plan, plan
