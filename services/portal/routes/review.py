"""The review of the plan: everybody in the circle says whether they want to meet again."""

from typing import ClassVar, Literal
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Items, Operation
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.people import PersonVisit, person
from services.portal.routes.check_in import CHECK_INS, WAITS, CheckIn
from services.portal.visits import Form, PageModel
from services.portal.wording import mark as _

pages = Pages()

ANSWER_REVIEW = Operation("plans", "PUT", "/v1/check-ins/{check_in_id}/review-answer", Answer)


def open_review(check_ins: list[CheckIn]) -> CheckIn | None:
    """Return the current review, if there is one."""
    return next(
        (each for each in check_ins if each.review_answers and each.state in {*WAITS, "planned"}), None
    )


class ReviewPage(PageModel):
    """The question, and the reader's earlier answer; no id if nothing is asked."""

    id: UUID | None
    said: str | None


@pages.show("/me/review", person)
async def show(visit: PersonVisit) -> Response:
    """Ask whether to meet again."""
    listed = await visit.ask_or(CHECK_INS, Items[CheckIn](items=[]), case_id=visit.person.case_id)
    found = open_review(listed.items)
    return visit.page("review.html", ReviewPage(id=found.check_in_id if found else None, said=_said(found)))


def _said(review: CheckIn | None) -> str | None:
    answers = review.review_answers if review else None
    if answers is None or answers.own is None:
        return None
    if answers.own_another_coordinator:
        return "another-coordinator"
    if answers.own_without_coordinator:
        return "by-ourselves"
    return "meet" if answers.own else "stay"


class ReviewForm(Form):
    """The reader's answer."""

    WANTED: ClassVar = {"answer": _("Kies wat jij wil."), "check_in": _("Laad de pagina opnieuw.")}

    check_in: str
    answer: Literal["stay", "by-ourselves", "meet", "another-coordinator"]


@pages.send("/me/review", person)
async def answer(visit: PersonVisit) -> Response:
    """Send the reader's answer."""
    form = visit.read(ReviewForm)
    body = {
        "meet_again": form.answer != "stay",
        "another_coordinator": form.answer == "another-coordinator",
        "without_coordinator": form.answer == "by-ourselves",
    }
    await visit.ask(ANSWER_REVIEW, body=body, check_in_id=read_id(form.check_in))
    return visit.go("/me/thanks/review-answer")
