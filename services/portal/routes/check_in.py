"""A check-in by the monitor, who asks around and records what the circle wants."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Items, Operation
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.people import PersonVisit, person
from services.portal.visits import Form, PageModel
from services.portal.wording import mark as _
from shared.events.plans import Decision
from shared.fields import Text

pages = Pages()


class ReviewAnswers(Answer):
    """How many want to meet again at a review, and the reader's own answer."""

    meet_again: int
    stay_apart: int
    another_coordinator: int
    without_coordinator: int = 0
    own: bool | None
    own_another_coordinator: bool
    own_without_coordinator: bool = False


class CheckIn(Answer):
    """A check-in; at a review the whole circle says whether to meet again."""

    check_in_id: UUID
    kind: str
    owner: str
    yours: bool
    state: str
    due_at: datetime | None
    review_answers: ReviewAnswers | None


CHECK_INS = Operation("plans", "GET", "/v1/cases/{case_id}/check-ins", Items[CheckIn])
RECORD = Operation("plans", "POST", "/v1/check-ins/{check_in_id}/record", Answer)
WAITS = frozenset({"due", "escalated"})
_AGES = {
    "four-weeks": _("Het plan is nu vier weken oud."),
    "three-months": _("Het plan is nu drie maanden oud."),
    "six-months": _("Het plan is nu een half jaar oud."),
    "twelve-months": _("Het plan is nu een jaar oud."),
    "review": _("Iemand vroeg om samen opnieuw naar het plan te kijken."),
}


def waiting(check_ins: list[CheckIn]) -> CheckIn | None:
    """Return the check that waits for the reader as the monitor, if any."""
    return next((each for each in check_ins if each.yours and each.state in WAITS), None)


class CheckInPage(PageModel):
    """The question, or that there is none."""

    id: UUID | None
    age: str


@pages.show("/me/check-in", person)
async def show(visit: PersonVisit) -> Response:
    """Ask how things are going."""
    found = waiting((await _all(visit)).items)
    age = "" if found is None else visit.say(_AGES.get(found.kind, ""))
    return visit.page("check_in.html", CheckInPage(id=found.check_in_id if found else None, age=age))


class CheckInForm(Form):
    """The circle's decision, and a note."""

    WANTED: ClassVar = {
        "decision": _("Kies wat de kring wil."),
        "check_in": _("Laad de pagina opnieuw."),
    }

    check_in: str
    decision: Literal[Decision, "another-coordinator"]
    note: Text | None = None


def decided(choice: str) -> dict[str, str | bool]:
    """Return the meaning of a choice on the page: meeting again may be with another coordinator."""
    if choice == "another-coordinator":
        return {"decision": "new-conference", "another_coordinator": True}
    return {"decision": choice}


@pages.send("/me/check-in", person)
async def record(visit: PersonVisit) -> Response:
    """Send the circle's decision."""
    form = visit.read(CheckInForm)
    body = {**decided(form.decision), "note": form.note}
    await visit.ask(RECORD, body=body, check_in_id=read_id(form.check_in))
    meets = form.decision in ("new-conference", "another-coordinator")
    return visit.go(f"/me/thanks/check-in-{'meet' if meets else form.decision}")


async def _all(visit: PersonVisit) -> Items[CheckIn]:
    return await visit.ask_or(CHECK_INS, Items[CheckIn](items=[]), case_id=visit.person.case_id)
