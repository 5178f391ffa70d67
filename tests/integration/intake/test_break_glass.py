"""Break-glass: a regional manager opens a file, the data protection officer is told, and it ends by itself."""

import asyncio
from uuid import UUID, uuid4

import pytest

from services.intake.operations import break_glass, erasing
from services.intake.queries import cases as case_reads
from shared.auth import Role
from shared.case_state import CaseErased
from shared.database import Scope
from shared.events import network
from shared.ids import uuid7
from tests.support.world import Case, Headers
from tests.support.world.intake import Intake

REASON = {"reason": "De coördinator is ziek en er is vandaag een crisisoverleg."}


async def with_officers(world: Intake, *officers: UUID) -> None:
    """Enter data protection officers."""
    for officer in officers:
        await world.enter_staff(officer, world.tenant, "dpo", tenant=world.tenant)


def officer(world: Intake, officer_id: UUID) -> Headers:
    """Return the headers of a data protection officer."""
    return world.staff(officer_id, world.tenant, Role.DPO)


async def opened(world: Intake, case: Case, who: Headers | None = None) -> str:
    """Open a file, and return the opening's id."""
    answer = await world.do("POST", f"/v1/cases/{case.id}/break-glass", who or world.manager(), json=REASON)
    return str(answer["break_glass_id"])


async def reads(world: Intake, case: Case, who: Headers | None = None) -> int:
    """Return how reading the baseline is answered."""
    answer = await world.ask("GET", f"/v1/cases/{case.id}/baseline", who or world.manager())
    return answer.status_code


async def test_a_referral_that_became_a_case_is_read_by_a_manager_who_opened_its_file(world: Intake) -> None:
    await with_officers(world, uuid4())
    referral_id = await world.refer()
    path = f"/v1/referrals/{referral_id}"
    await world.do("GET", path, world.manager())
    case = await world.open_case(referral_id)
    assert await world.refused("GET", path, world.manager()) == (404, "referral-not-found")
    await world.do("GET", path, world.referrer())
    opening = await opened(world, case)
    await world.do("GET", path, world.manager())
    entries = await world.rows(
        "SELECT break_glass_id FROM audit_log WHERE actor = :manager AND 'referral_person' = ANY(what)"
        " AND action = 'read' ORDER BY id DESC LIMIT 1",
        manager=world.manager_id,
    )
    assert [str(entry.break_glass_id) for entry in entries] == [opening]


