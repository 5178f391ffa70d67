"""The survey: three scores on the conference, the plan and the coordinator, behind a link or on a case."""

from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field
from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.pages import Pages
from services.portal.people import PersonVisit, person
from services.portal.routes.of_case import case_of
from services.portal.staff import StaffVisit, staff
from services.portal.visits import Form, PageModel, Unacceptable, Visit
from services.portal.wording import mark as _
from shared.auth import Role

pages = Pages()
_WHO = staff(Role.REFERRER)


class OwnSurvey(Answer):
    """The open survey, and the reader's answer."""

    group: str
    closes_at: datetime | None
    answered: bool
    meeting: int | None
    plan: int | None
    coordinator: int | None


SURVEY = Operation("network", "GET", "/v1/cases/{case_id}/survey", OwnSurvey)
ANSWER_SURVEY = Operation("network", "PUT", "/v1/cases/{case_id}/survey", Answer)
_QUESTIONS = {
    "meeting": _("Wat vind je van de conferentie?"),
    "plan": _("Wat vind je van het plan?"),
    "coordinator": _("Wat vind je van de coördinator?"),
}
_QUESTIONS_FOR_CHILDREN = {
    "meeting": _("Hoe was het toen iedereen samenkwam?"),
    "plan": _("Wat vind je van het plan?"),
    "coordinator": _("Hoe was de coördinator voor jou?"),
}
_BEST, _WORST = _("10: heel goed"), _("1: helemaal niet goed")
_NO_ANSWER, _UNSURE = _("Geen antwoord"), _("Weet ik niet")
# Smileys instead of numbers; each is drawn.
_FACES = {
    10: _("Heel goed"),
    8: _("Goed"),
    6: _("Gaat wel"),
    4: _("Niet zo goed"),
    2: _("Helemaal niet goed"),
}


class Question(PageModel):
    """One question with its options, and the earlier answer."""

    name: str
    text: str
    options: list[tuple[str, str, None]]
    chosen: str


class SurveyPage(PageModel):
    """The questions; none if nothing is asked (any more)."""

    back: str
    faces: bool
    questions: list[Question]
    answered: bool
    until: str | None


Score = Annotated[int, Field(ge=1, le=10)]


class SurveyForm(Form):
    """The reader's answer."""

    WANTED: ClassVar = dict.fromkeys(_QUESTIONS, _("Kies een van de antwoorden."))

    meeting: Score | None = None
    plan: Score | None = None
    coordinator: Score | None = None


@pages.show("/me/survey", person)
async def show(visit: PersonVisit) -> Response:
    """Ask a person of the circle; opening the page answers nothing."""
    return await _show(visit, visit.person.case_id, "/me")


@pages.send("/me/survey", person)
async def answer(visit: PersonVisit) -> Response:
    """Send the answer of a person of the circle."""
    await _answer(visit, visit.person.case_id)
    return visit.go("/me/thanks/survey")


@pages.show("/cases/{case_id}/survey", _WHO)
async def show_to_referrer(visit: StaffVisit) -> Response:
    """Ask the referring professional."""
    case_id = case_of(visit)
    return await _show(visit, case_id, f"/cases/{case_id}")


@pages.send("/cases/{case_id}/survey", _WHO)
async def answer_of_referrer(visit: StaffVisit) -> Response:
    """Send the answer of the referring professional."""
    case_id = case_of(visit)
    await _answer(visit, case_id)
    return visit.go(f"/cases/{case_id}")


async def survey_of(visit: StaffVisit, case_id: UUID) -> OwnSurvey | None:
    """Return the survey of the referring professional, None for anybody else."""
    if not visit.has(Role.REFERRER):
        return None
    found = await visit.ask_or(SURVEY, None, case_id=case_id)
    return found  # noqa: RET504 - typed by its assignment


async def _show(visit: Visit, case_id: object, back: str) -> Response:
    found = await visit.ask_or(SURVEY, None, case_id=case_id)
    dates = await visit.dates()
    faces = found is not None and found.group == "child"
    model = SurveyPage(
        back=back,
        faces=faces,
        questions=[] if found is None else _questions(visit, found, faces=faces),
        answered=found is not None and found.answered,
        until=dates.day(found.closes_at) if found is not None and found.closes_at else None,
    )
    return visit.page("survey.html", model)


def _questions(visit: Visit, found: OwnSurvey, *, faces: bool) -> list[Question]:
    numbers = {number: str(number) for number in range(9, 1, -1)}
    words = _FACES if faces else {10: _BEST, **numbers, 1: _WORST}
    options = [("", visit.say(_UNSURE if faces else _NO_ANSWER), None)]
    options += [(str(number), visit.say(text), None) for number, text in words.items()]
    return [
        Question(
            name=name,
            text=visit.say(text),
            options=options,
            chosen=str(getattr(found, name) or ""),
        )
        for name, text in (_QUESTIONS_FOR_CHILDREN if faces else _QUESTIONS).items()
    ]


async def _answer(visit: Visit, case_id: object) -> None:
    scores: dict[str, Any] = visit.read(SurveyForm).model_dump()
    if not any(scores.values()):
        raise Unacceptable({"meeting": _("Beantwoord minstens één vraag.")})
    await visit.ask(ANSWER_SURVEY, body=scores, case_id=case_id)
