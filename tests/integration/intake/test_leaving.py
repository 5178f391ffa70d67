"""Erasing who left the organisation: a colleague or a coordinator, with the reads and offers that come after."""

import asyncio
from uuid import UUID, uuid4

from deploy.commands.erasures import Line, _hear_again
from services.intake.models.register import key_subject
from shared.auth import Role
from shared.ids import uuid7
from tests.integration.intake.house import Body, Headers, House

OWN = ("intake.contact.erased.v1", "intake.internal.erasure.written.v1", "intake.erasure.confirmed.v1")
NOW = "2026-03-02T08:00:00+00:00"
ASKED = {"because": "asked"}


def officer(house: House) -> Headers:
    return house.staff(uuid7(), house.tenant, Role.DPO)


async def erase(house: House, path: str) -> Body:
    found: Body = await house.do("POST", f"/v1/{path}/erase", officer(house), json=ASKED)
    return found


async def settled(house: House) -> None:
    """Let intake hear what it says about the erasure, until it has confirmed it."""
    for _ in OWN:
        await house.hear_own_events(*OWN)


async def living(house: House, person: UUID) -> bool:
    """Say whether the key of somebody's details is there."""
    [tie] = await house.rows(
        "SELECT key_id FROM subject_key WHERE subject = :id", id=key_subject(house.tenant, person)
    )
    found = await house.context.vault._store.fetch([tie.key_id])
    return found[tie.key_id] is not None


class TestCoordinator:
    async def test_is_forgotten_and_shown_nowhere(self, house: House) -> None:
        person = await house.enter_coordinator(gender="female", cultures=["ma"], region="Gent")
        await house.enter_coordinator(first_name="Anna")
        assert (await erase(house, f"coordinators/{person}"))["state"] == "running"
        for _ in range(2):
            listed = (await house.do("GET", "/v1/coordinators", house.manager()))["items"]
            assert [item["first_name"] for item in listed] == ["Anna"]
            await settled(house)
        standing = await house.do("GET", f"/v1/coordinators/{person}/erasure", officer(house))
        assert standing["state"] == "done"
        assert not await living(house, person)
        [row] = await house.rows("SELECT * FROM coordinator WHERE id = :id", id=person)
        assert (row.languages, row.gender, row.cultures, row.region, row.tied_to, row.max_load) == (
            [], None, [], None, [], 0,
        )  # fmt: skip

    async def test_with_a_case_or_an_open_offer_is_refused(self, house: House) -> None:
        person = await house.enter_coordinator()
        case = await house.open_case()
        offer = await house.offer_next(case)
        path = f"/v1/coordinators/{person}/erase"
        busy = (409, "coordinator-busy")
        assert await house.refused("POST", path, officer(house), json=ASKED) == busy
        await house.accept(offer, person)
        assert await house.refused("POST", path, officer(house), json=ASKED) == busy
        release = {"reason": "unavailable"}
        await house.do("POST", f"/v1/cases/{case.id}/release-coordinator", house.manager(), json=release)
        await erase(house, f"coordinators/{person}")
        await settled(house)
        shown = (await house.do("GET", f"/v1/cases/{case.id}/offers", house.manager()))["items"]
        assert [item["coordinator_id"] for item in shown] == [str(person)]
        assert (await house.do("GET", "/v1/cases", house.manager()))["items"][0]["case_id"] == str(case.id)
        assert (await house.do("GET", "/v1/offers", house.coordinator(person)))["items"] == []

    async def test_is_never_asked_again(self, house: House) -> None:
        person = await house.enter_coordinator()
        await erase(house, f"coordinators/{person}")
        assert await house.offer_next(await house.open_case()) is None
        await settled(house)
        assert await house.offer_next(await house.open_case()) is None

    async def test_is_either_erased_or_asked_when_both_come_at_once(self, house: House) -> None:
        for _ in range(4):
            person = await house.enter_coordinator()
            case = await house.open_case()

            async def ask() -> None:
                await house.offer_next(case)  # noqa: B023 - awaited in this round

            path = f"/v1/coordinators/{person}/erase"
            answer, _ = await asyncio.gather(house.ask("POST", path, officer(house), json=ASKED), ask())
            made = await house.rows("SELECT 1 FROM offer WHERE coordinator_id = :id", id=person)
            assert (answer.status_code, len(made)) in ((200, 0), (409, 1))
            if made:
                await house.do(
                    "POST", f"/v1/cases/{case.id}/withdraw", house.manager(), json={"reason": "solved"}
                )
                await erase(house, f"coordinators/{person}")

    async def test_comes_back_under_another_id_only(self, house: House) -> None:
        person = await house.enter_coordinator()
        await erase(house, f"coordinators/{person}")
        body = {"coordinator_id": str(person), "first_name": "Malou", "last_name": "Jespers"}
        body["email"] = "malou@voorbeeld.example"
        for _ in range(2):
            refused = await house.refused("POST", "/v1/coordinators", house.manager(), json=body)
            assert refused == (410, "contact-erased")
            await settled(house)
        await house.do("POST", "/v1/coordinators", house.manager(), json=body | {"coordinator_id": None})

    async def test_is_erased_again_by_what_a_kept_ledger_names(self, house: House) -> None:
        person = await house.enter_coordinator(region="Gent")
        contact = str(key_subject(house.tenant, person))
        line = Line("intake", contact, contact, contact, "coordinator", "asked", NOW, str(house.tenant), None)
        for _ in range(2):
            await _hear_again(house.context.settings, "intake", [line])
        await settled(house)
        assert not await living(house, person)
        assert (await house.do("GET", "/v1/coordinators", house.manager()))["items"] == []
        [row] = await house.rows("SELECT region FROM coordinator WHERE id = :id", id=person)
        assert row.region is None

    async def test_is_erased_once_and_by_their_own_organisation(self, house: House) -> None:
        person = await house.enter_coordinator()
        path = f"/v1/coordinators/{person}/erase"
        other = uuid7()
        elsewhere = house.staff(uuid7(), other, Role.DPO, tenant=other)
        assert (await house.refused("POST", path, elsewhere, json=ASKED))[0] in (403, 404)
        assert (await house.refused("POST", path, house.manager(), json=ASKED))[0] == 403
        unknown = f"/v1/coordinators/{uuid4()}/erase"
        assert await house.refused("POST", unknown, officer(house), json=ASKED) == (
            404,
            "coordinator-not-found",
        )
        assert (await house.refused("POST", path, officer(house), json={"because": 1}))[0] == 422
        answers = await asyncio.gather(
            *(house.ask("POST", path, officer(house), json=ASKED) for _ in range(3))
        )
        assert sorted(answer.status_code for answer in answers) == [200, 410, 410]