class TestBreakGlass:
    async def test_says_to_whom_it_was_told_and_why_to_the_officer_alone(self, world: Intake) -> None:
        dirk = uuid4()
        await with_officers(world, dirk)
        case, _ = await world.assigned_case()
        path = f"/v1/break-glass/{await opened(world, case)}"
        read = await world.do("GET", path, officer(world, dirk))
        assert (read["told"], read["reason"]) == ([str(dirk)], REASON["reason"])
        assert (await world.do("GET", path, world.manager()))["reason"] is None

    async def test_lets_that_manager_read_and_nobody_else(self, world: Intake) -> None:
        await with_officers(world, uuid4())
        case, other = (await world.assigned_case())[0], (await world.assigned_case())[0]
        assert await reads(world, case) == 404
        await opened(world, case)
        assert await reads(world, case) == 200
        assert await reads(world, other) == 404
        assert await reads(world, case, world.colleague(Role.REGIONAL_MANAGER)) == 404
        # Who is no longer a manager reads no longer.
        assert await reads(world, case, world.staff(world.manager_id, world.tenant, Role.TRAINER)) == 403

    async def test_lets_nobody_write(self, world: Intake) -> None:
        await with_officers(world, uuid4())
        case, _ = await world.assigned_case()
        await opened(world, case)
        change = {"version": 1, "questions": ["Wie helpt?"]}
        status, _ = await world.refused("PUT", f"/v1/cases/{case.id}/baseline", world.manager(), json=change)
        assert status == 403

    async def test_tells_every_officer_at_once_and_only_by_a_link(self, world: Intake) -> None:
        one, another = uuid4(), uuid4()
        await with_officers(world, one, another)
        case, _ = await world.assigned_case()
        opening = await opened(world, case)
        assert sorted(await world.emailed("break-glass-used")) == sorted([one, another])
        rows = await world.rows("SELECT parameters FROM message WHERE kind = 'break-glass-used'")
        for row in rows:
            assert set(row.parameters) == {"break_glass_id", "expires_at"}
            assert row.parameters["break_glass_id"] == opening

    async def test_is_refused_if_there_is_nobody_to_tell(self, world: Intake) -> None:
        case, _ = await world.assigned_case()
        path = f"/v1/cases/{case.id}/break-glass"
        assert await world.refused("POST", path, world.manager(), json=REASON) == (409, "nobody-to-tell")
        # An officer elsewhere is not this tenant's, and nobody tells on themselves.
        await world.enter_staff(uuid4(), world.school, "dpo", tenant=world.school)
        await world.enter_staff(world.manager_id, world.tenant, "dpo", tenant=world.tenant)
        assert await world.refused("POST", path, world.manager(), json=REASON) == (409, "nobody-to-tell")
        assert await world.published("intake.break-glass.opened.v1", case=case) == []
        assert await reads(world, case) == 404

    @pytest.mark.parametrize("reason", ["", "   ", "\u200b\n", "...", None, 7, "x" * 100_000])
    async def test_needs_a_reason(self, world: Intake, reason: object) -> None:
        await with_officers(world, uuid4())
        case, _ = await world.assigned_case()
        await world.ask(
            "POST", f"/v1/cases/{case.id}/break-glass", world.manager(), json={"reason": reason}, expect=422
        )
        assert await reads(world, case) == 404

    async def test_is_made_once_of_two_clicks(self, world: Intake) -> None:
        await with_officers(world, uuid4())
        case, _ = await world.assigned_case()
        path = f"/v1/cases/{case.id}/break-glass"
        answers = await asyncio.gather(
            *(world.ask("POST", path, world.manager(), json=REASON) for _ in range(3))
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
        assert len(await world.published("intake.break-glass.opened.v1", case=case)) == 1
        assert len(await world.emailed("break-glass-used")) == 1

    async def test_ends_by_itself(self, world: Intake) -> None:
        await with_officers(world, uuid4())
        case, _ = await world.assigned_case()
        await opened(world, case)
        world.later(hours=3, minutes=59)
        assert await reads(world, case) == 200
        world.later(minutes=1)
        assert await reads(world, case) == 404
        await opened(world, case)
        assert await reads(world, case) == 200

    async def test_lasts_as_long_as_the_organisation_sets(self, world: Intake) -> None:
        await with_officers(world, uuid4())
        for wrong in ("8d", "PT0S", "2w", "soon"):
            await world.set_policy(world.officer(), {"break_glass": wrong}, part="/safeguards", expect=422)
        await world.set_policy(world.officer(), {"break_glass": "PT1H"}, part="/safeguards")
        case, _ = await world.assigned_case()
        await opened(world, case)
        world.later(hours=1)
        assert await reads(world, case) == 404

    @pytest.mark.parametrize("how", ["unknown", "elsewhere"])
    async def test_hides_what_is_not_the_managers(self, world: Intake, how: str) -> None:
        await with_officers(world, uuid4())
        case, _ = await world.assigned_case()
        there = world.staff(world.manager_id, world.school, Role.REGIONAL_MANAGER, tenant=world.school)
        path = f"/v1/cases/{uuid7() if how == 'unknown' else case.id}/break-glass"
        who = world.manager() if how == "unknown" else there
        assert (await world.refused("POST", path, who, json=REASON))[0] == 404


class TestClosing:
    async def test_ends_it_at_once_and_says_so_once(self, world: Intake) -> None:
        dpo = uuid4()
        await with_officers(world, dpo)
        case, _ = await world.assigned_case()
        opening = await opened(world, case)
        for who in (world.manager(), officer(world, dpo)):
            closed = await world.do("POST", f"/v1/break-glass/{opening}/close", who)
            assert closed["closed_at"] is not None
        assert await reads(world, case) == 404
        assert len(await world.published("intake.break-glass.closed.v1", case=case)) == 1

    async def test_is_for_whoever_opened_it_and_the_officer(self, world: Intake) -> None:
        await with_officers(world, uuid4())
        case, _ = await world.assigned_case()
        opening = await opened(world, case)
        another = world.colleague(Role.REGIONAL_MANAGER)
        assert await world.refused("POST", f"/v1/break-glass/{opening}/close", another) == (
            404,
            "break-glass-not-found",
        )
        assert (await world.refused("POST", f"/v1/break-glass/{uuid7()}/close", another))[0] == 404
        assert await reads(world, case) == 200

    async def test_comes_with_the_erasure_of_the_case(self, world: Intake) -> None:
        dpo = uuid4()
        await with_officers(world, dpo)
        case, _ = await world.assigned_case()
        await opened(world, case)
        await world.do(
            "POST", f"/v1/cases/{case.id}/close", world.manager(), json={"outcome": "closed-early"}
        )
        assert await reads(world, case) == 200
        await world.do("POST", f"/v1/cases/{case.id}/erase", officer(world, dpo), json={"reason": "asked"})
        assert await reads(world, case) in (404, 410)
        assert len(await world.published("intake.break-glass.closed.v1", case=case)) == 1
        path = f"/v1/cases/{case.id}/break-glass"
        assert (await world.refused("POST", path, world.manager(), json=REASON))[0] == 410


class TestListing:
    async def test_shows_the_reason_to_the_officer_alone(self, world: Intake) -> None:
        dpo = uuid4()
        await with_officers(world, dpo)
        case, _ = await world.assigned_case()
        opening = await opened(world, case)
        (seen,) = (await world.do("GET", "/v1/break-glass", officer(world, dpo)))["items"]
        assert (seen["break_glass_id"], seen["reason"]) == (opening, REASON["reason"])
        (plain,) = (await world.do("GET", "/v1/break-glass", world.manager()))["items"]
        assert (plain["break_glass_id"], plain["reason"]) == (opening, None)


class TestAuditLog:
    async def test_says_by_which_opening_the_file_was_read(self, world: Intake) -> None:
        dpo = uuid4()
        await with_officers(world, dpo)
        case, _ = await world.assigned_case()
        opening = await opened(world, case)
        await reads(world, case)
        query = f"/v1/audit-log?case_id={case.id}"
        entries = (await world.do("GET", query, officer(world, dpo)))["items"]
        (read,) = [entry for entry in entries if "baseline" in entry["what"] and entry["action"] == "read"]
        assert (read["actor"], read["roles"]) == (str(world.manager_id), ["regional-manager"])
        assert read["break_glass_id"] == opening
        assert read["operation"] == "GET /v1/cases/{case_id}/baseline"

    async def test_shows_the_person_that_their_file_was_opened_and_no_name(self, world: Intake) -> None:
        await with_officers(world, uuid4())
        case, _ = await world.assigned_case()
        await opened(world, case)
        await reads(world, case)
        answer = await world.ask("GET", "/v1/me/audit-log", world.person(case, role="central"))
        assert str(world.manager_id) not in answer.text
        (read,) = [entry for entry in answer.json()["items"] if entry["by_break_glass"]]
        assert (read["by"], read["roles"], read["organisation_id"]) == (
            "staff",
            ["regional-manager"],
            str(world.tenant),
        )

    async def test_shows_others_of_the_circle_only_what_is_theirs(self, world: Intake) -> None:
        case, _ = await world.assigned_case()
        answer = await world.do("GET", "/v1/me/audit-log", world.person(case))
        assert answer["items"] == []

    async def test_shows_nobody_the_audit_log_of_another_case_or_organisation(self, world: Intake) -> None:
        dpo = uuid4()
        (case, _), (other, _) = await world.assigned_case(), await world.assigned_case()
        of_other = await world.do("GET", f"/v1/audit-log?case_id={other.id}", officer(world, dpo))
        assert {entry["case_id"] for entry in of_other["items"]} == {str(other.id)}
        there = world.staff(dpo, world.school, Role.DPO, tenant=world.school)
        found = await world.do("GET", f"/v1/audit-log?case_id={case.id}", there)
        assert found["items"] == []

    async def test_names_the_service_that_asked_and_its_purpose(self, world: Intake) -> None:
        case, _ = await world.assigned_case()
        path = f"/v1/cases/{case.id}/persons-at-opening"
        await world.do("GET", path, world.from_service("copy-persons"))
        entries = await world.do("GET", f"/v1/audit-log?case_id={case.id}", officer(world, uuid4()))
        (entry,) = [one for one in entries["items"] if one["purpose"] == "copy-persons"]
        assert (entry["actor_kind"], entry["roles"]) == ("service", ["network"])
        assert "referral_person" in entry["what"]
        assert len(entry["person_ids"]) > 0

    @pytest.mark.parametrize("who", ["stranger", "nobody"])
    async def test_holds_nothing_of_what_was_refused(self, world: Intake, who: str) -> None:
        case, _ = await world.assigned_case()
        headers = world.colleague(Role.COORDINATOR) if who == "stranger" else {}
        before = await world.rows("SELECT count(*) AS n FROM audit_log")
        answer = await world.ask("GET", f"/v1/cases/{case.id}/baseline", headers)
        assert answer.status_code in (401, 404)
        assert await world.rows("SELECT count(*) AS n FROM audit_log") == before

    async def test_is_audited_when_it_is_read(self, world: Intake) -> None:
        dpo = uuid4()
        case, _ = await world.assigned_case()
        await world.do("GET", f"/v1/audit-log?case_id={case.id}", officer(world, dpo))
        by_officer = await world.do("GET", f"/v1/audit-log?actor={dpo}", officer(world, dpo))
        (entry,) = by_officer["items"]
        assert (entry["what"], entry["case_id"], entry["action"]) == (["audit-log"], str(case.id), "read")

    async def test_comes_in_pages_without_a_gap(self, world: Intake) -> None:
        dpo = uuid4()
        case, _ = await world.assigned_case()
        whole = (await world.do("GET", f"/v1/audit-log?case_id={case.id}", officer(world, dpo)))["items"]
        found, cursor = [], ""
        while cursor is not None:
            query = f"/v1/audit-log?case_id={case.id}&limit=2" + (f"&cursor={cursor}" if cursor else "")
            page = await world.do("GET", query, officer(world, dpo))
            found += [entry["entry_id"] for entry in page["items"]]
            cursor = page["next"]
        assert [one for one in found if one in {entry["entry_id"] for entry in whole}] == [
            entry["entry_id"] for entry in whole
        ]

    @pytest.mark.parametrize("query", ["", "?case_id=nobody", "?case_id=", "?actor=%F0%9F%98%80"])
    async def test_must_be_asked_of_something(self, world: Intake, query: str) -> None:
        await world.ask("GET", f"/v1/audit-log{query}", officer(world, uuid4()), expect=422)


async def test_who_left_sees_no_longer_who_looked_at_the_whole_case(world: Intake) -> None:
    case, person = await world.open_case(), uuid7()
    before = await world.do("GET", "/v1/me/audit-log", world.person(case, person, role="central"))
    assert before["items"]
    await world.handle(network.PersonExcluded(case_id=case.id, person_id=person))
    after = await world.do("GET", "/v1/me/audit-log", world.person(case, person, role="central"))
    assert [entry["what"] for entry in after["items"]] == [["audit-log"]]


async def test_the_audit_log_of_an_erased_case_is_told_to_nobody_of_it(world: Intake) -> None:
    case, person = await world.open_case(), uuid7()
    await world.do("POST", f"/v1/cases/{case.id}/withdraw", world.manager(), json={"reason": "solved"})
    officer = world.officer()
    await world.do("POST", f"/v1/cases/{case.id}/erase", officer, json={"reason": "asked"})
    await world.deliver_published("intake.case.erased.v1")
    refused = await world.refused("GET", "/v1/me/audit-log", world.person(case, person, role="central"))
    assert refused == (410, "case-erased")
    assert (await world.do("GET", f"/v1/audit-log?case_id={case.id}", officer))["items"]


async def test_an_opening_that_waited_for_an_erasure_is_not_made(world: Intake) -> None:
    await with_officers(world, uuid4())
    case = await world.open_case()
    await world.do("POST", f"/v1/cases/{case.id}/withdraw", world.manager(), json={"reason": "solved"})
    database, scope = world.context.database, Scope(tenant=world.tenant)
    # Read before the erasure, as by a request that then waits for the lock of the case.
    async with database.transaction(scope) as session:
        read_before = await case_reads.case(session, tenant=world.tenant, case_id=case.id)
        assert read_before is not None
        async with database.transaction(scope) as other:
            found = await case_reads.case(other, tenant=world.tenant, case_id=case.id)
            assert found is not None
            await erasing.erase_case(other, case=found, reason="asked", now=world.clock.time)
        with pytest.raises(CaseErased):
            await break_glass.open_file(
                session,
                world.context.vault,
                case=read_before,
                opened_by=world.manager_id,
                reason="Een klacht",
                now=world.clock.time,
            )
