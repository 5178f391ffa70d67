"""What everybody in a story can do, and how they call the APIs; verbs per role are in staff, coordinator and person.

A verb whose docstring contains {me} is a step: the player shows that sentence, filled in with the arguments and
{result}. The others only look.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import AfterValidator

from deploy.demo.api import Api, Refused, fields_of
from deploy.demo.things import (
    Access,
    Actor,
    Agreement,
    Case,
    Hours,
    Organisation,
    Reading,
    Referral,
    Referred,
    Words,
)
from deploy.local.provider import Account
from deploy.watch.failures import WentWrong
from services.intake.domain.codes import WithdrawReason
from shared.auth import Role
from shared.calendar import BRUSSELS
from shared.case_state import CaseErased
from shared.events.plans import CheckInKind, Decision

_READINGS: dict[Reading, str] = {
    "case": "intake/cases/{}",
    "baseline": "intake/cases/{}/baseline",
    "persons": "network/cases/{}/persons",
    "conferences": "scheduling/cases/{}/conferences",
    "plans": "plans/cases/{}/plans",
}
# Checks that nobody needs to make any more.
_SETTLED = ("recorded", "cancelled")


@dataclass(eq=False, kw_only=True)
class Player(Actor):
    """Somebody who acts through the APIs. Another hand, such as a browser, overrides the verbs that it plays."""

    api: ClassVar[Api]
    # How many forms on pages they sent: none but in a browser.
    sent: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        """Join the story to which this class of people belongs."""

    async def _headers(self) -> dict[str, str]:
        return self.api.anybody

    async def enter(self) -> None:
        """Be entered by the installer: people without an account need not be known."""

    async def _meets(self, case: Case) -> None:
        """Learn the ids of a case's people, if that is how they are known."""

    async def _ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self.api.ask(method, path, body, headers=await self._headers())
        return answer.json() if answer.content else None

    async def _post(self, path: str, **body: Any) -> Any:
        return await self._ask("POST", path, body)

    async def _items(self, path: str, **query: str) -> list[dict[str, Any]]:
        """Return all items of a list, page after page."""
        found: list[dict[str, Any]] = []
        headers = await self._headers()
        while True:
            page = (await self.api.ask("GET", path, headers=headers, query=query)).json()
            if isinstance(page, list):
                return page
            found += page["items"]
            if not page.get("next"):
                return found
            query["cursor"] = str(page["next"])

    async def reads(self, case: Case, what: Reading) -> Access:
        """Try to read something of a case."""
        try:
            await self._ask("GET", _READINGS[what].format(case.id))
        except Refused as refused:
            if refused.status not in (403, 404, 410):
                raise
            return "erased" if refused.code == CaseErased.code else "refused"
        return "shown"

    async def sees_agreements(self, case: Case) -> dict[UUID | None, str]:
        """Return the state of each agreement, by its id."""
        items = await self._items(f"plans/cases/{case.id}/agreements")
        return {UUID(item["agreement_id"]): item["state"] for item in items}

    async def gives_scores(self, case: Case, *, meeting: int, plan: int, coordinator: int) -> None:
        """{me} gives the conference {meeting} of ten, the plan {plan}, and the coordinator {coordinator}."""
        scores = {"meeting": meeting, "plan": plan, "coordinator": coordinator}
        await self._ask("PUT", f"network/cases/{case.id}/survey", scores)

    async def withdraws(self, case: Case, *, reason: Annotated[str, AfterValidator(WithdrawReason)]) -> None:
        """{me} stops the case: everything about it ends here."""
        await self._post(f"intake/cases/{case.id}/withdraw", reason=reason)

    async def says_done(self, agreement: Agreement) -> None:
        """{me}: “{agreement}” is done."""
        await self._post(f"plans/agreements/{agreement.id}/done")

    async def checks_in(
        self, case: Case, kind: CheckInKind, decision: Decision = "continue", *, note: Words | None = None
    ) -> None:
        """{me} asks how it goes ({kind}): {decision}."""
        await self._records(case, kind, decision=decision, note=note)

    async def decides_to_meet(
        self, case: Case, kind: CheckInKind, *, another_coordinator: bool = False
    ) -> None:
        """{me} notes that the circle meets again."""
        await self._records(case, kind, decision="new-conference", another_coordinator=another_coordinator)

    async def _records(self, case: Case, kind: CheckInKind, **said: Any) -> None:
        items = await self._items(f"plans/cases/{case.id}/check-ins")
        waiting = [item for item in items if item["kind"] == kind and item["state"] not in _SETTLED]
        check = only(waiting, f"{self.first_name} sees no open {kind} check-in")["check_in_id"]
        await self._post(f"plans/check-ins/{check}/record", **said)

    async def _changes_baseline(self, case: Case, **changes: Any) -> None:
        path = f"intake/cases/{case.id}/baseline"
        read = await self._ask("GET", path)
        await self._ask("PUT", path, {"version": read["version"], **changes})

    async def _today(self) -> date:
        return (await self.api.watch.now()).astimezone(BRUSSELS).date()

    async def _refer(
        self, kind: Literal["professional", "self"], persons: Sequence[Referred], about: Referral
    ) -> Case:
        """Send a referral, by a professional for others or by somebody for themselves."""
        today = await self._today()
        entries = []
        for number, each in enumerate(persons, start=1):
            person = each.person
            entry = fields_of(each, "role", "relation", "side", "parental_authority")
            consent = {"referral": each.agrees, "date": today}
            entries.append(
                {
                    **person.contact,
                    **entry,
                    "birth_date": born(person, today),
                    "address": person.address,
                    "ref": f"p{number}",
                    "consent": consent,
                }
            )
        answer = await self._post("intake/referrals", **about, kind=kind, persons=entries)
        return Case(UUID(answer["referral_id"]))


def only(found: Sequence[Any], otherwise: str) -> Any:
    """Return the first result. Raises: WentWrong if there is none."""
    if not found:
        raise WentWrong(otherwise)
    return found[0]


def account_of(actor: Actor, organisation: Organisation | None, roles: Sequence[Role]) -> Account:
    """Return the account with which somebody who was entered signs in. Raises: WentWrong."""
    if actor.id is None:
        raise WentWrong(f"{actor.first_name} has not been entered")
    name, at = f"{actor.first_name} {actor.last_name}", organisation
    return Account(actor.id, name, at.id if at else None, at.name if at else "", [*roles])


def born(person: Actor, today: date) -> date | None:
    """Return a birth date: a person of 14 turned 14 some months ago."""
    age = person.age
    return None if age is None else today.replace(day=1, year=today.year - age) - timedelta(days=120)


def who(case: Case, ids: Sequence[str]) -> set[Actor]:
    """Return the people of a case who have these ids."""
    return {actor for actor in case.people if str(actor.id) in ids}


def hours_of(option: Mapping[str, Any]) -> Hours:
    """Return the hours of an option of a poll."""
    return Hours(datetime.fromisoformat(option["starts_at"]), datetime.fromisoformat(option["ends_at"]))


def answers(poll: Mapping[str, Any], yes: Sequence[Hours], maybe: Sequence[Hours]) -> dict[str, str]:
    """Return the answers to each date of a poll: all dates that are not named do not suit."""
    dates = {option["option_id"]: hours_of(option) for option in poll["options"]}
    if not {*yes, *maybe} <= {*dates.values()}:
        raise WentWrong("a date that is answered is not in the poll")
    return {key: "yes" if day in yes else "maybe" if day in maybe else "no" for key, day in dates.items()}
