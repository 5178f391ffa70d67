"""How long files are kept, what holds them longer, and that erasing asks both."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.intake.domain.retention import retention_workflow_id
from services.intake.models import Case as CaseRow
from services.intake.operations import erasing, holds, retention_deadlines
from services.intake.queries import cases as case_reads
from shared import case_state, clocks
from shared.auth import Role
from shared.case_state import CaseErased, UnderHold
from shared.database import Scope
from shared.deadlines import Deadline
from shared.events import plans
from shared.ids import uuid7
from tests.integration.intake.house import Case, House

YOUTH_END = "2047-12-31"


def dpo(house: House) -> dict[str, str]:
    """Return the headers of the tenant's officer for the protection of data."""
    return house.staff(uuid7(), house.tenant, Role.DPO)


async def withdrawn(house: House, referral_id: UUID | None = None) -> Case:
    """Return a case that stopped."""
    case = await house.open_case(referral_id)
    path = f"/v1/cases/{case.id}/withdraw"
    await house.do("POST", path, house.manager(), json={"reason": "solved"})
    return case


async def grown_up(house: House) -> Case:
    """Return a case about an adult that stopped."""
    return await withdrawn(house, await house.refer_oneself())


async def declined(house: House) -> Case:
    """Return a referral that was declined, by the id that its case would have had."""
    referral_id = await house.refer()
    path = f"/v1/referrals/{referral_id}/decline"
    await house.do("POST", path, house.manager(), json={"reason": "no-capacity"})
    rows = await house.rows("SELECT case_id FROM referral WHERE id = :id", id=referral_id)
    return Case(rows[0].case_id, referral_id)


async def clock(house: House, case: Case) -> Any:
    """Return the last retention clock of a file."""
    rows = await house.rows(
        "SELECT id, state, due_at, warn_at, owner, policy_version FROM clock"
        " WHERE kind = 'retention' AND subject = :case ORDER BY started_at DESC, id DESC LIMIT 1",
        case=case.id,
    )
    return rows[0] if rows else None


async def kept(house: House, case: Case) -> dict[str, Any]:
    """Read until when a file is kept."""
    found: dict[str, Any] = await house.do("GET", f"/v1/cases/{case.id}/retention", dpo(house))
    return found


async def hold(house: House, case: Case, **changes: Any) -> UUID:
    """Set a hold and return its id."""
    body = {"reason": "Een klacht loopt bij de rechtbank."} | changes
    answer = await house.do("POST", f"/v1/cases/{case.id}/holds", dpo(house), json=body)
    return UUID(answer["hold_id"])


async def lift(house: House, hold_id: UUID) -> dict[str, Any]:
    """Lift a hold."""
    found: dict[str, Any] = await house.do("POST", f"/v1/holds/{hold_id}/lift", dpo(house))
    return found


async def attend(house: House, case: Case) -> str:
    """Let retention do what the clock of a file asks for when it is due, also where it is no longer."""
    found = await clock(house, case)
    if found.due_at > await house.context.clock.now():
        return "nothing"
    due = Deadline(
        tenant=house.tenant,
        case_id=None,
        clock_id=found.id,
        kind="retention",
        subject=case.id,
        what="due",
        at=found.due_at,
    )
    async with house.context.database.transaction(Scope(tenant=house.tenant)) as session:
        # The warning was given.
        warned = "UPDATE clock SET warned_at = warn_at WHERE id = :id AND warned_at IS NULL"
        await session.execute(text(warned), {"id": found.id})
        return await retention_deadlines.attend(session, due=due, now=await house.context.clock.now())


async def erase(house: House, case: Case) -> tuple[int, str]:
    """Ask for a case to be erased, and return status and code."""
    answer = await house.ask("POST", f"/v1/cases/{case.id}/erase", dpo(house), json={"because": "asked"})
    return answer.status_code, str(answer.json().get("type", "")).rpartition("/")[2]


