"""Erasing who left the organisation: a colleague or a coordinator, with the reads and offers that come after."""

import asyncio
from uuid import UUID, uuid4

from sqlalchemy import text

from deploy.commands.erasures import Line, _apply_again
from services.intake.models.register import key_subject
from shared.auth import Role
from shared.ids import uuid7
from tests.support.world import Headers
from tests.support.world.intake import Body, Intake

OWN = ("intake.contact.erased.v1", "intake.internal.erasure.written.v1", "intake.erasure.confirmed.v1")
NOW = "2026-03-02T08:00:00+00:00"
ASKED = {"reason": "asked"}


def officer(world: Intake) -> Headers:
    return world.officer()


async def erase(world: Intake, path: str) -> Body:
    found: Body = await world.do("POST", f"/v1/{path}/erase", officer(world), json=ASKED)
    return found


async def settled(world: Intake) -> None:
    """Let intake hear what it says about the erasure, until it has confirmed it."""
    for _ in OWN:
        await world.deliver_published(*OWN)


async def living(world: Intake, person: UUID) -> bool:
    """Say whether the key of somebody's details is there."""
    [tie] = await world.rows(
        "SELECT key_id FROM subject_key WHERE subject = :id", id=key_subject(world.tenant, person)
    )
    found = await world.context.vault._store.fetch([tie.key_id])
    return found[tie.key_id] is not None


class TestCoordinator:
    async def test_is_forgotten_and_shown_nowhere(self, world: Intake) -> None:
        person = await world.enter_coordinator(gender="female", cultures=["ma"], region="Gent")
        await world.enter_coordinator(first_name="Anna")
        assert (await erase(world, f"coordinators/{person}"))["state"] == "running"
        for _ in range(2):
            listed = (await world.do("GET", "/v1/coordinators", world.manager()))["items"]
            assert [item["first_name"] for item in listed] == ["Anna"]
            await settled(world)
        standing = await world.do("GET", f"/v1/coordinators/{person}/erasure", officer(world))
        assert standing["state"] == "done"
        assert not await living(world, person)
        [row] = await world.rows("SELECT * FROM coordinator WHERE id = :id", id=person)
        assert (row.languages, row.gender, row.cultures, row.region, row.tied_to, row.max_load) == (
            [], None, [], None, [], 0,
        )  # fmt: skip

    async def test_an_officer_is_forgotten_by_an_officer_only(self, world: Intake) -> None:
        who = uuid4()
        await world.enter_staff(who, world.tenant, "dpo", tenant=world.tenant)
        path = f"/v1/staff/{who}/erase"
        administrator = world.colleague(Role.ADMINISTRATOR)
        assert await world.refused("POST", path, administrator, json=ASKED) == (
            403,
            "officer-erased-by-officer",
        )
        await erase(world, f"staff/{who}")

    async def test_with_a_case_or_an_open_offer_is_refused(self, world: Intake) -> None:
        person = await world.enter_coordinator()
        case = await world.open_case()
        offer = await world.offer_next(case)
        path = f"/v1/coordinators/{person}/erase"
        busy = (409, "coordinator-busy")
        assert await world.refused("POST", path, officer(world), json=ASKED) == busy
        await world.accept(offer, person)
        assert await world.refused("POST", path, officer(world), json=ASKED) == busy
        release = {"reason": "unavailable"}
        await world.do("POST", f"/v1/cases/{case.id}/release-coordinator", world.manager(), json=release)
        await erase(world, f"coordinators/{person}")
        await settled(world)
        shown = (await world.do("GET", f"/v1/cases/{case.id}/offers", world.manager()))["items"]
        assert [item["coordinator_id"] for item in shown] == [str(person)]
        assert (await world.do("GET", "/v1/cases", world.manager()))["items"][0]["case_id"] == str(case.id)
        assert (await world.do("GET", "/v1/offers", world.coordinator(person)))["items"] == []

    async def test_is_never_asked_again(self, world: Intake) -> None:
        person = await world.enter_coordinator()
        await erase(world, f"coordinators/{person}")
        assert await world.offer_next(await world.open_case()) is None
        await settled(world)
        assert await world.offer_next(await world.open_case()) is None

    async def test_is_either_erased_or_asked_when_both_come_at_once(self, world: Intake) -> None:
        for _ in range(4):
            person = await world.enter_coordinator()
            case = await world.open_case()

            async def ask() -> None:
                await world.offer_next(case)  # noqa: B023 - awaited in this round

            path = f"/v1/coordinators/{person}/erase"
            answer, _ = await asyncio.gather(world.ask("POST", path, officer(world), json=ASKED), ask())
            made = await world.rows("SELECT 1 FROM offer WHERE coordinator_id = :id", id=person)
            assert (answer.status_code, len(made)) in ((200, 0), (409, 1))
            if made:
                await world.do(
                    "POST", f"/v1/cases/{case.id}/withdraw", world.manager(), json={"reason": "solved"}
                )
                await erase(world, f"coordinators/{person}")

    async def test_comes_back_under_another_id_only(self, world: Intake) -> None:
        person = await world.enter_coordinator()
        await erase(world, f"coordinators/{person}")
        body = {"coordinator_id": str(person), "first_name": "Malou", "last_name": "Jespers"}
        body["email"] = "malou@voorbeeld.example"
        for _ in range(2):
            refused = await world.refused("POST", "/v1/coordinators", world.manager(), json=body)
            assert refused == (410, "contact-erased")
            await settled(world)
        await world.do("POST", "/v1/coordinators", world.manager(), json=body | {"coordinator_id": None})

    async def test_is_erased_again_by_what_a_kept_ledger_names(self, world: Intake) -> None:
        person = await world.enter_coordinator(region="Gent")
        contact = str(key_subject(world.tenant, person))
        line = Line("intake", contact, contact, contact, "coordinator", "asked", NOW, str(world.tenant), None)
        for _ in range(2):
            await _apply_again(world.context.settings, "intake", [line])
        await settled(world)
        assert not await living(world, person)
        assert (await world.do("GET", "/v1/coordinators", world.manager()))["items"] == []
        [row] = await world.rows("SELECT region FROM coordinator WHERE id = :id", id=person)
        assert row.region is None

    async def test_is_erased_again_though_somebody_works_on_another(self, world: Intake) -> None:
        person, other = await world.enter_coordinator(), await world.enter_coordinator()
        contact = str(key_subject(world.tenant, person))
        line = Line("intake", contact, contact, contact, "coordinator", "asked", NOW, str(world.tenant), None)
        async with world.transaction() as session:
            held = text("SELECT 1 FROM coordinator WHERE id = :id FOR UPDATE")
            await session.execute(held, {"id": other})
            async with asyncio.timeout(20):
                await _apply_again(world.context.settings, "intake", [line])
        await settled(world)
        assert not await living(world, person)

    async def test_is_erased_once_and_by_their_own_organisation(self, world: Intake) -> None:
        person = await world.enter_coordinator()
        path = f"/v1/coordinators/{person}/erase"
        other = uuid7()
        elsewhere = world.staff(uuid7(), other, Role.DPO, tenant=other)
        assert (await world.refused("POST", path, elsewhere, json=ASKED))[0] in (403, 404)
        assert (await world.refused("POST", path, world.manager(), json=ASKED))[0] == 403
        unknown = f"/v1/coordinators/{uuid4()}/erase"
        assert await world.refused("POST", unknown, officer(world), json=ASKED) == (
            404,
            "coordinator-not-found",
        )
        assert (await world.refused("POST", path, officer(world), json={"reason": 1}))[0] == 422
        answers = await asyncio.gather(
            *(world.ask("POST", path, officer(world), json=ASKED) for _ in range(3))
        )
        assert sorted(answer.status_code for answer in answers) == [200, 410, 410]


