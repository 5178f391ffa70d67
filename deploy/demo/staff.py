"""What staff of organisations do and see: referrers, managers, data protection officers, trainers, finance."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Unpack
from uuid import UUID

from pydantic import AfterValidator

from deploy.demo.acting import Player, only, who
from deploy.demo.person import Person
from deploy.demo.things import (
    Actor,
    Case,
    Hours,
    Judgement,
    Organisation,
    Referral,
    Referred,
    RequestKind,
    Session,
    Transfer,
    Words,
)
from deploy.local import bank
from services.intake.domain.codes import PauseReason
from shared.auth import Role
from shared.fields import LanguageCode
from shared.ids import uuid7


@dataclass(eq=False, kw_only=True)
class Staff(Player):
    """Somebody who works for an organisation and has an account."""

    organisation: Organisation
    roles: Sequence[Role]

    async def enter(self) -> None:
        """Be entered by who installs the platform."""
        self.id, home = uuid7(), self.organisation.id
        body = self.contact | {"staff_id": self.id, "organisation_id": home, "roles": self.roles}
        await self.api.ask("POST", "intake/staff", body, headers=self.api.installer(home))

    async def _headers(self) -> dict[str, str]:
        return self.api.staff(self.id, self.organisation.id, *self.roles)

    async def refers(self, *persons: Referred, **about: Unpack[Referral]) -> Case:
        """{me} refers {persons}, in {languages}."""
        return await self._refer("professional", persons, about)

    async def accepts(self, case: Case) -> None:
        """{me} takes the referral on: a case opens."""
        case.id = UUID((await self._post(f"intake/referrals/{case.referral_id}/accept"))["case_id"])

    async def pauses(self, case: Case, *, reason: Annotated[str, AfterValidator(PauseReason)]) -> None:
        """{me} pauses the case ({reason})."""
        await self._post(f"intake/cases/{case.id}/pause", reason=reason)

    async def resumes(self, case: Case) -> None:
        """{me} lets the case go on."""
        await self._post(f"intake/cases/{case.id}/resume")

    async def sees(self, case: Case) -> dict[str, Any]:
        """Look at the state of the case: `state` and `coordinator`."""
        found = await self._ask("GET", f"intake/cases/{case.id}")
        coordinator = next(iter(who(case, [found["coordinator_id"]])), None)
        return {"state": found["state"], "coordinator": coordinator}

    async def sees_asked(self, case: Case) -> set[UUID]:
        """Return which coordinators were asked for a case."""
        found = await self._items(f"intake/cases/{case.id}/offers")
        return {UUID(each["coordinator_id"]) for each in found}

    async def opens_file(self, case: Case, *, reason: Words) -> None:
        """{me} opens the file for some hours, and says why."""
        await self._post(f"intake/cases/{case.id}/break-glass", reason=reason)

    async def adds_bottom_line(self, case: Case, text: Words) -> None:
        """{me} adds a bottom line."""
        known = (await self._ask("GET", f"intake/cases/{case.id}/baseline"))["bottom_lines"]
        kept = [{name: line[name] for name in ("bottom_line_id", "text")} for line in known]
        await self._changes_baseline(case, bottom_lines=[*kept, {"text": text}])

    async def accepts_plan(self, case: Case, *lines: Judgement) -> str:
        """{me} looks at the bottom lines, one by one: the plan is {result}."""
        known = (await self._ask("GET", f"intake/cases/{case.id}/baseline"))["bottom_lines"]
        judged = [
            {"bottom_line_id": line["bottom_line_id"], "met": each.met, "reason": each.reason}
            for line, each in zip(known, lines, strict=True)
        ]
        answer = await self._ask("PUT", f"plans/plans/{case.plan_id}/acceptance", {"lines": judged})
        return str(answer["acceptance"])

    async def approves_request(self, person: Person, kind: RequestKind) -> None:
        """{me} approves what {person} asked of their data ({kind})."""
        waiting = [each["request_id"] for each in await self._items("network/data-requests")]
        asked = str(person.requests[kind])
        request = only([each for each in waiting if each == asked], "the list does not show the request")
        await self._post(f"network/data-requests/{request}/approve")

    async def erases(self, case: Case, *, reason: Literal["asked", "entered-by-mistake"]) -> None:
        """{me} erases the case."""
        await self._post(f"intake/cases/{case.id}/erase", reason=reason)

    async def offers_course(
        self, title: str, *, language: LanguageCode = "nl", audience: str | None = None
    ) -> UUID:
        """{me} announces “{title}”."""
        answer = await self._post("training/courses", title=title, language=language, audience=audience)
        return UUID(answer["course_id"])

    async def plans_session(
        self,
        course: UUID,
        when: Hours,
        *,
        place: str,
        capacity: int,
        price: str = "0.00",
        account_iban: str | None = None,
        account_name: str | None = None,
    ) -> Session:
        """{me} plans a session: {capacity} places, EUR {price}."""
        account = {"account_iban": account_iban, "account_name": account_name}
        answer = await self._post(
            f"training/courses/{course}/sessions",
            **vars(when),
            **{"place": place, "capacity": capacity, "price": price, "vat": "exempt-art44", **account},
        )
        return Session(course, UUID(answer["session_id"]))

    async def imports_statement(self, *transfers: Transfer, account_iban: str) -> list[str]:
        """{me} imports the bank's statement: {result}."""
        await self.api.watch.read_inbox()
        now, lines = await self.api.watch.now(), []
        for number, each in enumerate(transfers, start=1):
            payer, emails = each.payer, self.api.watch.inbox.to(each.payer.email)
            asked = [email.communication for email in emails if email.communication] or [""]
            lines.append(
                bank.Line(
                    payer=f"{payer.first_name} {payer.last_name}",
                    payer_iban=each.iban.replace(" ", ""),
                    communication=None if each.text else "".join(filter(str.isdigit, asked[-1])),
                    text=each.text,
                    amount=each.amount,
                    reference=f"{now:%Y%m%d%H}{number:04}",
                    day=now.date().isoformat(),
                )
            )
        path = await self._give(bank.statement(*lines, account=account_iban.replace(" ", "")))
        while (await self._ask("GET", path))["state"] != "imported":
            await self.api.watch.settle()
        payments = await self._items(f"{path}/payments")
        for each, payment in zip(transfers, payments, strict=True):
            each.id = UUID(payment["payment_id"])
        return [payment["state"] for payment in payments]

    async def _give(self, statement: bytes) -> str:
        """Upload a bank's file; return where its import can be read."""
        imported = await self._ask("POST", "training/statements", statement)
        return f"training/statements/{imported['statement_id']}"

    async def gives_back(self, transfer: Transfer) -> str:
        """{me} gives {transfer}'s money back: {result}."""
        return str((await self._post(f"training/payments/{transfer.id}/settle", by="refund"))["state"])

    async def cancels_session(self, session: Session) -> None:
        """{me} cancels the session."""
        version = (await self._ask("GET", f"training/sessions/{session.id}"))["version"]
        await self._post(f"training/sessions/{session.id}/cancel", version=version)

    async def sees_suggestion(self, transfer: Transfer) -> UUID | None:
        """Return the first suggested registration for a payment."""
        items = await self._items("training/payments", state="suggested")
        suggested = [item["suggestions"] for item in items if item["payment_id"] == str(transfer.id)]
        return UUID(suggested[0][0]["registration_id"]) if suggested and suggested[0] else None

    async def confirms_payment(self, transfer: Transfer, registration: UUID) -> None:
        """{me} confirms whose payment it is: {transfer}'s."""
        await self._post(f"training/payments/{transfer.id}/match", registration_id=registration)

    async def sees_registrations(self, session: Session) -> dict[Actor, str]:
        """Return the state of each registration."""
        return {
            person: (await self._ask("GET", f"training/registrations/{registration}"))["state"]
            for person, registration in session.people.items()
        }
