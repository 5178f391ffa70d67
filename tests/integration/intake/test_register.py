"""The register: organisations, staff, coordinators, and the policy."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from services.intake.operations.register import MAX_OFFICERS
from shared import profiles
from shared.auth import Role
from shared.ids import uuid7
from tests.support.statements import count_statements
from tests.support.world import problem
from tests.support.world.intake import Body, Intake, kbo

LOOKS = {
    "accent_colour": "#7a1f5c",
    "heading_colour": "#402030",
    "background_colour": "#f6eef2",
    "signature": "Anders vzw\n09 123 45 67",
}
NO_LOOKS: dict[str, str | None] = dict.fromkeys(LOOKS)


class TestOrganisations:
    def entry(self, number: int = 9990001, **changes: object) -> Body:
        return {"name": "Buurthuis", "kbo_number": kbo(number)} | changes

    async def test_entering_one_again_changes_nothing(self, world: Intake) -> None:
        entry = self.entry(organisation_id=str(uuid7()))
        first = await world.do("POST", "/v1/organisations", world.ops(), json=entry)
        again = await world.do("POST", "/v1/organisations", world.ops(), json=entry)
        assert first == again
        listed = await world.do("GET", "/v1/organisations", world.ops())
        assert sum(item["name"] == "Buurthuis" for item in listed["items"]) == 1

    async def test_one_number_one_organisation(self, world: Intake) -> None:
        await world.do("POST", "/v1/organisations", world.ops(), json=self.entry())
        refused = await world.refused("POST", "/v1/organisations", world.ops(), json=self.entry())
        assert refused == (409, "organisation-known")

    async def test_refuses_a_wrong_number(self, world: Intake) -> None:
        entry = {"name": "Buurthuis", "kbo_number": "0999900151"}
        refused = await world.refused("POST", "/v1/organisations", world.ops(), json=entry)
        assert refused == (422, "invalid-request")

    async def test_writes_numbers_one_way(self, world: Intake) -> None:
        number = kbo(9990002)
        entry = self.entry(kbo_number=f"BE {number[:4]}.{number[4:7]}.{number[7:]}")
        await world.do("POST", "/v1/organisations", world.ops(), json=entry)
        listed = await world.do("GET", "/v1/organisations", world.ops())
        assert number in [item["kbo_number"] for item in listed["items"]]

    async def test_work_by_their_own_holidays_and_clock(self, world: Intake) -> None:
        organisation = str(uuid7())
        choice = {"country": "DE", "subdivision": "BY", "time_zone": "Europe/Berlin"}
        entry = (
            self.entry(organisation_id=organisation, is_tenant=True, reply_to="post@noord.example") | choice
        )
        for _ in range(2):
            await world.do("POST", "/v1/organisations", world.ops(), json=entry)
        # Deadlines were counted by it: entering the organisation again does not change its calendar.
        refused = await world.refused(
            "POST", "/v1/organisations", world.ops(), json=entry | {"country": "BE", "subdivision": None}
        )
        assert refused == (409, "organisation-known")
        await world.do("POST", "/v1/organisations", world.ops(), json=self.entry(9990003))
        listed = (await world.do("GET", "/v1/organisations", world.ops()))["items"]
        shown = {item["organisation_id"]: {name: item[name] for name in choice} for item in listed}
        belgian = {"country": "BE", "subdivision": None, "time_zone": "Europe/Brussels"}
        assert shown.pop(organisation) == choice
        assert all(each == belgian for each in shown.values())
        [event] = await world.rows(
            "SELECT data FROM outbox WHERE type = 'intake.organisation.entered.v1' AND tenant = :id",
            id=organisation,
        )
        profile = {"name": entry["name"], "reply_to": "post@noord.example", "version": 1}
        assert event.data == {"organisation_id": organisation} | NO_LOOKS | profile | choice

    async def test_change_what_they_say_of_themselves(self, world: Intake) -> None:
        path, admin = f"/v1/organisations/{world.tenant}", world.colleague(Role.ADMINISTRATOR)
        choice = {"country": "FR", "subdivision": None, "time_zone": "Indian/Reunion"}
        change = {
            "version": 1,
            "name": "Anders",
            "reply_to": "post@anders.example",
            "languages": ["fr"],
        } | (choice | LOOKS)
        changed = await world.do("PUT", path, admin, json=change)
        assert changed | change | {"version": 2} == changed
        again = await world.do("PUT", path, world.ops(), json=change | {"version": 2})
        assert again == changed
        refused = await world.ask("PUT", path, admin, json=change | {"name": "Eerder"})
        assert problem(refused) == (409, "other-version")
        assert refused.json()["facts"] == {"version": 2}
        [event] = await world.published("intake.organisation.changed.v1")
        profile = {name: change[name] for name in ("name", "reply_to", *choice, *LOOKS)}
        assert event.data == {"organisation_id": str(world.tenant), "version": 2} | profile
        async with world.transaction() as session:
            known = await profiles.of(session, tenant=world.tenant)
        assert (known.name, known.calendar.time_zone) == ("Anders", "Indian/Reunion")
        assert {name: getattr(known, name) for name in LOOKS} == LOOKS

    @pytest.mark.parametrize(
        ("looks", "named"),
        [
            ({"accent_colour": "#ffd700"}, "accent_colour: #"),
            ({"heading_colour": "#767676", "background_colour": "#e0e0e0"}, "heading_colour: #"),
            ({"background_colour": "#333333"}, "background_colour: #"),
        ],
    )
    async def test_have_no_colours_that_cannot_be_read(
        self, world: Intake, looks: dict[str, str], named: str
    ) -> None:
        path, admin = f"/v1/organisations/{world.tenant}", world.colleague(Role.ADMINISTRATOR)
        refused = await world.ask(
            "PUT", path, admin, json={"version": 1, "name": "Anders"} | looks, expect=422
        )
        assert named in refused.text

    async def test_are_changed_by_who_entered_them_and_no_other_tenant(self, world: Intake) -> None:
        admin, change = world.colleague(Role.ADMINISTRATOR), {"version": 1, "name": "Anders"}
        entered = await world.do("POST", "/v1/organisations", admin, json=self.entry())
        own = f"/v1/organisations/{entered['organisation_id']}"
        assert (await world.do("PUT", own, admin, json=change))["name"] == "Anders"
        # Of a party nothing is published: no service knows it.
        assert await world.published("intake.organisation.changed.v1") == []
        stranger = world.stranger(Role.ADMINISTRATOR)
        for who, path in ((stranger, own), (admin, f"/v1/organisations/{uuid7()}")):
            refused = await world.refused("PUT", path, who, json=change)
            assert refused == (404, "organisation-not-found")

    @pytest.mark.parametrize(
        "choice",
        [
            {"country": "XX"},
            {"country": "be"},
            {"country": "BEL"},
            {"subdivision": "BY"},
            {"time_zone": "Europe/Rupelmonde"},
            {"time_zone": None},
        ],
    )
    async def test_refuses_a_calendar_that_nobody_knows(
        self, world: Intake, choice: dict[str, str | None]
    ) -> None:
        refused = await world.refused("POST", "/v1/organisations", world.ops(), json=self.entry() | choice)
        assert refused == (422, "invalid-request")

    @pytest.mark.parametrize("same_id", [True, False])
    async def test_a_tenant_claims_what_somebody_else_entered_of_it(
        self, world: Intake, *, same_id: bool
    ) -> None:
        real, entered = uuid7(), uuid7()
        if same_id:
            entered = real
        squatted = self.entry(name="Niet wij", organisation_id=str(entered))
        await world.do("POST", "/v1/organisations", world.colleague(Role.ADMINISTRATOR), json=squatted)
        claim = self.entry(organisation_id=str(real), is_tenant=True)
        for _ in range(2):
            await world.do("POST", "/v1/organisations", world.ops(), json=claim)
        listed = (await world.do("GET", "/v1/organisations", world.ops()))["items"]
        shown = {item["organisation_id"]: item for item in listed}
        assert (shown[str(real)]["name"], shown[str(real)]["is_tenant"]) == ("Buurthuis", True)
        (event,) = await world.rows(
            "SELECT type FROM outbox WHERE type = 'intake.organisation.entered.v1' AND tenant = :id", id=real
        )
        assert event.type
        referral = await world.refer(mandated_organisation_id=str(entered))
        # What is referred from now on is theirs, whichever entry it names.
        (row,) = await world.rows("SELECT mandated_organisation FROM referral WHERE id = :id", id=referral)
        assert row.mandated_organisation == real
        if not same_id:
            assert shown[str(entered)]["superseded_by"] == str(real)
            refused = await world.refused(
                "POST", "/v1/organisations", world.colleague(Role.ADMINISTRATOR), json=squatted
            )
            assert refused == (409, "organisation-known")

    async def test_administrators_of_tenants_enter_parties_and_nobody_makes_a_tenant(
        self, world: Intake
    ) -> None:
        admin = world.colleague(Role.ADMINISTRATOR)
        await world.do("POST", "/v1/organisations", admin, json=self.entry())
        own = uuid7()
        unknown = world.staff(uuid7(), own, Role.ADMINISTRATOR, tenant=own)
        mine = self.entry(9990004, is_tenant=True, organisation_id=str(own))
        for who in (admin, unknown):
            refused = await world.refused("POST", "/v1/organisations", who, json=mine)
            assert refused == (403, "tenant-not-yours")
        refused = await world.refused("POST", "/v1/organisations", unknown, json=self.entry(9990003))
        assert refused == (404, "tenant-not-found")
        assert (await world.refused("POST", "/v1/organisations", world.manager(), json=self.entry()))[
            0
        ] == 403


class TestPeople:
    async def test_names_lie_sealed(self, world: Intake) -> None:
        await world.enter_coordinator()
        rows = await world.rows("SELECT sealed FROM coordinator UNION ALL SELECT sealed FROM staff_member")
        assert len(rows) == 3
        assert not any(b"voorbeeld" in bytes(row.sealed) for row in rows)

    async def test_of_a_case_know_whom_to_call_and_nobody_elses_coordinator(self, world: Intake) -> None:
        case, found = await world.assigned_case()
        path, who = "/v1/me/coordinator", world.person(case)
        known = await world.do("GET", path, who)
        assert known["first_name"]
        assert known["phone"] is None
        await world.enter_coordinator(coordinator_id=str(found), first_name="Anna", phone="0470 12 34 56")
        assert (await world.do("GET", path, who)) == known | {
            "first_name": "Anna",
            "phone": "+32 470 12 34 56",
        }
        body = {"reason": "task-done"}
        release = f"/v1/cases/{case.id}/release-coordinator"
        await world.ask("POST", release, world.manager(), json=body)
        assert set((await world.do("GET", path, who)).values()) == {None}
        await world.ask("GET", path, world.person(replace(case, id=uuid7())), expect=404)
        await world.ask("GET", path, world.manager(), expect=403)

    async def test_entering_a_coordinator_again_changes_what_was_known(self, world: Intake) -> None:
        found = await world.enter_coordinator()
        await world.enter_coordinator(coordinator_id=str(found), first_name="Anna", max_load=5)
        (shown,) = (await world.do("GET", "/v1/coordinators", world.manager()))["items"]
        assert (shown["coordinator_id"], shown["first_name"], shown["max_load"]) == (str(found), "Anna", 5)
        assert shown["version"] == 2

    @pytest.mark.parametrize("version", [None, 1])
    @pytest.mark.parametrize("kind", ["staff", "coordinators"])
    async def test_of_two_changes_at_once_one_is_made_and_the_other_told(
        self, world: Intake, kind: str, version: int | None
    ) -> None:
        """`version` None: both enter somebody who is new, under one id."""
        who, path = world.ops(world.tenant), f"/v1/{kind}"
        extra: Body = {"staff_id": str(uuid7()), "organisation_id": str(world.tenant), "roles": ["trainer"]}
        if kind == "coordinators":
            who, extra = world.manager(), {"coordinator_id": str(uuid7())}
        entry = extra | {"first_name": "Malou", "email": "malou@voorbeeld.example"}
        if version is not None:
            entered = [await world.do("POST", path, who, json=entry) for _ in range(2)]
            assert [each["version"] for each in entered] == [1, 1]
        changes = [entry | {"first_name": name, "version": version} for name in ("Anna", "Leen")]
        answers = await asyncio.gather(*(world.ask("POST", path, who, json=each) for each in changes))
        [written] = [answer.json() for answer in answers if answer.is_success]
        [refused] = [answer for answer in answers if answer.is_error]
        assert problem(refused) == (409, "other-version")
        assert refused.json()["facts"] == {"version": written["version"]} == {"version": 1 + (version or 0)}

    async def test_a_page_of_coordinators_takes_as_many_queries_as_one(self, world: Intake) -> None:
        await world.enter_coordinator()
        counts = []
        for _ in range(2):
            statements: list[str] = []
            count_statements(world.context.database.engine, statements)
            shown = await world.do("GET", "/v1/coordinators", world.manager())
            counts.append((len(statements), len(shown["items"])))
            await asyncio.gather(*(world.enter_coordinator() for _ in range(5)))
        # The third says in the audit log whose details were read.
        assert counts == [(3, 1), (3, 6)]

    async def test_shows_how_many_cases_each_has(self, world: Intake) -> None:
        await world.assigned_case()
        (shown,) = (await world.do("GET", "/v1/coordinators", world.manager()))["items"]
        assert shown["load"] == 1

    async def test_staff_belongs_to_an_organisation_of_the_register(self, world: Intake) -> None:
        body = {"organisation_id": str(uuid4()), "roles": ["referrer"], "first_name": "A", "last_name": "B"}
        body["email"] = "a@voorbeeld.example"
        refused = await world.refused("POST", "/v1/staff", world.ops(world.tenant), json=body)
        assert refused == (422, "organisation-unknown")

    async def test_colleagues_are_listed_to_who_answers_for_them(self, world: Intake) -> None:
        ann = uuid4()
        await world.enter_staff(ann, world.tenant, "trainer", tenant=world.tenant)
        listed = await world.do("GET", "/v1/staff", world.officer())
        assert ["trainer"] in [each["roles"] for each in listed["items"] if each["staff_id"] == str(ann)]
        assert (await world.refused("GET", "/v1/staff", world.manager()))[0] == 403

    async def test_no_more_officers_are_entered_than_are_told_of_an_opened_file(self, world: Intake) -> None:
        ours = world.tenant
        body = {"organisation_id": str(ours), "roles": ["dpo"], "email": "ann@voorbeeld.example"}
        body |= {"first_name": "Ann", "last_name": "Claes"}
        officers = [uuid4() for _ in range(MAX_OFFICERS + 1)]
        answers = [
            await world.ask("POST", "/v1/staff", world.ops(ours), json={**body, "staff_id": str(one)})
            for one in officers
        ]
        assert answers[0].status_code == 201
        assert (answers[-1].status_code, answers[-1].json()["facts"]) == (409, {"most": MAX_OFFICERS})
        # Who is one already stays one, and who is none any more makes room.
        await world.enter_staff(officers[0], ours, "dpo", tenant=ours)
        await world.enter_staff(officers[0], ours, "trainer", tenant=ours)
        await world.enter_staff(uuid4(), ours, "dpo", tenant=ours)

    async def test_the_address_known_so_far_is_told_of_another(self, world: Intake) -> None:
        officer = uuid4()
        await world.enter_staff(officer, world.tenant, "dpo", tenant=world.tenant)
        await world.enter_staff(officer, world.tenant, "dpo", tenant=world.tenant)
        assert await world.emailed("contact-changed") == []
        # No officer any more, though the address stays: that is told too.
        await world.enter_staff(officer, world.tenant, "trainer", tenant=world.tenant)
        assert await world.emailed("contact-changed") == [officer]
        coordinator = await world.enter_coordinator()
        moved = {"coordinator_id": str(coordinator), "email": "elders@voorbeeld.example"}
        await world.enter_coordinator(**moved)
        assert await world.emailed("contact-changed") == [officer, coordinator]

    async def test_a_tenant_cannot_rewrite_what_another_knows(self, world: Intake) -> None:
        admin = world.colleague(Role.ADMINISTRATOR)
        body = {
            "staff_id": str(world.referrer_id),
            "organisation_id": str(world.school),
            "roles": ["referrer"],
            "first_name": "Iemand",
            "last_name": "Anders",
            "email": "iemand@voorbeeld.example",
        }
        await world.do("POST", "/v1/staff", admin, json=body)
        rows = await world.rows(
            "SELECT tenant FROM staff_member WHERE id = :id ORDER BY created_at", id=world.referrer_id
        )
        assert {row.tenant for row in rows} == {world.school, world.tenant}


class TestPolicy:
    async def test_has_defaults_and_versions(self, world: Intake) -> None:
        assert (await world.do("GET", "/v1/policy", world.manager()))["version"] == 1
        body = {"offer_warn": "PT1S", "offer_expires": "PT5S"}
        changed = (await world.set_policy(world.manager(), body)).json()
        assert (changed["version"], changed["settings"]["offer_expires"]) == (2, "PT5S")
        assert changed["settings"]["allocate"] == "3wd"
        assert await world.do("GET", "/v1/policy", world.manager()) == changed

    async def test_safeguards_are_set_by_the_data_protection_officer_alone(self, world: Intake) -> None:
        longer = {"break_glass": "P2D", "statistics_smallest_group": 8}
        for body in (longer, {"break_glass": "PT8H"}, {"statistics_smallest_group": 6}):
            refused = await world.set_policy(world.manager(), body, expect=403)
            assert problem(refused) == (403, "setting-not-yours")
        body = {"offer_warn": "PT1H"}
        refused = await world.set_policy(world.officer(), body, part="/safeguards", expect=403)
        assert problem(refused) == (403, "setting-not-yours")
        await world.set_policy(world.officer(), longer, part="/safeguards")
        await world.set_policy(world.manager(), {"offer_warn": "PT1H"})
        now = (await world.do("GET", "/v1/policy", world.officer()))["settings"]
        assert (now["break_glass"], now["statistics_smallest_group"], now["offer_warn"]) == (
            "P2D",
            8,
            "PT1H",
        )
        refused = await world.set_policy(world.manager(), {}, part="/safeguards", expect=403)
        assert problem(refused) == (403, "role-not-allowed")

    async def test_keeps_every_version_to_be_read(self, world: Intake) -> None:
        made = [await world.set_policy(world.manager(), {"allocate": f"{days}wd"}) for days in (4, 5, 6)]
        for version, answer in enumerate(made, start=2):
            query = f"/v1/policy?version={version}"
            assert await world.do("GET", query, world.manager()) == answer.json()
        assert (await world.do("GET", "/v1/policy?version=1", world.manager()))["settings"][
            "allocate"
        ] == "3wd"
        listed = (await world.do("GET", "/v1/policy/versions", world.manager()))["items"]
        assert [each["version"] for each in listed] == [*range(len(listed), 0, -1)]
        assert (listed[0]["set_by"], listed[-1]["set_by"]) == (str(world.manager_id), None)
        older = (await world.do("GET", "/v1/policy/versions?before=2", world.manager()))["items"]
        assert [each["version"] for each in older] == [1]
        missing = await world.refused("GET", "/v1/policy?version=5", world.manager())
        assert missing == (404, "policy-version-not-found")

    async def test_loses_neither_of_two_changes_that_were_made_of_the_same_version(
        self, world: Intake
    ) -> None:
        bodies = [{"version": 1, "settings": {"allocate": f"{days}wd"}} for days in (4, 5)]
        answers = await asyncio.gather(
            *(world.ask("PUT", "/v1/policy", world.manager(), json=body) for body in bodies)
        )
        [written] = [answer.json() for answer in answers if answer.is_success]
        [refused] = [answer for answer in answers if answer.is_error]
        assert problem(refused) == (409, "other-version")
        assert refused.json()["facts"] == {"version": written["version"]} == {"version": 2}
        assert await world.do("GET", "/v1/policy", world.manager()) == written
        # Neither does the officer, who sets other fields of the same version.
        body = {"version": 1, "settings": {"break_glass": "P2D"}}
        refused = await world.ask("PUT", "/v1/policy/safeguards", world.officer(), json=body)
        assert problem(refused) == (409, "other-version")

    async def test_a_case_keeps_the_version_that_was_in_force_when_it_opened(self, world: Intake) -> None:
        old = await world.open_case()
        world.later(minutes=1)
        await world.set_policy(world.manager(), {"offer_expires": "5d", "offer_warn": "1d"})
        new = await world.open_case()
        for case in (old, new):
            await world.enter_coordinator()
            await world.offer_next(case)
        rows = await world.rows(
            "SELECT case_id, kind, policy_version, due_at - started_at AS length FROM clock"
            " WHERE kind <> 'coordinator-search'"
        )
        assert {(row.case_id, row.kind, row.policy_version) for row in rows} == {
            (None, "referral", 1),
            (None, "referral", 2),
            (old.id, "allocation", 1),
            (old.id, "offer", 1),
            (new.id, "allocation", 2),
            (new.id, "offer", 2),
        }
        lengths = {row.case_id: row.length for row in rows if row.kind == "offer"}
        assert lengths == {old.id: timedelta(days=2), new.id: timedelta(days=5)}

    @pytest.mark.parametrize("length", ["soon", "-1d", "", 3, "P", "99999999d"])
    async def test_refuses_what_is_no_length(self, world: Intake, length: object) -> None:
        refused = await world.set_policy(world.manager(), {"allocate": length}, expect=422)
        assert problem(refused) == (422, "invalid-request")

    async def test_is_for_managers_of_the_tenant(self, world: Intake) -> None:
        for stranger in (world.coordinator(uuid7()), world.referrer(), world.ops(world.tenant)):
            await world.set_policy(stranger, {}, expect=403)


class TestWhoAmI:
    async def test_is_what_the_token_says_and_what_was_entered(self, world: Intake) -> None:
        stranger = uuid7()
        me = await world.do("GET", "/v1/me", world.staff(stranger, world.school, Role.REFERRER))
        assert (me["id"], me["organisation_id"], me["tenant_id"]) == (
            str(stranger),
            str(world.school),
            str(world.tenant),
        )
        assert (me["roles"], me["entered_roles"], me["email"]) == (["referrer"], [], None)
        await world.enter_staff(stranger, world.school, "referrer", tenant=world.tenant)
        me = await world.do("GET", "/v1/me", world.staff(stranger, world.school, Role.REFERRER))
        assert (me["entered_roles"], me["first_name"], me["email"]) == (
            ["referrer"],
            "Hanneke",
            "hanneke@voorbeeld.example",
        )

    async def test_of_a_coordinator_names_the_languages_they_lead_a_conference_in(
        self, world: Intake
    ) -> None:
        coordinator = await world.enter_coordinator(languages=["nl", "ar"])
        me = await world.do("GET", "/v1/me", world.coordinator(coordinator))
        assert (me["is_coordinator"], me["languages"], me["first_name"]) == (True, ["nl", "ar"], "Malou")
