"""What coordinators do and see: citizens who prepare conferences, from the offer of a case to the four-week call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Unpack
from uuid import UUID

from pydantic import AfterValidator

from deploy.demo.acting import Player, answers, hours_of, only, who
from deploy.demo.api import fields_of
from deploy.demo.person import Person
from deploy.demo.things import (
    Agreement,
    Attendance,
    Case,
    Hours,
    Organisation,
    Plan,
    Venue,
    Words,
)
from services.intake.domain.codes import DeclineReason, Side
from services.network.domain import Channel, ContactPurpose
from services.plans.domain import Going
from services.scheduling.domain.states import CancelReason, ChecklistItem, PostponeReason
from shared.auth import Role
from shared.events.network import PersonRole
from shared.fields import LanguageCode
from shared.ids import uuid7


@dataclass(eq=False, kw_only=True)
class Coordinator(Player):
    """A coordinator; `tied_to` names organisations they are not independent of, `max_load` how many cases they take."""

    languages: Sequence[LanguageCode] = ("nl",)
    gender: str | None = None
    cultures: Sequence[str] = ()
    tied_to: Sequence[Organisation] = ()
    max_load: int = 3

    async def enter(self) -> None:
        """Be entered by who installs the platform."""
        self.id = uuid7()
        about = fields_of(self, "languages", "gender", "cultures", "tied_to", "max_load")
        body = self.contact | about | {"coordinator_id": self.id}
        await self.api.ask("POST", "intake/coordinators", body, headers=self.api.installer(self.api.tenant))

    async def _headers(self) -> dict[str, str]:
        return self.api.staff(self.id, None, Role.COORDINATOR)

    async def accepts_offer(self, case: Case, *, no_conflict: bool = True) -> None:
        """{me} was asked, has no ties to anyone concerned, and accepts."""
        await self._post(f"intake/offers/{await self._offer(case)}/accept", no_conflict=no_conflict)

    async def declines_offer(
        self, case: Case, *, reason: Annotated[str, AfterValidator(DeclineReason)]
    ) -> None:
        """{me} was asked, and declines ({reason})."""
        await self._post(f"intake/offers/{await self._offer(case)}/decline", reason=reason)

    async def contacts(self, case: Case, *people: Person, channel: Channel, purpose: ContactPurpose) -> None:
        """{me} was in touch with {people} ({channel})."""
        await self._meets(case)
        for person in people:
            await self._post(f"network/persons/{person.id}/contacts", channel=channel, purpose=purpose)

    async def records_baseline(self, case: Case, *questions: Words) -> None:
        """{me} writes down the questions for the circle."""
        await self._changes_baseline(case, questions=questions)

    async def adds(
        self,
        case: Case,
        person: Person,
        relation: Words,
        *,
        proposed_by: Person,
        side: Side = "other",
        role: PersonRole = "circle",
    ) -> None:
        """{me} adds {person} ({relation}) to the circle, {proposed_by}'s idea."""
        await self._meets(case)
        about = person.contact | {"address": person.address, "relation": relation, "side": side, "role": role}
        answer = await self._post(f"network/cases/{case.id}/persons", **about, proposed_by=proposed_by)
        person.id = UUID(answer["person_id"])

    async def confirms(self, case: Case, person: Person) -> None:
        """{me} confirms {person}."""
        await self._meets(case)
        await self._post(f"network/persons/{person.id}/confirm")

    async def invites_all(self, case: Case, *, include_central: bool = False) -> int:
        """{me} invites {result} people, each personally."""
        path = f"network/cases/{case.id}/invitations"
        return len((await self._post(path, include_central=include_central))["invited"])

    async def notes_answer(self, case: Case, person: Person, answer: Literal["yes", "no"]) -> None:
        """{me} notes that {person} says {answer}."""
        items = await self._items(f"network/cases/{case.id}/persons")
        found = [each["invitation"] for each in items if each["person_id"] == str(person.id)]
        invitation = only([each for each in found if each], "they are not invited")["invitation_id"]
        await self._post(f"network/invitations/{invitation}/answer", answer=answer)

    async def declares_circle_ready(self, case: Case, *required: Person) -> None:
        """{me} declares the circle ready; it needs {required}."""
        await self._post(f"network/cases/{case.id}/circle-ready", required=required)

    async def sees_circle(self, case: Case) -> dict[str, Any]:
        """Look at the circle: how many in `total`, `widened`, `invited`, `said_yes`, and who is `silent`."""
        items = await self._items(f"network/cases/{case.id}/persons")
        items = [item for item in items if item["state"] not in ("removed", "excluded")]
        given = {item["person_id"]: item["invitation"]["answer"] for item in items if item["invitation"]}
        return {
            "total": len(items),
            "widened": sum(bool(item["widened"]) for item in items),
            "invited": len(given),
            "said_yes": list(given.values()).count("yes"),
            "silent": who(case, [person for person, answer in given.items() if not answer]),
        }

    async def sees_to(self, case: Case, item: Annotated[str, AfterValidator(ChecklistItem)]) -> None:
        """{me} has seen to one thing more before the conference ({item})."""
        conference = (await self._conference(case))["conference_id"]
        await self._ask("PUT", f"scheduling/conferences/{conference}/checklist/{item}", {"done": True})

    async def informs_again(self, case: Case) -> None:
        """{me} decides to tell the circle again, because something changed."""
        await self._prepares(case, "inform-again")

    async def sees_late_news(self, case: Case) -> dict[str, Any]:
        """Look what changed after the circle was told, by the step that tells it, and what became of it."""
        conference = (await self._conference(case))["conference_id"]
        prepared = (await self._ask("GET", f"scheduling/conferences/{conference}"))["preparation"]
        return {each["code"]: each["state"] for each in prepared["late_news"]}

    async def keeps_apart(self, case: Case, one: Person, other: Person, *, reason: Words) -> None:
        """{me} notes that {one} and {other} are not to meet, nor to be told of each other."""
        await self._post(f"network/cases/{case.id}/no-contacts", person_ids=[one, other], reason=reason)

    async def opens_poll(self, case: Case, *options: Hours) -> None:
        """{me} asks the circle about {options}."""
        await self._prepares(case, "poll", options=options)

    async def notes_dates(
        self, case: Case, person: Person, *, yes: Sequence[Hours], maybe: Sequence[Hours] = ()
    ) -> None:
        """{me} notes when {person} can come."""
        poll = await self._poll(case)
        said = answers(poll, yes=yes, maybe=maybe)
        await self._ask("PUT", f"scheduling/polls/{poll['poll_id']}/answers/{person.id}", {"answers": said})

    async def sees_poll(self, case: Case) -> dict[str, Any]:
        """Look at the date poll: the `best` date, who is `silent`, `answers` by date (how many yes, maybe and no)."""
        poll = await self._poll(case)
        dates = {each["option_id"]: hours_of(each) for each in poll["options"]}
        counts = {hours_of(each): (each["yes"], each["maybe"], each["no"]) for each in poll["options"]}
        silent = who(case, poll["silent"])
        return {"best": dates.get(poll["best_option_id"]), "silent": silent, "answers": counts}

    async def schedules_best(self, case: Case, venue: Venue | UUID) -> None:
        """{me} sets the date that suits best; `venue`: an id is one of the register."""
        await self._changes_date(
            case, "schedule", **{"venue_id" if isinstance(venue, UUID) else "venue": venue}
        )

    async def schedules(self, case: Case, when: Hours, venue: Venue) -> None:
        """{me} sets a date that was agreed by telephone: {when}."""
        await self._changes_date(case, "schedule", date=when, venue=venue)

    async def prepares_again(self, case: Case) -> None:
        """{me} begins to prepare the next conference."""
        await self._post(f"scheduling/cases/{case.id}/preparations")

    async def postpones(self, case: Case, *, reason: Annotated[str, AfterValidator(PostponeReason)]) -> None:
        """{me} postpones the conference ({reason})."""
        await self._changes_date(case, "postpone", reason=reason)

    async def cancels_conference(
        self, case: Case, *, reason: Annotated[str, AfterValidator(CancelReason)]
    ) -> None:
        """{me} cancels the conference ({reason})."""
        await self._changes_date(case, "cancel", reason=reason)

    async def sees_conference(self, case: Case) -> dict[str, Any]:
        """Look how the latest conference stands: `number`, `state` and `starts_at`."""
        found = await self._conference(case)
        starts_at = datetime.fromisoformat(found["starts_at"]) if found["starts_at"] else None
        return {"number": found["conference_no"], "state": found["state"], "starts_at": starts_at}

    async def holds_conference(
        self,
        case: Case,
        *attendance: Attendance,
        information: Hours,
        private: Hours,
        presentation: Hours,
        outcome: Literal["plan", "no-plan"] = "plan",
        return_called_by_circle: bool | None = None,
    ) -> None:
        """{me} records that the conference was held. Of the private part, only its hours are known."""
        named = {"information": information, "private": private, "presentation": presentation}
        parts = {name: {"from": each.starts_at, "to": each.ends_at} for name, each in named.items()}
        returned = {"return_called_by_circle": return_called_by_circle}
        await self._prepares(case, "hold", attendance=attendance, parts=parts, outcome=outcome, **returned)

    async def records_plan(
        self, case: Case, *agreements: Agreement, without_meeting: bool = False, **about: Unpack[Plan]
    ) -> None:
        """{me} records the circle's plan: {agreements}; {monitor} watches over it."""
        conference = None if without_meeting else (await self._conference(case))["conference_id"]
        body = {**about, "conference_id": conference}
        case.plan_id = await self._writes(f"plans/cases/{case.id}/plans", agreements, body)

    async def changes_plan(
        self, case: Case, *agreements: Agreement, reason: Words, asked_by: Person, **about: Unpack[Plan]
    ) -> None:
        """{me} records what the circle changed in its plan, which {asked_by} asked for: {agreements}."""
        path = f"plans/plans/{case.plan_id}"
        newest = (await self._ask("GET", path))["version"]
        conference = (await self._conference(case))["conference_id"]
        changed = {
            "version": newest,
            "reason": reason,
            "asked_by_person_id": asked_by.id,
            "conference_id": conference,
        }
        await self._writes(f"{path}/versions", agreements, {**about, **changed})

    async def calls_referrer(self, case: Case, going: Going, *, note: Words | None = None) -> None:
        """{me} calls who referred the case, and hears how it goes: {going}."""
        await self._post(f"plans/cases/{case.id}/referrer-calls", going=going, note=note)

    async def shares_plan(self, case: Case, *organisations: Organisation) -> None:
        """{me} shares the plan with the whole circle."""
        await self._post(f"plans/plans/{case.plan_id}/share", organisations=organisations)

    async def _writes(self, path: str, agreements: Sequence[Agreement], body: dict[str, Any]) -> UUID:
        """Record a version of a plan and learn the ids of its agreements; return that of the plan."""
        entries = [
            {**fields_of(each, "what", "due", "by", "known_done_how"), "who_person_ids": each.who}
            for each in agreements
        ]
        answer = await self._post(path, **body, agreements=entries)
        for each, agreement_id in zip(agreements, answer["agreement_ids"], strict=True):
            each.id = UUID(agreement_id)
        return UUID(answer["plan_id"])

    async def _offer(self, case: Case) -> str:
        offers = [each for each in await self._items("intake/offers") if each["case_id"] == str(case.id)]
        mine = [each for each in offers if each["state"] in ("open", "made")]
        return str(only(mine, f"{self.first_name} sees no open offer of this case")["offer_id"])

    async def _meets(self, case: Case) -> None:
        """Learn the ids of who was named in the referral, from the list of the case's people."""
        unknown = {(each.first_name, each.last_name): each for each in case.people if each.id is None}
        for item in await self._items(f"network/cases/{case.id}/persons") if unknown else []:
            if person := unknown.get((item["first_name"], item["last_name"])):
                person.id = UUID(item["person_id"])

    async def _conference(self, case: Case) -> dict[str, Any]:
        items = await self._items(f"scheduling/cases/{case.id}/conferences")
        items.sort(key=lambda item: int(item["conference_no"]))
        return dict(only(items[-1:], "no conference is being prepared for this case"))

    async def _changes_date(self, case: Case, how: str, **body: Any) -> None:
        await self._prepares(case, how, version=(await self._conference(case))["version"], **body)

    async def _prepares(self, case: Case, what: str, **body: Any) -> None:
        conference = (await self._conference(case))["conference_id"]
        await self._post(f"scheduling/conferences/{conference}/{what}", **body)

    async def _poll(self, case: Case) -> dict[str, Any]:
        poll = (await self._conference(case))["poll_id"]
        return dict(await self._ask("GET", f"scheduling/polls/{poll}"))
