"""What people do and see, by role and in the words of the field. Stories are written in this; a hand plays it.

Verbs are declared here and have no body: `Story` gives each to the `Hand`. One whose docstring names {me} is a step:
that sentence, filled in with the arguments and {result}, is what the player shows. The others only look.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, Protocol, TypedDict
from uuid import UUID

from deploy.demo.values import (
    Access,
    ConferenceView,
    Hours,
    Judgement,
    Organisation,
    Reading,
    RequestKind,
    Venue,
    Wishes,
    Words,
)
from services.intake.domain.codes import Side
from services.plans.domain import Decision
from shared.auth import Role
from shared.events.network import AttendanceMode, PersonRole
from shared.events.plans import CheckInKind


@dataclass(eq=False)
class Case:
    """A case, from its referral on; ids are known once there is what they name. `people`: who took part so far."""

    referral_id: UUID
    id: UUID | None = None
    plan_id: UUID | None = None
    people: "set[Actor]" = field(default_factory=set)


@dataclass(eq=False)
class Session:
    """A session of a course. `people`: who registered so far, with the ids of their registrations."""

    course_id: UUID
    id: UUID
    people: "dict[Actor, UUID]" = field(default_factory=dict)


@dataclass(frozen=True)
class Referred:
    """Somebody named in a referral."""

    person: "Person"
    relation: Words | None = None
    role: Literal["central", "representative", "circle"] = "central"
    side: Side | None = None
    parental_authority: bool | None = None
    agrees: bool = True


@dataclass(frozen=True)
class Attendance:
    """How somebody took part in a conference, and when they came later or left earlier."""

    person: "Person"
    mode: AttendanceMode = "in-person"
    came: bool = True
    arrived_at: datetime | None = None
    left_at: datetime | None = None


@dataclass(eq=False)
class Agreement:
    """What was agreed; `name` stands for it in what the player shows."""

    name: str
    what: Words
    who: "Sequence[Person]"
    due: date
    by: Literal["network", "professional"] = "network"
    known_done_how: Words | None = None
    id: UUID | None = None


@dataclass(frozen=True)
class PlanB:
    """What is done if things go otherwise, and by whom."""

    when: Words
    then: Words
    who: "Person"


@dataclass(eq=False)
class Transfer:
    """A transfer in a bank's statement: with free text, or the structured communication of the payer's last email."""

    payer: "Person"
    iban: Words
    text: Words | None = None
    id: UUID | None = None


# What people see; an expectation names only the fields that matter to it.


class CaseView(TypedDict, total=False):
    """A case as staff see it."""

    state: str
    coordinator: "Actor | None"


class CircleView(TypedDict, total=False):
    """The people of a case as the coordinator sees them: how many, and who has not answered the invitation."""

    total: int
    widened: int
    invited: int
    said_yes: int
    silent: "set[Actor]"


class PollView(TypedDict, total=False):
    """A date poll as the coordinator sees it. `answers`: how many said yes, maybe and no, by date."""

    best: Hours | None
    silent: "set[Actor]"
    answers: dict[Hours, tuple[int, int, int]]


@dataclass(eq=False, kw_only=True)
class Actor:
    """Somebody who can do something; `language` is what their emails are written in."""

    first_name: Words = field(kw_only=False)
    last_name: Words = field(kw_only=False)
    email: Words | None = field(default=None, kw_only=False)
    phone: Words | None = None
    language: str = "nl"
    id: UUID | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Join the story."""

    async def reads(self, case: Case, what: Reading) -> Access:
        """Try to read something of a case."""

    async def sees_agreements(self, case: Case) -> dict[UUID | None, str]:
        """Return what became of each agreement, by its id."""

    async def withdraws(self, case: Case, *, reason: str) -> None:
        """{me} stops the case: everything about it ends here."""

    async def says_done(self, agreement: Agreement) -> None:
        """{me}: “{agreement}” is done."""

    async def checks_in(
        self, case: Case, kind: CheckInKind, decision: Decision = "continue", *, note: Words | None = None
    ) -> None:
        """{me} asks how it goes ({kind}): {decision}."""


@dataclass(eq=False, kw_only=True)
class Staff(Actor):
    """Somebody who works for an organisation and has an account."""

    organisation: Organisation
    roles: Sequence[Role]

    async def refers(
        self,
        *persons: Referred,
        question: Words,
        themes: Sequence[str],
        languages: Sequence[str] = ("nl",),
        wishes: Wishes | None = None,
        bottom_lines: Sequence[Words] = (),
        resources: Words | None = None,
        summary: Words | None = None,
        mandated: Organisation | None = None,
    ) -> Case:
        """{me} refers {persons}, in {languages}."""

    async def accepts(self, case: Case) -> None:
        """{me} takes the referral on: a case opens."""

    async def sees(self, case: Case) -> CaseView:
        """Look how the case stands."""

    async def opens_file(self, case: Case, *, reason: Words) -> None:
        """{me} opens the file for some hours, and says why."""

    async def accepts_plan(self, case: Case, *lines: Judgement) -> str:
        """{me} looks at the bottom lines, one by one: the plan is {result}."""

    async def approves_request(self, person: "Person", kind: RequestKind) -> None:
        """{me} approves what {person} asked of their data ({kind})."""

    async def erases(self, case: Case, *, because: Literal["asked", "entered-by-mistake"]) -> None:
        """{me} erases the case."""

    async def offers_course(self, title: str, *, language: str = "nl", audience: str | None = None) -> UUID:
        """{me} announces “{title}”."""

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

    async def imports_statement(self, *transfers: Transfer, account_iban: str) -> list[str]:
        """{me} imports the bank's statement: {result}."""

    async def sees_suggestion(self, transfer: Transfer) -> UUID | None:
        """Return the registration that is first suggested for a payment."""

    async def confirms_payment(self, transfer: Transfer, registration: UUID) -> None:
        """{me} confirms whose payment it is: {transfer}'s."""

    async def sees_registrations(self, session: Session) -> "dict[Actor, str]":
        """Return how each registration stands."""