class TestTheEndOfACase:
    async def test_decides_how_long_a_youth_is_kept(self, house: House) -> None:
        case = await withdrawn(house)
        found = await kept(house, case)
        assert (found["kind"], found["keep_until"], found["held"]) == ("youth", YOUTH_END, False)
        running = await clock(house, case)
        assert (running.state, running.owner) == ("running", "dpo")
        # The last day is over at midnight in Brussels.
        assert running.due_at.isoformat() == "2047-12-31T23:00:00+00:00"
        assert running.due_at - running.warn_at == timedelta(days=60)

    async def test_stores_no_birthday(self, house: House) -> None:
        await withdrawn(house)
        for table in ("retention", "clock", "outbox"):
            for row in await house.rows(f"SELECT t::text AS row FROM {table} t"):
                assert "2012-01-15" not in row.row
                assert "2047-01-15" not in row.row

    async def test_decides_by_how_it_ended(self, house: House) -> None:
        case = await house.open_case(await house.refer_oneself())
        body = {"outcome": "plan-without-meeting"}
        await house.do("POST", f"/v1/cases/{case.id}/close", house.manager(), json=body)
        assert (await kept(house, case))["kind"] == "plan-without-meeting"

    async def test_comes_with_the_end_of_the_follow_up_too(self, house: House) -> None:
        case = await house.open_case()
        async with house.owner.transaction() as session:
            await case_state.raise_to(session, case_id=case.id, tenant=house.tenant, status="open", version=1)
        ended = plans.FollowUpEnded(case_id=case.id, outcome="followed-up")
        assert await house.hear(ended, case=case) == "handled"
        assert (await kept(house, case))["keep_until"] == YOUTH_END

    async def test_keeps_an_adult_five_years(self, house: House) -> None:
        found = await kept(house, await grown_up(house))
        assert (found["kind"], found["keep_until"]) == ("adult", "2031-03-02")

    async def test_tells_the_young_person_and_nobody_else(self, house: House) -> None:
        case = await withdrawn(house)
        told = await house.said(case, "network.tell-person.v1")
        persons = await house.rows("SELECT id FROM referral_person WHERE role = 'central'")
        assert [row.data["person_id"] for row in told] == [str(persons[0].id)]
        assert (told[0].data["kind"], told[0].data["parameters"]) == (
            "file-kept",
            {"keep_until": YOUTH_END},
        )
        assert told[0].data["even_if_stopped"]

    async def test_tells_who_stands_for_a_child_too(self, house: House) -> None:
        referral = house.referral()
        referral["persons"][0] |= {"birth_date": "2016-05-01", "consent": None}
        case = await withdrawn(house, await house.refer(persons=referral["persons"]))
        assert len(await house.said(case, "network.tell-person.v1")) == 2

    async def test_of_a_referral_keeps_it_a_year_and_tells_nobody(self, house: House) -> None:
        file = await declined(house)
        found = await kept(house, file)
        assert (found["kind"], found["keep_until"]) == ("referral", "2027-03-02")
        assert await house.said(file, "network.tell-person.v1") == []

    async def test_is_not_yet_for_a_case_that_goes_on(self, house: House) -> None:
        case = await house.open_case()
        path = f"/v1/cases/{case.id}/retention"
        for method in ("GET", "POST"):
            assert await house.refused(method, path, dpo(house)) == (409, "file-not-over")


class TestPolicy:
    async def change(self, house: House, **changes: Any) -> None:
        found = await house.do("GET", "/v1/policy", house.manager())
        await house.do("PUT", "/v1/policy", house.manager(), json=found["settings"] | changes)

    async def test_says_whether_conferences_are_youth_help(self, house: House) -> None:
        await self.change(house, keep_youth_until_age=None, keep_case_years=3)
        found = await kept(house, await withdrawn(house))
        assert (found["kind"], found["keep_until"], found["policy_version"]) == ("adult", "2029-03-02", 2)

    async def test_changes_no_clock_that_runs_until_somebody_decides_anew(self, house: House) -> None:
        case = await withdrawn(house)
        first = await clock(house, case)
        await self.change(house, keep_youth_until_age=25)
        assert await kept(house, case) | {"computed_at": ""} == {
            "case_id": str(case.id), "kind": "youth", "keep_until": YOUTH_END, "policy_version": 1, "computed_at": "",
            "held": False,
        }  # fmt: skip
        again = await house.do("POST", f"/v1/cases/{case.id}/retention", dpo(house))
        assert (again["keep_until"], again["policy_version"]) == ("2037-12-31", 2)
        running = await clock(house, case)
        assert (running.state, running.id != first.id, running.due_at.year) == ("running", True, 2037)

    async def test_of_a_shorter_time_erases_nothing_before_somebody_could_object(self, house: House) -> None:
        case = await grown_up(house)
        house.later(days=800)
        await self.change(house, keep_case_years=1)
        again = await house.do("POST", f"/v1/cases/{case.id}/retention", dpo(house))
        assert again["keep_until"] == "2027-03-02"
        running = await clock(house, case)
        assert (running.due_at - house.clock.moment, running.warn_at) == (
            timedelta(days=60),
            house.clock.moment,
        )
        assert await attend(house, case) == "nothing"

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
    async def test_refuses_what_cannot_be(self, house: House, changes: dict[str, Any]) -> None:
        found = await house.do("GET", "/v1/policy", house.manager())
        answer = await house.ask("PUT", "/v1/policy", house.manager(), json=found["settings"] | changes)
        assert answer.status_code == 422


