"""Steps of training: courses and sessions, registrations, and payments from a bank's statement."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, field_validator, model_validator

from deploy.demo import camt
from deploy.demo.failures import WentWrong
from deploy.demo.keys import LabelKey, PersonKey, StaffKey
from deploy.demo.moments import DayTime, Span
from deploy.demo.steps.base import Part, Step
from deploy.demo.words import Words
from shared.auth import Role

if TYPE_CHECKING:
    from deploy.demo.stage import Scene, Stage

Euro = Annotated[str, Field(pattern=r"^\d{1,6}\.\d{2}$")]


class OfferCourse(Step, name="offer-course"):
    """A trainer describes a course."""

    course: LabelKey
    title: str
    audience: str | None = None
    language: str = "nl"
    registration: Literal["here", "elsewhere"] = "here"
    external_url: str | None = None

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Describe it."""
        asker = stage.asker(stage.with_role(Role.TRAINER, scene), scene)
        body = self.model_dump(exclude={"course"}, exclude_none=True)
        answer = await stage.api.post("training", "/v1/courses", asker, body)
        scene.courses[self.course] = UUID(answer["course_id"])
        return f"{asker.name} announces “{self.title}”."


class PlanSession(Step, name="plan-session"):
    """A trainer plans a session of a course."""

    session: LabelKey
    course: LabelKey
    on: Span
    place: str
    capacity: int = Field(ge=1)
    price: Euro = "0.00"
    vat: str = "exempt-art44"
    account_iban: str | None = None
    account_name: str | None = None

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Plan it."""
        asker = stage.asker(stage.with_role(Role.TRAINER, scene), scene)
        begin, end = self.on.since(stage.start)
        body: dict[str, Any] = {"starts_at": begin, "ends_at": end}
        fields = ("place", "capacity", "price", "vat", "account_iban", "account_name")
        body |= {name: value for name in fields if (value := getattr(self, name)) is not None}
        course = scene.find(scene.courses, self.course, "course")
        answer = await stage.api.post("training", f"/v1/courses/{course}/sessions", asker, body)
        scene.sessions[self.session] = UUID(answer["session_id"])
        price = "free" if Decimal(self.price) == 0 else f"EUR {self.price}"
        return f"A session on day {self.on.day}: {self.capacity} places, {price}."


class InvoiceTo(Part):
    """Who pays instead of the participant."""

    name: Words
    kbo_number: str | None = None
    email: Words | None = None


class Register(Step, name="register"):
    """Somebody registers for a session; `state` says what that must be at once."""

    who: PersonKey
    session: LabelKey
    state: Literal["awaiting-payment", "waitlisted", "confirmed"]
    invoice_to: InvoiceTo | None = None

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Register them, without any account."""
        person = stage.story.people[self.who]
        fields = ("first_name", "last_name", "email", "phone", "organisation", "language")
        body: dict[str, Any] = {
            name: value for name in fields if (value := getattr(person, name)) is not None
        }
        if self.invoice_to is not None:
            body["invoice_to"] = self.invoice_to.model_dump(exclude_none=True)
        session = scene.find(scene.sessions, self.session, "session")
        path = f"/v1/sessions/{session}/registrations"
        answer = await stage.api.post("training", path, stage.open_door(scene), body)
        if answer["state"] != self.state:
            raise WentWrong(f"{person.first_name}'s registration is {answer['state']}, and not {self.state}")
        if (answer.get("payment") is not None) != (self.state == "awaiting-payment"):
            raise WentWrong(f"a registration that is {self.state} speaks of payment: {answer.get('payment')}")
        scene.registrations[self.who] = UUID(answer["registration_id"])
        scene.session_of[self.who] = self.session
        state = {"awaiting-payment": "and is asked to pay", "waitlisted": "and waits for a place"}
        return f"{person.first_name} registers {state.get(self.state, 'and is confirmed at once')}."


class Paid(Part):
    """One transfer on the statement: with the structured communication of somebody's letter, or with free text."""

    by: PersonKey
    name: LabelKey | None = None
    amount: Euro = "20.00"
    iban: Words
    payer: Words | None = None
    with_communication: bool = False
    text: Words | None = None
    on: DayTime | None = None
    expect: Literal["matched", "suggested", "unmatched", "duplicate"] = "matched"

    @field_validator("iban")
    @classmethod
    def _valid(cls, value: str) -> str:
        from stdnum import iban

        if not iban.is_valid(value):
            raise ValueError("is no valid IBAN")
        return value

    @model_validator(mode="after")
    def _either(self) -> "Paid":
        if self.with_communication == (self.text is not None):
            raise ValueError("a transfer has with_communication: true, or a text")
        return self