class TestStaff:
    async def test_is_forgotten_and_written_to_no_more(self, house: House) -> None:
        body = {
            "organisation_id": str(house.tenant),
            "roles": ["regional-manager", "dpo"],
            "first_name": "Leen",
            "last_name": "Weg",
            "email": "leen@voorbeeld.example",
        }
        admin = house.staff(uuid7(), house.tenant, Role.ADMINISTRATOR)
        person = UUID((await house.do("POST", "/v1/staff", admin, json=body))["staff_id"])
        # Nobody can be asked, so the managers are written to.
        assert await house.offer_next(await house.open_case()) is None
        await house.do("POST", f"/v1/staff/{person}/erase", admin, json=ASKED)
        await settled(house)
        queued = await house.rows("SELECT state FROM message WHERE recipient = :id", id=person)
        assert {row.state for row in queued} == {"cancelled"}
        assert await house.offer_next(await house.open_case()) is None
        assert len(await house.rows("SELECT 1 FROM message WHERE recipient = :id", id=person)) == len(queued)
        assert not await living(house, person)
        refused = await house.refused("POST", "/v1/staff", admin, json=body | {"staff_id": str(person)})
        assert refused == (410, "contact-erased")

    async def test_who_is_a_coordinator_too_is_erased_as_both(self, house: House) -> None:
        person = await house.enter_coordinator()
        await house.enter_staff(person, house.tenant, "trainer", tenant=house.tenant)
        await erase(house, f"staff/{person}")
        await settled(house)
        assert (await house.do("GET", "/v1/coordinators", house.manager()))["items"] == []
        refused = await house.refused("POST", f"/v1/coordinators/{person}/erase", officer(house), json=ASKED)
        assert refused == (410, "contact-erased")

    async def test_stays_known_to_other_organisations(self, house: House) -> None:
        await house.enter_staff(house.referrer_id, house.tenant, "trainer", tenant=house.tenant)
        await erase(house, f"staff/{house.referrer_id}")
        await settled(house)
        rows = await house.rows(
            "SELECT tenant, erased_at FROM staff_member WHERE id = :id", id=house.referrer_id
        )
        assert {row.tenant: row.erased_at is not None for row in rows} == {
            house.tenant: True,
            house.school: False,
        }