class TestTheEndOfItsTime:
    @pytest.mark.parametrize("make", [withdrawn, declined])
    async def test_erases_what_is_due_once(self, house: House, make: Any) -> None:
        file = await make(house)
        house.later(days=366 * 40)
        assert await attend(house, file) == "erased"
        assert await attend(house, file) == "nothing"
        assert len(await house.said(file, "intake.case.erased.v1")) == 1
        assert (await clock(house, file)).state == "stopped"
        path = f"/v1/referrals/{file.referral_id}"
        assert await house.refused("GET", path, house.manager()) == (410, "case-erased")
        assert (await house.do("GET", "/v1/referrals", house.manager()))["items"] == []

    @pytest.mark.parametrize("make", [withdrawn, declined])
    async def test_makes_everything_unreadable(self, house: House, make: Any) -> None:
        file = await make(house)
        house.later(days=366 * 40)
        await attend(house, file)
        assert (await house.hear_own_events("intake.case.erased.v1"))["intake.case.erased.v1"] == "handled"
        keys = await house.rows("SELECT 1 FROM erasure_ledger WHERE erased = :case", case=file.id)
        assert len(keys) == 3

    async def test_leaves_what_is_not_due(self, house: House) -> None:
        case = await withdrawn(house)
        house.later(days=3000)
        assert await attend(house, case) == "nothing"

    async def test_leaves_what_is_held(self, house: House) -> None:
        case = await withdrawn(house)
        await hold(house, case)
        async with house.owner.transaction() as session:
            # As if the clock had not heard of the hold.
            await session.execute(text("UPDATE clock SET state = 'running', paused_at = NULL"))
        house.later(days=366 * 40)
        assert await attend(house, case) == "held"
        assert await house.said(case, "intake.case.erased.v1") == []
        assert (await clock(house, case)).state == "paused"

    async def test_stops_waiting_for_what_was_erased_by_hand(self, house: House) -> None:
        case = await withdrawn(house)
        assert await erase(house, case) == (200, "")
        assert (await clock(house, case)).state == "stopped"

    async def test_is_seen_coming(self, house: House) -> None:
        young, grown, file = await withdrawn(house), await grown_up(house), await declined(house)
        held = await grown_up(house)
        await hold(house, held)
        items = (await house.do("GET", "/v1/retention", dpo(house)))["items"]
        assert [item["case_id"] for item in items] == [str(one.id) for one in (file, grown, young)]
        first = await house.do("GET", "/v1/retention?limit=2", dpo(house))
        rest = await house.do("GET", f"/v1/retention?limit=2&cursor={first['next']}", dpo(house))
        assert [*first["items"], *rest["items"]] == items


