"""A person's consents: each question in its own words, yes or no, withdrawn at any time."""

import asyncio
from datetime import datetime
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Items, Operation
from services.portal.pages import Pages
from services.portal.people import PersonVisit, person
from services.portal.visits import PageModel, Unacceptable
from services.portal.wording import mark as _

pages = Pages()


class Said(Answer):
    """A person's latest answer."""

    given: bool


class Concerned(Answer):
    """The person a question is about."""

    person_id: UUID
    first_name: str | None


class Question(Answer):
    """A question to a person."""

    purpose: str
    concerns: Concerned | None
    version: int
    title: str
    body: str
    language: str
    said: Said | None
    stale: bool


class Before(Answer):
    """An earlier answer."""

    purpose: str
    concerns: UUID | None
    given: bool
    recorded_at: datetime
    via: str


CONSENTS = Operation("network", "GET", "/v1/me/consents", Items[Question])
RECORD = Operation("network", "PUT", "/v1/me/consents/{purpose}", Answer)
HISTORY = Operation("network", "GET", "/v1/me/consents/history", Items[Before])

ABOUT = {
    "referral": _("Aangemeld worden"),
    "file-access": _("Een dossier inkijken"),
    "taking-part": _("Meedoen aan de kring"),
    "mail": _("Mails van ons krijgen"),
    "share-plan": _("Het plan delen"),
    "research": _("Meewerken aan onderzoek"),
}

_BY = {
    "coordinator": _("genoteerd door de coördinator"),
    "referral": _("bij de aanmelding"),
}


class Asked(PageModel):
    """A question on the page."""

    field: str
    title: str
    body: str
    language: str
    about: str | None
    said: str | None
    changed: bool


class ConsentsPage(PageModel):
    """All questions."""

    questions: list[Asked]


class Answered(PageModel):
    """An earlier answer, in words."""

    about: str
    child: bool
    given: bool
    day: str
    by: str | None


class BeforePage(PageModel):
    """All answers, the newest first."""

    answers: list[Answered]
    more: str | None


def _field(question: Question) -> str:
    return f"{question.purpose}_{question.concerns.person_id if question.concerns else ''}_{question.version}"


async def _questions(visit: PersonVisit) -> list[Question]:
    return (await visit.ask(CONSENTS, query={"language": visit.language})).items


@pages.show("/me/consents", person)
async def show(visit: PersonVisit) -> Response:
    """Show a person's questions."""
    asked = await _questions(visit)
    model = ConsentsPage(
        questions=[
            Asked(
                field=_field(each),
                title=each.title,
                body=each.body,
                language=each.language,
                about=each.concerns.first_name if each.concerns else None,
                said=None if each.said is None else ("yes" if each.said.given else "no"),
                changed=each.stale,
            )
            for each in asked
        ]
    )
    return visit.page("consents.html", model)


@pages.send("/me/consents", person)
async def record(visit: PersonVisit) -> Response:
    """Send the answers to one question, or to all of them."""
    asked = {_field(each): each for each in await _questions(visit)}
    said = {name: word for name, word in visit.form.items() if name in asked and word in ("yes", "no")}
    if not said:
        raise Unacceptable({next(iter(asked), ""): _("Kies ja of nee bij minstens één vraag.")})
    for name, word in said.items():
        question = asked[name]
        if question.said is not None and not question.stale and question.said.given == (word == "yes"):
            continue
        body = {
            "given": word == "yes",
            "version": question.version,
            "language": question.language,
            "concerns": str(question.concerns.person_id) if question.concerns else None,
        }
        await visit.ask(RECORD, body=body, purpose=question.purpose)
    return visit.go("/me/thanks/consents")


@pages.show("/me/consents/before", person)
async def show_before(visit: PersonVisit) -> Response:
    """Show all earlier answers."""
    found, dates = await asyncio.gather(visit.ask(HISTORY, query=visit.turned_to()), visit.dates())
    model = BeforePage(
        answers=[
            Answered(
                about=visit.word(ABOUT, each.purpose),
                child=each.concerns is not None,
                given=each.given,
                day=dates.day(each.recorded_at),
                by=visit.word(_BY, each.via) if each.via in _BY else None,
            )
            for each in found.items
        ],
        more=visit.next_page(found.next),
    )
    return visit.page("consents_before.html", model)
