"""Intake: organisations and staff, referrals, open cases, offers, coordinators who take them."""

from dataclasses import dataclass, field
from typing import Any, Literal, Self
from uuid import UUID

from services.intake.domain.codes import SEARCH_CLOCK, assignment_workflow_id
from services.intake.operations import offers
from shared.auth import Role
from shared.clocks import Clocks
from shared.ids import uuid7
from tests.support.world.base import World
from tests.support.world.case import Case
from tests.support.world.principals import Headers

Body = dict[str, Any]


def kbo(number: int) -> str:
    """Return a KBO number that begins with these seven digits."""
    first = f"0{number:07d}"
    return f"{first}{97 - int(first) % 97:02d}"


@dataclass
class Intake(World):
    """Intake, with a tenant, a referring and a mandated organisation."""

    service = "intake"

    school: UUID = field(default_factory=uuid7)
    mandated: UUID = field(default_factory=uuid7)
    manager_id: UUID = field(default_factory=uuid7)
    referrer_id: UUID = field(default_factory=uuid7)

    async def emptied(self) -> Self:
        """Return the same running service with empty tables but for the organisations, the manager and the referrer."""
        empty = await super().emptied()
        await empty.furnish()
        return empty

    def manager(self) -> Headers:
        """Return the headers of the tenant's regional manager."""
        return self.staff(self.manager_id, self.tenant, Role.REGIONAL_MANAGER)

    def referrer(self) -> Headers:
        """Return the headers of the professional who refers."""
        return self.staff(self.referrer_id, self.school, Role.REFERRER)

    def mandatee(self) -> Headers:
        """Return the headers of a professional who must accept plans."""
        return self.staff(uuid7(), self.mandated, Role.REFERRER)

    def ops(self, tenant: UUID | None = None) -> Headers:
        """Return the headers of those who run the installation."""
        return self.staff(uuid7(), None, Role.OPS, tenant=tenant)

    async def furnish(self) -> None:
        """Enter the organisations, the manager and the referrer."""
        entries = ((self.tenant, "0999900150"), (self.school, "0999901437"), (self.mandated, "0999902328"))
        for organisation_id, number in entries:
            body = {
                "organisation_id": str(organisation_id),
                "name": f"Organisatie {number}",
                "kbo_number": number,
                "is_tenant": organisation_id == self.tenant,
            }
            await self.do("POST", "/v1/organisations", self.ops(), json=body)
        await self.enter_staff(self.manager_id, self.tenant, "regional-manager", tenant=self.tenant)
        await self.enter_staff(self.referrer_id, self.school, "referrer", tenant=self.school)

    async def enter_staff(self, staff_id: UUID, organisation: UUID, role: str, *, tenant: UUID) -> None:
        """Enter a colleague, or change what is known of them."""
        body = {
            "staff_id": str(staff_id),
            "organisation_id": str(organisation),
            "roles": [role],
            "first_name": "Hanneke",
            "last_name": "Verbeeck",
            "email": "hanneke@voorbeeld.example",
            "language": "nl",
        }
        await self.enter("staff", self.ops(tenant), body)

    async def enter_coordinator(self, **changes: Any) -> UUID:
        """Enter a coordinator of the tenant, or change what is known of them, and return their id."""
        body = {
            "first_name": "Malou",
            "last_name": "Jespers",
            "email": "malou@voorbeeld.example",
            "languages": ["nl"],
        }
        answer = await self.enter("coordinators", self.manager(), body | changes)
        return UUID(answer["coordinator_id"])

    async def enter(self, kind: Literal["staff", "coordinators"], who: Headers, body: Body) -> Any:
        """Enter somebody, or change who is known as somebody does who learns of the version and sends it along."""
        answer = await self.ask("POST", f"/v1/{kind}", who, json=body)
        if answer.status_code == 409:
            return await self.do("POST", f"/v1/{kind}", who, json=body | answer.json()["facts"])
        assert answer.status_code == 201, answer.text
        return answer.json()

    def referral(self, **changes: Any) -> Body:
        """Return a referral of a boy of fourteen and his mother, as a professional sends it."""
        agreed = {"referral": True, "date": "2026-03-01"}
        return {
            "kind": "professional",
            "themes": ["school-drop-out", "out-of-home-placement"],
            "question": "Hoe kan Wannes thuis blijven wonen?",
            "languages": ["nl"],
            "wishes": {"languages": ["nl"]},
            "persons": [
                {"ref": "p1", "role": "central", "first_name": "Wannes", "last_name": "Pittoors",
                 "birth_date": "2012-01-15", "email": "wannes@voorbeeld.example", "consent": agreed},
                {"ref": "p2", "role": "representative", "first_name": "Godelieve", "last_name": "Pittoors",
                 "birth_date": "1985-05-05", "relation": "moeder", "side": "maternal",
                 "parental_authority": True, "consent": agreed},
            ],
            "bottom_lines": ["Elke dag naar school", "Slaapt op een bekend adres"],
            "resources": "Een zaal",
            "mandated_organisation_id": str(self.mandated),
        } | changes  # fmt: skip

    def own_referral(self, **changes: Any) -> Body:
        """Return a referral of an adult by herself."""
        person = {"ref": "p1", "role": "central", "first_name": "Marijke", "last_name": "Goor"}
        return {
            "kind": "self",
            "themes": ["loneliness"],
            "question": "Ik wil niet meer alleen eten.",
            "persons": [person],
        } | changes

    async def refer(self, **changes: Any) -> UUID:
        """Send a referral and return its id."""
        answer = await self.do("POST", "/v1/referrals", self.referrer(), json=self.referral(**changes))
        return UUID(answer["referral_id"])

    async def refer_oneself(self, **changes: Any) -> UUID:
        """Send a self-referral without an account and return its id."""
        anybody = {"kring-tenant": str(self.tenant)}
        answer = await self.do("POST", "/v1/referrals", anybody, json=self.own_referral(**changes))
        return UUID(answer["referral_id"])

    async def open_case(self, referral_id: UUID | None = None) -> Case:
        """Accept a referral and return its case."""
        referral_id = referral_id or await self.refer()
        answer = await self.do("POST", f"/v1/referrals/{referral_id}/accept", self.manager())
        return Case(tenant=self.tenant, id=UUID(answer["case_id"]), referral_id=referral_id)

    async def offer_next(self, case: Case, number: int = 1) -> UUID | None:
        """Let the search take its next step, and return the offer that is open then."""
        async with self.transaction() as session:
            search = await Clocks("intake").find(session, kind=SEARCH_CLOCK, subject=case.id)
            assert search is not None
            if search.deadline is not None:
                assert search.workflow_id == assignment_workflow_id(case.id, number)
                due, now = search.deadline, await self.now()
                await offers.offer_to_next(session, self.context.vault, due=due, now=now)
        found = await self.rows("SELECT id FROM offer WHERE case_id = :case AND state = 'open'", case=case.id)
        return found[0].id if found else None

    async def assigned_case(self, referral_id: UUID | None = None) -> tuple[Case, UUID]:
        """Return a case and the coordinator who took it."""
        coordinator = await self.enter_coordinator()
        case = await self.open_case(referral_id)
        await self.accept(await self.offer_next(case), coordinator)
        return case, coordinator

    async def accept(self, offer: UUID | None, coordinator: UUID) -> None:
        """Let a coordinator accept an offer."""
        who = self.coordinator(coordinator)
        await self.do("POST", f"/v1/offers/{offer}/accept", who, json={"no_conflict": True})

    async def decline(self, offer: UUID | None, coordinator: UUID, reason: str = "no-time") -> None:
        """Let a coordinator decline an offer."""
        who = self.coordinator(coordinator)
        await self.do("POST", f"/v1/offers/{offer}/decline", who, json={"reason": reason})