class TestHold:
    async def test_keeps_everything_from_being_erased(self, house: House) -> None:
        case = await withdrawn(house)
        hold_id = await hold(house, case)
        assert await erase(house, case) == (409, "under-legal-hold")
        assert (await kept(house, case))["held"]
        assert (await clock(house, case)).state == "paused"
        await lift(house, hold_id)
        assert (await clock(house, case)).state == "running"
        assert await erase(house, case) == (200, "")

    async def test_is_told_by_ids_and_codes(self, house: House) -> None:
        case = await withdrawn(house)
        hold_id = await hold(house, case, until="2027-01-31")
        await lift(house, hold_id)
        said = await house.said(case, "intake.hold.set.v1", "intake.hold.lifted.v1")
        assert [row.data for row in said] == [
            {"case_id": str(case.id), "hold_id": str(hold_id), "until": "2027-01-31"},
            {"case_id": str(case.id), "hold_id": str(hold_id), "because": "by-hand"},
        ]

    async def test_shows_its_reason_to_the_officer_and_seals_it(self, house: House) -> None:
        case = await withdrawn(house)
        await hold(house, case)
        (item,) = (await house.do("GET", "/v1/holds", dpo(house)))["items"]
        assert item["reason"] == "Een klacht loopt bij de rechtbank."
        for table in ("hold", "outbox", "clock"):
            for row in await house.rows(f"SELECT t::text AS row FROM {table} t"):
                assert "rechtbank" not in row.row
                assert b"rechtbank".hex() not in row.row

    async def test_makes_nothing_be_kept_longer_than_its_time(self, house: House) -> None:
        case = await grown_up(house)
        due = (await clock(house, case)).due_at
        hold_id = await hold(house, case)
        house.later(days=400)
        await lift(house, hold_id)
        assert (await clock(house, case)).due_at == due

    async def test_leaves_time_to_object_when_the_time_has_passed(self, house: House) -> None:
        case = await grown_up(house)
        hold_id = await hold(house, case)
        house.later(days=4000)
        await lift(house, hold_id)
        assert (await clock(house, case)).due_at == house.clock.moment + timedelta(days=60)

    async def test_of_two_both_must_be_lifted(self, house: House) -> None:
        case = await withdrawn(house)
        first, second = await hold(house, case), await hold(house, case)
        await lift(house, first)
        assert await erase(house, case) == (409, "under-legal-hold")
        await lift(house, second)
        assert await erase(house, case) == (200, "")

    async def test_can_be_set_while_a_case_goes_on(self, house: House) -> None:
        case = await house.open_case()
        await hold(house, case)
        await house.do("POST", f"/v1/cases/{case.id}/withdraw", house.manager(), json={"reason": "solved"})
        assert (await clock(house, case)).state == "paused"
        assert await erase(house, case) == (409, "under-legal-hold")

    async def test_holds_a_referral_that_never_became_a_case(self, house: House) -> None:
        file = await declined(house)
        hold_id = await hold(house, file)
        house.later(days=5000)
        assert await attend(house, file) == "nothing"
        await lift(house, hold_id)
        house.later(days=61)
        assert await attend(house, file) == "erased"

    async def test_is_lifted_once(self, house: House) -> None:
        hold_id = await hold(house, await withdrawn(house))
        await lift(house, hold_id)
        path = f"/v1/holds/{hold_id}/lift"
        assert await house.refused("POST", path, dpo(house)) == (409, "hold-lifted")
        assert (await house.do("GET", "/v1/holds", dpo(house)))["items"] == []

    async def test_cannot_be_set_on_what_was_erased(self, house: House) -> None:
        case = await withdrawn(house)
        await erase(house, case)
        path = f"/v1/cases/{case.id}/holds"
        body = {"reason": "Te laat"}
        assert await house.refused("POST", path, dpo(house), json=body) == (410, "case-erased")

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
    async def test_refuses_what_is_no_hold(self, house: House, body: Any) -> None:
        case = await withdrawn(house)
        answer = await house.ask("POST", f"/v1/cases/{case.id}/holds", dpo(house), json=body)
        assert 400 <= answer.status_code < 500, answer.text
        assert await house.rows("SELECT 1 FROM hold") == []

    async def test_is_not_there_for_anybody_else(self, house: House) -> None:
        case = await withdrawn(house)
        hold_id = await hold(house, case)
        elsewhere = uuid7()
        stranger = house.staff(uuid7(), elsewhere, Role.DPO, tenant=elsewhere)
        unknown = {"reason": "nieuwsgierig"}
        for method, path, body in (
            ("POST", f"/v1/cases/{case.id}/holds", unknown),
            ("POST", f"/v1/holds/{hold_id}/lift", None),
            ("GET", f"/v1/cases/{case.id}/retention", None),
            ("POST", f"/v1/cases/{case.id}/retention", None),
        ):
            assert (await house.refused(method, path, stranger, json=body))[0] == 404
        assert (await house.do("GET", "/v1/holds", stranger))["items"] == []
        assert (await house.do("GET", "/v1/retention", stranger))["items"] == []
        path = f"/v1/cases/{uuid4()}/holds"
        assert await house.refused("POST", path, dpo(house), json=unknown) == (404, "case-not-found")
        assert (await house.refused("POST", f"/v1/holds/{uuid4()}/lift", dpo(house)))[0] == 404

    async def test_is_told_at_once_to_the_service_that_erases_somebody(self, house: House) -> None:
        case, other = await house.open_case(), await house.open_case()
        path, asking = f"/v1/cases/{case.id}/under-hold", house.service("erase-person")
        assert await house.do("GET", path, asking) == {"under_hold": False}
        first, second = await hold(house, case), await hold(house, case)
        for hold_id in (first, second):
            assert await house.do("GET", path, asking) == {"under_hold": True}
            await lift(house, hold_id)
        assert await house.do("GET", path, asking) == {"under_hold": False}
        await hold(house, other)
        assert await house.do("GET", path, asking) == {"under_hold": False}

    async def test_is_told_for_that_purpose_alone(self, house: House) -> None:
        case = await house.open_case()
        await hold(house, case)
        path = f"/v1/cases/{case.id}/under-hold"
        for purpose in ("copy-persons", "copy-for-person", "none", "erase-person "):
            assert (await house.refused("GET", path, house.service(purpose)))[0] in (401, 403), purpose
        for who in (house.manager(), dpo(house), house.referrer(), house.person(case)):
            assert (await house.refused("GET", path, who))[0] == 403
        token = house.context.issuer.service(service="network", purpose="erase-person", tenant=uuid7())
        elsewhere = {"authorization": f"Bearer {token}"}
        unknown = f"/v1/cases/{uuid4()}/under-hold"
        for asked, who in ((path, elsewhere), (unknown, house.service("erase-person"))):
            assert await house.refused("GET", asked, who) == (404, "case-not-found")

    async def test_of_an_erased_file_there_is_none(self, house: House) -> None:
        case = await withdrawn(house)
        assert await erase(house, case) == (200, "")
        path = f"/v1/cases/{case.id}/under-hold"
        assert await house.do("GET", path, house.service("erase-person")) == {"under_hold": False}

    async def test_sent_twice_under_a_key_is_one(self, house: House) -> None:
        case = await withdrawn(house)
        who = dpo(house) | {"idempotency-key": "een"}
        path, body = f"/v1/cases/{case.id}/holds", {"reason": "een"}
        first = await house.do("POST", path, who, json=body)
        assert await house.do("POST", path, who, json=body) == first
        assert len(await house.rows("SELECT 1 FROM hold")) == 1


