"""What people without an account do and see, behind the personal link in their latest email."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, Unpack
from uuid import UUID

from deploy.demo.acting import Player, answers, only
from deploy.demo.things import Agreement, Case, Hours, Referral, Referred, RequestKind, Session, Words
from deploy.watch.failures import WentWrong
from services.intake.domain.codes import Side
from shared.events.network import AttendanceMode

# What somebody says when a plan is reviewed: the circle need not meet, or meets again, and how.
ReviewAnswer = Literal["stay", "meet", "another-coordinator", "by-ourselves"]


@dataclass(eq=False, kw_only=True)
class Person(Player):
    """Somebody without an account. `requests`: the ids of their data requests."""

    organisation: Words | None = None
    requests: dict[RequestKind, UUID] = field(default_factory=dict, init=False)
    # By link, the exchanged token, and until when it is used.
    _tokens: dict[str, tuple[str, float]] = field(default_factory=dict, init=False, repr=False)

    async def _headers(self) -> dict[str, str]:
        await self.api.watch.read_inbox()
        links = [email.link for email in self.api.watch.inbox.to(self.email) if email.link is not None]
        if not links:
            # Unknown to Kring so far, as when they refer themselves.
            return self.api.anybody
        link = links[-1][0]
        token, until = self._tokens.get(link, ("", 0.0))
        if until < time.monotonic():
            answer = await self.api.ask("POST", "network/links/exchange", {"token": link}, headers={})
            exchange = answer.json()
            # Half its lifetime: a request may take long on a platform whose parts are killed.
            self.id, token = UUID(exchange["person_id"]), exchange["access_token"]
            self._tokens[link] = token, time.monotonic() + exchange["expires_in"] / 2
        return {**self.api.anybody, "Authorization": f"Bearer {token}"}

    async def asks_for_conference(self, **about: Unpack[Referral]) -> Case:
        """{me} asks for a conference, and needs nobody to be referred."""
        return await self._refer("self", [Referred(self)], about)

    async def answers_invitation(
        self, answer: Literal["yes", "no"], *, mode: AttendanceMode = "in-person"
    ) -> None:
        """{me} says {answer}, behind the personal link."""
        await self._post("network/me/invitation/answer", answer=answer, mode=mode)

    async def proposes(
        self,
        case: Case,  # noqa: ARG002 - whom they propose belongs to it from then on
        person: "Person",
        relation: Words,
        *,
        side: Side = "other",
    ) -> None:
        """{me} proposes {person} ({relation}) for the circle."""
        about = person.contact | {"address": person.address, "relation": relation, "side": side}
        answer = await self._post("network/me/proposals", **about)
        person.id = UUID(answer["person_id"])

    async def says_what_they_agree_to(self, *, refuses: Sequence[str] = ()) -> None:
        """{me} says yes or no to each thing that is asked."""
        for each in (await self._ask("GET", "network/me/consents"))["items"]:
            concerns = None if each["concerns"] is None else each["concerns"]["person_id"]
            said = {"given": each["purpose"] not in refuses, "concerns": concerns}
            read = {"version": each["version"], "language": each["language"]}
            await self._ask("PUT", f"network/me/consents/{each['purpose']}", {**said, **read})

    async def sees_circle(self) -> set[str]:
        """Return the others who take part by first name, as far as they may know."""
        return {str(each["first_name"]) for each in await self._items("network/me/circle")}

    async def answers_poll(self, *, yes: Sequence[Hours], maybe: Sequence[Hours] = ()) -> None:
        """{me} says which dates suit."""
        poll = only((await self._items("scheduling/me/polls"))[:1], "there is no poll")
        said = answers(poll, yes=yes, maybe=maybe)
        await self._ask("PUT", f"scheduling/me/polls/{poll['poll_id']}", {"answers": said})

    async def changes_agreement(self, case: Case, agreement: Agreement, *, due: date, reason: Words) -> None:
        """{me} agrees another day for “{agreement}”, between two meetings."""
        found = await self._items(f"plans/cases/{case.id}/agreements")
        old = only([each for each in found if each["agreement_id"] == str(agreement.id)], "no such agreement")
        body = {name: old[name] for name in ("what", "who_person_ids", "who_text", "known_done_how")}
        newest = (await self._ask("GET", f"plans/plans/{case.plan_id}"))["version"]
        path = f"plans/agreements/{agreement.id}/changes"
        answer = await self._post(path, **body, version=newest, due_on=due, reason=reason)
        agreement.id, agreement.due = UUID(answer["agreement_id"]), due

    async def invokes_plan_b(self, case: Case, line: int, *, instead_of: Agreement, reason: Words) -> None:
        """{me} says that plan B is needed in the place of “{instead_of}”."""
        plan = f"plans/plans/{case.plan_id}"
        newest = (await self._ask("GET", plan))["version"]
        await self._post(f"{plan}/plan-b", version=newest, line=line, instead_of=instead_of.id, reason=reason)

    async def asks_for_review(self, case: Case) -> None:
        """{me} asks that the circle looks at its plan now."""
        await self._post(f"plans/plans/{case.plan_id}/review-requests")

    async def answers_review(self, case: Case, answer: ReviewAnswer) -> None:
        """{me} says at the review of the plan: {answer}."""
        items = await self._items(f"plans/cases/{case.id}/check-ins")
        waiting = [item for item in items if item["kind"] == "review" and item["decision"] is None]
        check = only(waiting, f"{self.first_name} is asked nothing about meeting again")["check_in_id"]
        body = {
            "meet_again": answer != "stay",
            "another_coordinator": answer == "another-coordinator",
            "without_coordinator": answer == "by-ourselves",
        }
        await self._ask("PUT", f"plans/check-ins/{check}/review-answer", body)

    async def says_circle_met(self, case: Case, day: date) -> None:
        """{me} says that the circle met by itself on {day}, and changes nothing."""
        await self._post(f"plans/plans/{case.plan_id}/own-meetings", met_on=day, changed=False)

    async def asks_for_data(self, kind: RequestKind, *, text: Words | None = None) -> None:
        """{me} asks of their data: {kind}."""
        answer = await self._post("network/me/data-requests", kind=kind, text=text)
        self.requests[kind] = UUID(answer["request_id"])

    async def reads_copy(self) -> tuple[str, str]:
        """Read everything that is kept about them, as data and as a page."""
        path = f"network/me/data-requests/{self.requests['copy']}/copy"
        headers = await self._headers()
        forms = [
            await self.api.ask("GET", path, headers=headers, query={"format": f}) for f in ("json", "html")
        ]
        return forms[0].text, forms[1].text

    async def _asked_to_confirm(self) -> str:
        """Return the token in the latest email that asks to confirm a registration."""
        await self.api.watch.settle()
        emails = self.api.watch.inbox.to(self.email)
        tokens = [email.confirmation for email in emails if email.confirmation is not None]
        return str(only(tokens[-1:], f"nobody asked {self.first_name} to confirm a registration"))

    async def registers(self, session: Session) -> str:
        """{me} registers: {result}."""
        path = f"training/sessions/{session.id}/registrations"
        body = self.contact | {"organisation": self.organisation}
        await self.api.ask("POST", path, body, headers=self.api.anybody)
        sent, confirmed = {"token": await self._asked_to_confirm()}, "training/registrations/confirm"
        answer = (await self.api.ask("POST", confirmed, sent, headers=self.api.anybody)).json()
        if (answer["payment"] is not None) != (answer["state"] == "awaiting-payment"):
            raise WentWrong(
                f"a registration that is {answer['state']} speaks of payment: {answer['payment']}"
            )
        session.people[self] = UUID(answer["registration_id"])
        return str(answer["state"])
