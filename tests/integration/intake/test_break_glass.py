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
from tests.integration.intake.house import Case, Headers, House

WHY = {"reason": "De coördinator is ziek en er is vandaag een crisisoverleg."}


async def with_officers(house: House, *officers: UUID) -> None:
    """Enter data protection officers."""
    for officer in officers:
        await house.enter_staff(officer, house.tenant, "dpo", tenant=house.tenant)


def officer(house: House, officer_id: UUID) -> Headers:
    """Return the headers of a data protection officer."""
    return house.staff(officer_id, house.tenant, Role.DPO)


async def opened(house: House, case: Case, who: Headers | None = None) -> str:
    """Open a file, and return the opening's id."""
    answer = await house.do("POST", f"/v1/cases/{case.id}/break-glass", who or house.manager(), json=WHY)
    return str(answer["break_glass_id"])


async def reads(house: House, case: Case, who: Headers | None = None) -> int:
    """Return how reading the baseline is answered."""
    answer = await house.ask("GET", f"/v1/cases/{case.id}/baseline", who or house.manager())
    return answer.status_code


class TestBreakGlass:
    async def test_lets_that_manager_read_and_nobody_else(self, house: House) -> None:
        await with_officers(house, uuid4())
        case, other = (await house.assigned_case())[0], (await house.assigned_case())[0]
        assert await reads(house, case) == 404
        await opened(house, case)
        assert await reads(house, case) == 200
        assert await reads(house, other) == 404
        assert await reads(house, case, house.staff(uuid4(), house.tenant, Role.REGIONAL_MANAGER)) == 404
        # Who is no longer a manager reads no longer.
        assert await reads(house, case, house.staff(house.manager_id, house.tenant, Role.TRAINER)) == 403

    async def test_lets_nobody_write(self, house: House) -> None:
        await with_officers(house, uuid4())
        case, _ = await house.assigned_case()
        await opened(house, case)
        change = {"questions": ["Wie helpt?"]}
        status, _ = await house.refused("PUT", f"/v1/cases/{case.id}/baseline", house.manager(), json=change)
        assert status == 403

    async def test_tells_every_officer_at_once_and_only_by_a_link(self, house: House) -> None:
        one, another = uuid4(), uuid4()
        await with_officers(house, one, another)
        case, _ = await house.assigned_case()
        opening = await opened(house, case)
        assert sorted(await house.mails("break-glass-used")) == sorted([one, another])
        rows = await house.rows("SELECT parameters FROM message WHERE kind = 'break-glass-used'")
        for row in rows:
            assert set(row.parameters) == {"break_glass_id", "expires_at"}
            assert row.parameters["break_glass_id"] == opening

    async def test_is_refused_if_there_is_nobody_to_tell(self, house: House) -> None:
        case, _ = await house.assigned_case()
        path = f"/v1/cases/{case.id}/break-glass"
        assert await house.refused("POST", path, house.manager(), json=WHY) == (409, "nobody-to-tell")
        # An officer elsewhere is not this tenant's, and nobody tells on themselves.
        await house.enter_staff(uuid4(), house.school, "dpo", tenant=house.school)
        await house.enter_staff(house.manager_id, house.tenant, "dpo", tenant=house.tenant)
        assert await house.refused("POST", path, house.manager(), json=WHY) == (409, "nobody-to-tell")
        assert await house.said(case, "intake.break-glass.opened.v1") == []
        assert await reads(house, case) == 404

    @pytest.mark.parametrize("reason", ["", "   ", "\u200b\n", "...", None, 7, "x" * 100_000])
    async def test_needs_a_reason(self, house: House, reason: object) -> None:
        await with_officers(house, uuid4())
        case, _ = await house.assigned_case()
        answer = await house.ask(
            "POST", f"/v1/cases/{case.id}/break-glass", house.manager(), json={"reason": reason}
        )
        assert answer.status_code == 422
        assert await reads(house, case) == 404

    async def test_is_made_once_of_two_clicks(self, house: House) -> None:
        await with_officers(house, uuid4())
        case, _ = await house.assigned_case()
        path = f"/v1/cases/{case.id}/break-glass"
        answers = await asyncio.gather(
            *(house.ask("POST", path, house.manager(), json=WHY) for _ in range(3))
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
        assert len(await house.said(case, "intake.break-glass.opened.v1")) == 1
        assert len(await house.mails("break-glass-used")) == 1

    async def test_ends_by_itself(self, house: House) -> None:
        await with_officers(house, uuid4())
        case, _ = await house.assigned_case()
        await opened(house, case)
        house.later(hours=3, minutes=59)
        assert await reads(house, case) == 200
        house.later(minutes=1)
        assert await reads(house, case) == 404
        await opened(house, case)
        assert await reads(house, case) == 200

    async def test_lasts_as_long_as_the_organisation_sets(self, house: House) -> None:
        await with_officers(house, uuid4())
        for wrong in ("8d", "PT0S", "2w", "soon"):
            answer = await house.ask("PUT", "/v1/policy", house.manager(), json={"break_glass": wrong})
            assert answer.status_code == 422, wrong
        await house.do("PUT", "/v1/policy", house.manager(), json={"break_glass": "PT1H"})
        case, _ = await house.assigned_case()
        await opened(house, case)
        house.later(hours=1)
        assert await reads(house, case) == 404

    @pytest.mark.parametrize("how", ["unknown", "elsewhere"])
    async def test_hides_what_is_not_the_managers(self, house: House, how: str) -> None:
        await with_officers(house, uuid4())
        case, _ = await house.assigned_case()
        there = house.staff(house.manager_id, house.school, Role.REGIONAL_MANAGER, tenant=house.school)
        path = f"/v1/cases/{uuid7() if how == 'unknown' else case.id}/break-glass"
        who = house.manager() if how == "unknown" else there
        assert (await house.refused("POST", path, who, json=WHY))[0] == 404


class TestClosing:
    async def test_ends_it_at_once_and_says_so_once(self, house: House) -> None:
        dpo = uuid4()
        await with_officers(house, dpo)
        case, _ = await house.assigned_case()
        opening = await opened(house, case)
        for who in (house.manager(), officer(house, dpo)):
            closed = await house.do("POST", f"/v1/break-glass/{opening}/close", who)
            assert closed["closed_at"] is not None
        assert await reads(house, case) == 404
        assert len(await house.said(case, "intake.break-glass.closed.v1")) == 1

    async def test_is_for_whoever_opened_it_and_the_officer(self, house: House) -> None:
        await with_officers(house, uuid4())
        case, _ = await house.assigned_case()
        opening = await opened(house, case)
        another = house.staff(uuid4(), house.tenant, Role.REGIONAL_MANAGER)
        assert await house.refused("POST", f"/v1/break-glass/{opening}/close", another) == (
            404,
            "break-glass-not-found",
        )
        assert (await house.refused("POST", f"/v1/break-glass/{uuid7()}/close", another))[0] == 404
        assert await reads(house, case) == 200

    async def test_comes_with_the_erasure_of_the_case(self, house: House) -> None:
        dpo = uuid4()
        await with_officers(house, dpo)
        case, _ = await house.assigned_case()
        await opened(house, case)
        await house.do(
            "POST", f"/v1/cases/{case.id}/close", house.manager(), json={"outcome": "closed-early"}
        )
        assert await reads(house, case) == 200
        await house.do("POST", f"/v1/cases/{case.id}/erase", officer(house, dpo), json={"because": "asked"})
        assert await reads(house, case) in (404, 410)
        assert len(await house.said(case, "intake.break-glass.closed.v1")) == 1
        path = f"/v1/cases/{case.id}/break-glass"
        assert (await house.refused("POST", path, house.manager(), json=WHY))[0] == 410


class TestListing:
    async def test_shows_the_reason_to_the_officer_alone(self, house: House) -> None:
        dpo = uuid4()
        await with_officers(house, dpo)
        case, _ = await house.assigned_case()
        opening = await opened(house, case)
        (seen,) = (await house.do("GET", "/v1/break-glass", officer(house, dpo)))["items"]
        assert (seen["break_glass_id"], seen["reason"]) == (opening, WHY["reason"])
        (plain,) = (await house.do("GET", "/v1/break-glass", house.manager()))["items"]
        assert (plain["break_glass_id"], plain["reason"]) == (opening, None)


class TestAuditLog:
    async def test_says_by_which_opening_the_file_was_read(self, house: House) -> None:
        dpo = uuid4()
        await with_officers(house, dpo)
        case, _ = await house.assigned_case()
        opening = await opened(house, case)
        await reads(house, case)
        query = f"/v1/audit-log?case_id={case.id}"
        entries = (await house.do("GET", query, officer(house, dpo)))["items"]
        (read,) = [entry for entry in entries if "baseline" in entry["what"] and entry["action"] == "read"]
        assert (read["actor"], read["roles"]) == (str(house.manager_id), ["regional-manager"])
        assert read["break_glass_id"] == opening
        assert read["operation"] == "GET /v1/cases/{case_id}/baseline"

    async def test_shows_the_person_that_their_file_was_opened_and_no_name(self, house: House) -> None:
        await with_officers(house, uuid4())
        case, _ = await house.assigned_case()
        await opened(house, case)
        await reads(house, case)
        answer = await house.ask("GET", "/v1/me/audit-log", house.person(case))
        assert str(house.manager_id) not in answer.text
        (read,) = [entry for entry in answer.json()["items"] if entry["by_break_glass"]]
        assert (read["by"], read["roles"], read["organisation_id"]) == (
            "staff",
            ["regional-manager"],
            str(house.tenant),
        )

    async def test_shows_others_of_the_circle_only_what_is_theirs(self, house: House) -> None:
        case, _ = await house.assigned_case()
        answer = await house.do("GET", "/v1/me/audit-log", house.person(case, "circle"))
        assert answer["items"] == []

    async def test_shows_nobody_the_audit_log_of_another_case_or_organisation(self, house: House) -> None:
        dpo = uuid4()
        (case, _), (other, _) = await house.assigned_case(), await house.assigned_case()
        of_other = await house.do("GET", f"/v1/audit-log?case_id={other.id}", officer(house, dpo))
        assert {entry["case_id"] for entry in of_other["items"]} == {str(other.id)}
        there = house.staff(dpo, house.school, Role.DPO, tenant=house.school)
        found = await house.do("GET", f"/v1/audit-log?case_id={case.id}", there)
        assert found["items"] == []

    async def test_names_the_service_that_asked_and_its_purpose(self, house: House) -> None:
        case, _ = await house.assigned_case()
        path = f"/v1/cases/{case.id}/persons-at-opening"
        await house.do("GET", path, house.service("copy-persons"))
        entries = await house.do("GET", f"/v1/audit-log?case_id={case.id}", officer(house, uuid4()))
        (entry,) = [one for one in entries["items"] if one["purpose"] == "copy-persons"]
        assert (entry["actor_kind"], entry["roles"]) == ("service", ["network"])
        assert "referral_person" in entry["what"]
        assert len(entry["person_ids"]) > 0

    @pytest.mark.parametrize("who", ["stranger", "nobody"])
    async def test_holds_nothing_of_what_was_refused(self, house: House, who: str) -> None:
        case, _ = await house.assigned_case()
        headers = house.staff(uuid4(), house.tenant, Role.COORDINATOR) if who == "stranger" else {}
        before = await house.rows("SELECT count(*) AS n FROM audit_log")
        answer = await house.ask("GET", f"/v1/cases/{case.id}/baseline", headers)
        assert answer.status_code in (401, 404)
        assert await house.rows("SELECT count(*) AS n FROM audit_log") == before

    async def test_is_audited_when_it_is_read(self, house: House) -> None:
        dpo = uuid4()
        case, _ = await house.assigned_case()
        await house.do("GET", f"/v1/audit-log?case_id={case.id}", officer(house, dpo))
        by_officer = await house.do("GET", f"/v1/audit-log?actor={dpo}", officer(house, dpo))
        (entry,) = by_officer["items"]
        assert (entry["what"], entry["case_id"], entry["action"]) == (["audit-log"], str(case.id), "read")

    async def test_comes_in_pages_without_a_gap(self, house: House) -> None:
        dpo = uuid4()
        case, _ = await house.assigned_case()
        whole = (await house.do("GET", f"/v1/audit-log?case_id={case.id}", officer(house, dpo)))["items"]
        found, cursor = [], ""
        while cursor is not None:
            query = f"/v1/audit-log?case_id={case.id}&limit=2" + (f"&cursor={cursor}" if cursor else "")
            page = await house.do("GET", query, officer(house, dpo))
            found += [entry["entry_id"] for entry in page["items"]]
            cursor = page["next"]
        assert [one for one in found if one in {entry["entry_id"] for entry in whole}] == [
            entry["entry_id"] for entry in whole
        ]

    @pytest.mark.parametrize("query", ["", "?case_id=nobody", "?case_id=", "?actor=%F0%9F%98%80"])
    async def test_must_be_asked_of_something(self, house: House, query: str) -> None:
        answer = await house.ask("GET", f"/v1/audit-log{query}", officer(house, uuid4()))
        assert answer.status_code == 422


async def test_who_left_sees_no_longer_who_looked_at_the_whole_case(house: House) -> None:
    case, person = await house.open_case(), uuid7()
    before = await house.do("GET", "/v1/me/audit-log", house.person(case, who=person))
    assert before["items"]
    await house.hear(network.PersonExcluded(case_id=case.id, person_id=person), case=case)
    after = await house.do("GET", "/v1/me/audit-log", house.person(case, who=person))
    assert [entry["what"] for entry in after["items"]] == [["audit-log"]]


async def test_the_audit_log_of_an_erased_case_is_told_to_nobody_of_it(house: House) -> None:
    case, person = await house.open_case(), uuid7()
    await house.do("POST", f"/v1/cases/{case.id}/withdraw", house.manager(), json={"reason": "solved"})
    officer = house.staff(uuid7(), house.tenant, Role.DPO)
    await house.do("POST", f"/v1/cases/{case.id}/erase", officer, json={"because": "asked"})
    await house.hear_own_events("intake.case.erased.v1")
    refused = await house.refused("GET", "/v1/me/audit-log", house.person(case, who=person))
    assert refused == (410, "case-erased")
    assert (await house.do("GET", f"/v1/audit-log?case_id={case.id}", officer))["items"]


async def test_an_opening_that_waited_for_an_erasure_is_not_made(house: House) -> None:
    await with_officers(house, uuid4())
    case = await house.open_case()
    await house.do("POST", f"/v1/cases/{case.id}/withdraw", house.manager(), json={"reason": "solved"})
    database, scope = house.context.database, Scope(tenant=house.tenant)
    # Read before the erasure, as by a request that then waits for the lock of the case.
    async with database.transaction(scope) as session:
        read_before = await case_reads.case(session, tenant=house.tenant, case_id=case.id)
        assert read_before is not None
        async with database.transaction(scope) as other:
            found = await case_reads.case(other, tenant=house.tenant, case_id=case.id)
            assert found is not None
            await erasing.erase_case(other, case=found, because="asked", now=house.clock.moment)
        with pytest.raises(CaseErased):
            await break_glass.open_file(
                session,
                house.context.vault,
                case=read_before,
                opened_by=house.manager_id,
                reason="Een klacht",
                now=house.clock.moment,
            )