class TestHoldAndErasureAtOnce:
    async def test_one_of_them_wins_and_never_both(self, house: House) -> None:
        for number in range(6):
            case = await withdrawn(house)

            async def set_hold(case: Case = case) -> str:
                async with house.context.database.transaction(Scope(tenant=house.tenant)) as session:
                    await holds.set_hold(
                        session,
                        house.context.vault,
                        tenant=house.tenant,
                        case_id=case.id,
                        reason="nu",
                        until=None,
                        set_by=uuid7(),
                        now=house.clock.moment,
                    )
                return "held"

            async def erase_it(case: Case = case) -> str:
                async with house.context.database.transaction(Scope(tenant=house.tenant)) as session:
                    row = await case_reads.case(session, tenant=house.tenant, case_id=case.id)
                    assert isinstance(row, CaseRow)
                    await erasing.erase_case(session, case=row, because="asked", now=house.clock.moment)
                return "erased"

            both = [set_hold(), erase_it()] if number % 2 else [erase_it(), set_hold()]
            outcomes = await asyncio.gather(*both, return_exceptions=True)
            won = [outcome for outcome in outcomes if isinstance(outcome, str)]
            lost = [outcome for outcome in outcomes if not isinstance(outcome, str)]
            assert len(won) == 1, outcomes
            assert isinstance(lost[0], UnderHold if won == ["held"] else CaseErased)

    async def test_erasing_waits_for_a_hold_that_is_being_set(self, house: House) -> None:
        case = await withdrawn(house)
        async with house.context.database.transaction(Scope(tenant=house.tenant)) as session:
            await holds.set_hold(
                session,
                house.context.vault,
                tenant=house.tenant,
                case_id=case.id,
                reason="nu",
                until=None,
                set_by=uuid7(),
                now=house.clock.moment,
            )
            erasing_now = asyncio.create_task(erase(house, case))
            _, waiting = await asyncio.wait([erasing_now], timeout=0.3)
            assert waiting
        assert await erasing_now == (409, "under-legal-hold")


class TestSweep:
    async def test_finds_what_is_next_by_an_index(self, house: House) -> None:
        workflow_id = retention_workflow_id(house.tenant)
        async with house.owner.transaction() as session:
            await session.execute(
                text(
                    "INSERT INTO clock (id, kind, subject, stream, tenant, owner, workflow_id, policy_version, state,"
                    " started_at, due_at, warn_at) SELECT gen_random_uuid(), 'retention', gen_random_uuid(),"
                    " gen_random_uuid(), :tenant, 'dpo', :workflow_id, 1, 'running', now(),"
                    " now() + n * interval '1 hour', now() + n * interval '1 hour' - interval '60 days'"
                    " FROM generate_series(1, 20000) n"
                ),
                {"tenant": house.tenant, "workflow_id": workflow_id},
            )
            await session.execute(text("ANALYZE clock"))
        now = house.clock.moment
        async with house.context.database.transaction(Scope(tenant=house.tenant)) as session:
            for statement, values in (
                (clocks._AGENDA, {"workflow_id": workflow_id}),
                (clocks._REACHED, {"workflow_id": workflow_id, "by": now, "most": 20}),
            ):
                plan = "\n".join((await session.execute(text(f"EXPLAIN {statement.text}"), values)).scalars())
                assert "ix_clock_agenda" in plan, plan
                assert "Sort" not in plan, plan