class TestStaff:
    async def test_is_forgotten_and_written_to_no_more(self, world: Intake) -> None:
        body = {
            "organisation_id": str(world.tenant),
            "roles": ["regional-manager"],
            "first_name": "Leen",
            "last_name": "Weg",
            "email": "leen@voorbeeld.example",
        }
        admin = world.colleague(Role.ADMINISTRATOR)
        person = UUID((await world.do("POST", "/v1/staff", admin, json=body))["staff_id"])
        # Nobody can be asked, so the managers are written to.
        assert await world.offer_next(await world.open_case()) is None
        await world.do("POST", f"/v1/staff/{person}/erase", admin, json=ASKED)
        await settled(world)
        queued = await world.rows("SELECT state FROM message WHERE recipient = :id", id=person)
        assert {row.state for row in queued} == {"cancelled"}
        assert await world.offer_next(await world.open_case()) is None
        assert len(await world.rows("SELECT 1 FROM message WHERE recipient = :id", id=person)) == len(queued)
        assert not await living(world, person)
        refused = await world.refused("POST", "/v1/staff", admin, json=body | {"staff_id": str(person)})
        assert refused == (410, "contact-erased")

    async def test_who_is_a_coordinator_too_is_erased_as_both(self, world: Intake) -> None:
        person = await world.enter_coordinator()
        await world.enter_staff(person, world.tenant, "trainer", tenant=world.tenant)
        await erase(world, f"staff/{person}")
        await settled(world)
        assert (await world.do("GET", "/v1/coordinators", world.manager()))["items"] == []
        refused = await world.refused("POST", f"/v1/coordinators/{person}/erase", officer(world), json=ASKED)
        assert refused == (410, "contact-erased")

    async def test_stays_known_to_other_organisations(self, world: Intake) -> None:
        await world.enter_staff(world.referrer_id, world.tenant, "trainer", tenant=world.tenant)
        await erase(world, f"staff/{world.referrer_id}")
        await settled(world)
        rows = await world.rows(
            "SELECT tenant, erased_at FROM staff_member WHERE id = :id", id=world.referrer_id
        )
        assert {row.tenant: row.erased_at is not None for row in rows} == {
            world.tenant: True,
            world.school: False,
        }