@dataclass(eq=False, kw_only=True)
class Coordinator(Actor):
    """A citizen who prepares conferences; `tied_to` names organisations they are not independent of."""

    languages: Sequence[str] = ("nl",)
    gender: str | None = None
    cultures: Sequence[str] = ()
    tied_to: Sequence[Organisation] = ()

    async def accepts_offer(self, case: Case, *, no_conflict: bool = True) -> None:
        """{me} was asked, has no ties to anyone concerned, and accepts."""

    async def declines_offer(self, case: Case, *, reason: str) -> None:
        """{me} was asked, and declines ({reason})."""

    async def contacts(self, case: Case, *people: "Person", channel: str, purpose: str) -> None:
        """{me} was in touch with {people} ({channel})."""

    async def records_baseline(self, case: Case, *questions: Words) -> None:
        """{me} writes down the questions for the circle."""

    async def adds(
        self,
        case: Case,
        person: "Person",
        relation: Words,
        *,
        proposed_by: "Person",
        side: Side = "other",
        role: PersonRole = "circle",
    ) -> None:
        """{me} adds {person} ({relation}) to the circle, {proposed_by}'s idea."""

    async def confirms(self, person: "Person") -> None:
        """{me} confirms {person}."""

    async def invites_all(self, case: Case, *, include_central: bool = False) -> int:
        """{me} invites {result} people, each personally."""

    async def notes_answer(self, case: Case, person: "Person", answer: Literal["yes", "no"]) -> None:
        """{me} notes that {person} says {answer}."""

    async def declares_circle_ready(self, case: Case, *required: "Person") -> None:
        """{me} declares the circle ready; it needs {required}."""

    async def sees_circle(self, case: Case) -> CircleView:
        """Look who belongs to the case."""

    async def opens_poll(self, case: Case, *options: Hours) -> None:
        """{me} asks the circle about {options}."""

    async def notes_dates(
        self, case: Case, person: "Person", *, yes: Sequence[Hours], maybe: Sequence[Hours] = ()
    ) -> None:
        """{me} notes when {person} can come."""

    async def sees_poll(self, case: Case) -> PollView:
        """Look how the date poll stands."""

    async def schedules_best(self, case: Case, venue: Venue) -> None:
        """{me} sets the date that suits best."""

    async def postpones(self, case: Case, *, reason: str) -> None:
        """{me} postpones the conference ({reason})."""

    async def cancels_conference(self, case: Case, *, reason: str) -> None:
        """{me} cancels the conference ({reason})."""

    async def sees_conference(self, case: Case) -> ConferenceView:
        """Look how the latest conference stands."""

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

    async def records_plan(
        self,
        case: Case,
        *agreements: Agreement,
        goals: Sequence[Words],
        plan_b: Sequence[PlanB] = (),
        monitor: "Person",
        review: date,
        without_meeting: bool = False,
    ) -> None:
        """{me} records the circle's plan: {agreements}; {monitor} watches over it."""

    async def shares_plan(self, case: Case, *organisations: Organisation) -> None:
        """{me} shares the plan with the whole circle."""


@dataclass(eq=False, kw_only=True)
class Person(Actor):
    """Somebody without an account, who acts behind the personal link in their latest email; `age` at the start."""

    age: int | None = None
    address: Words | None = None
    organisation: Words | None = None

    async def asks_for_conference(
        self,
        *,
        question: Words,
        themes: Sequence[str],
        languages: Sequence[str] = ("nl",),
        wishes: Wishes | None = None,
    ) -> Case:
        """{me} asks for a conference, and needs nobody to be referred."""

    async def answers_invitation(
        self, answer: Literal["yes", "no"], *, mode: AttendanceMode = "in-person"
    ) -> None:
        """{me} says {answer}, behind the personal link."""

    async def proposes(self, case: Case, person: "Person", relation: Words, *, side: Side = "other") -> None:
        """{me} proposes {person} ({relation}) for the circle."""

    async def answers_poll(self, *, yes: Sequence[Hours], maybe: Sequence[Hours] = ()) -> None:
        """{me} says which dates suit."""

    async def asks_for_data(self, kind: RequestKind, *, text: Words | None = None) -> None:
        """{me} asks of their data: {kind}."""

    async def reads_copy(self) -> tuple[str, str]:
        """Read everything that is kept about them, as data and as a page."""

    async def registers(self, session: Session) -> str:
        """{me} registers: {result}."""


class Hand(Protocol):
    """One way of playing people: through the APIs, or in a browser."""

    @property
    def asked(self) -> Sequence[str]:
        """Return every address that was asked for, with its query, as a proxy's log would have it."""

    async def register(
        self,
        organisations: Sequence[Organisation],
        actors: Sequence[Actor],
        policies: Mapping[str, Mapping[str, str]],
    ) -> None:
        """Register organisations, staff and coordinators, and set the tenant's policies by service."""

    async def play(self, verb: str, me: Actor, given: Mapping[str, Any]) -> Any:
        """Do what a verb of an actor's class says, with these arguments, and return what that verb returns.

        Raises: Refused, WentWrong.
        """