class ImportPayments(Step, name="import-payments"):
    """Finance imports the bank's statement (a CAMT.053 file, made here from the transfers below)."""

    by: StaffKey
    session: LabelKey
    account_iban: str
    account_name: str
    payments: tuple[Paid, ...] = Field(min_length=1)
    twice: bool = False

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Make the file, import it (`twice`: again, and nothing may change), and see what became of each transfer."""
        scene.find(scene.sessions, self.session, "session")
        scene.statements += 1
        now = await stage.now()
        await stage.mailbox.look()
        content = camt.statement(
            [self._transfer(paid, stage, now) for paid in self.payments],
            iban=self.account_iban,
            owner=self.account_name,
            made_at=now,
            number=scene.statements,
        )
        asker = stage.asker(self.by, scene)
        answer = await stage.api.send("POST", "training", "/v1/statements", asker, content=content)
        if self.twice:
            again = await stage.api.send("POST", "training", "/v1/statements", asker, content=content)
            if again["payments"] != answer["payments"]:
                raise WentWrong("the same statement imported twice gave other payments the second time")
        if len(answer["payments"]) != len(self.payments):
            raise WentWrong(f"{len(answer['payments'])} payments were read, and not {len(self.payments)}")
        for paid, payment in zip(self.payments, answer["payments"], strict=True):
            if payment["state"] != paid.expect:
                raise WentWrong(
                    f"{stage.first(paid.by)}'s payment is {payment['state']}, and not {paid.expect}"
                )
            scene.payments[paid.name or paid.by] = UUID(payment["payment_id"])
        states = ", ".join(f"{stage.first(paid.by)}'s is {paid.expect}" for paid in self.payments)
        return f"{asker.name} imports the bank's statement{' (twice)' if self.twice else ''}: {states}."

    @staticmethod
    def _transfer(paid: Paid, stage: "Stage", now: datetime) -> camt.Transfer:
        communication = None
        if paid.with_communication:
            asked = [letter.communication for letter in stage.letters_to(paid.by) if letter.communication]
            if not asked:
                raise WentWrong(
                    f"{stage.first(paid.by)} has received no letter with a structured communication"
                )
            communication = asked[-1]
        person = stage.story.people[paid.by]
        return camt.Transfer(
            payer=paid.payer or person.name,
            payer_iban=paid.iban,
            amount=Decimal(paid.amount),
            booked_on=stage.day(paid.on) if paid.on else now.date(),
            communication=communication,
            text=paid.text,
        )


class ConfirmPayment(Step, name="confirm-payment"):
    """Finance says to which registration a payment belongs that the platform only suggested."""

    by: StaffKey
    payment: LabelKey
    registration: PersonKey
    suggested: bool = True

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Look at the suggestions, and match it."""
        payment = scene.find(scene.payments, self.payment, "payment")
        registration = scene.find(scene.registrations, self.registration, "registration")
        asker = stage.asker(self.by, scene)
        if self.suggested:
            items = await stage.api.items("training", "/v1/payments", asker, state="suggested")
            found = [item for item in items if item["payment_id"] == str(payment)]
            best = (
                found[0]["suggestions"][0]["registration_id"]
                if found and found[0].get("suggestions")
                else None
            )
            if best != str(registration):
                raise WentWrong(
                    f"{stage.first(self.registration)}'s registration is not the first suggestion"
                )
        path = f"/v1/payments/{payment}/match"
        await stage.api.post("training", path, asker, {"registration_id": registration})
        return f"{asker.name} sees that it is {stage.first(self.registration)}'s payment, and confirms it."


class CancelRegistration(Step, name="cancel-registration"):
    """A registration is cancelled."""

    who: PersonKey
    by: StaffKey

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Cancel it."""
        registration = scene.find(scene.registrations, self.who, "registration")
        await stage.api.post(
            "training", f"/v1/registrations/{registration}/cancel", stage.asker(self.by, scene)
        )
        return f"{stage.first(self.who)}'s registration is cancelled."
