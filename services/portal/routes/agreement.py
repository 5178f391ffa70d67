"""Progress on agreements: a tap in an email opens this page with the answer chosen, but sends nothing.

The monitor and the central persons can change an agreement between two meetings.
"""

from collections.abc import Mapping
from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.forms import NotThere, read_id
from services.portal.pages import Pages
from services.portal.people import PersonVisit, person
from services.portal.routes.plan import DONE, Plan, may_change, plan_read_by
from services.portal.routes.plan_changes import names_known_to
from services.portal.visits import Form, MustGo, PageModel, Unacceptable, Visit
from services.portal.wording import mark as _
from shared.fields import Line, Text

pages = Pages()

CHANGE = Operation("plans", "POST", "/v1/agreements/{agreement_id}/changes", Answer)
NOTE_PROGRESS = Operation("plans", "POST", "/v1/agreements/{agreement_id}/progress", Answer)
ANSWERS = {
    "done": _("Het is gelukt"),
    "nearly": _("Het is bijna gelukt"),
    "not-yet": _("Nog niet"),
    "changed": _("Het is anders gelopen"),
    "help": _("Ik heb hulp nodig"),
}


class Promised(PageModel):
    """An agreement, and its due day."""

    id: UUID
    what: str
    due: str


class AgreementPage(PageModel):
    """The agreements on which the reader can report progress, earliest due first."""

    promises: list[Promised]
    answers: list[tuple[str, str, None]]
    chosen: str | None


@pages.show("/me/agreement", person)
async def show(visit: PersonVisit) -> Response:
    """Ask for progress on the agreement of an email, else on each; the answer that was tapped is chosen."""
    plan = await plan_read_by(visit)
    me, dates = visit.person.person_id, await visit.dates()
    promises = [
        Promised(id=each.agreement_id, what=each.what, due=dates.day(each.due_on))
        for each in sorted(plan.agreements if plan else [], key=lambda each: each.due_on)
        if each.state == "open" and plan and me in (*each.who_person_ids, plan.monitor_person_id)
    ]
    query = visit.request.query_params
    chosen, about = query.get("answer"), query.get("agreement")
    model = AgreementPage(
        promises=[each for each in promises if str(each.id) == about] or promises,
        answers=[(code, visit.say(label), None) for code, label in ANSWERS.items()],
        chosen=chosen if chosen in ANSWERS else None,
    )
    return visit.page("agreement.html", model)


class AgreementForm(Form):
    """Which agreement, and its progress."""

    WANTED: ClassVar = {"agreement": _("Kies waarover het gaat."), "answer": _("Kies hoe het gaat.")}

    agreement: str
    answer: Literal["done", "nearly", "not-yet", "changed", "help"]


@pages.send("/me/agreement", person)
async def answer(visit: PersonVisit) -> Response:
    """Send the progress."""
    form = visit.read(AgreementForm)
    agreement_id = read_id(form.agreement)
    if form.answer == "done":
        await visit.ask(DONE, agreement_id=agreement_id)
    else:
        await visit.ask(NOTE_PROGRESS, body={"progress": form.answer}, agreement_id=agreement_id)
    return visit.go(f"/me/thanks/{form.answer}")


class ChangeForm(Form):
    """The new agreement: what, by when, how it is seen, and why it changes."""

    WANTED: ClassVar = {
        "what": _("Schrijf op wat er nu afgesproken is."),
        "due": _("Zeg tegen welke dag."),
        "reason": _("Zeg waarom jullie iets anders afspreken."),
    }

    what: Text
    who_text: Line | None = None
    due: date
    how: Text | None = None
    reason: Text


class ChangePage(PageModel):
    """One agreement, to be changed."""

    what: str
    who: list[str]
    who_text: str
    due: str
    how: str
    plan_version: int
    people: list[tuple[str, str]]


def asked_to_change(
    visit: Visit, plan: Plan | None, agreement_id: str, names: Mapping[UUID, str], *, back: str
) -> ChangePage:
    """Return a form's change of the agreement that an address names.

    Raises: NotThere if it cannot be changed; MustGo `back` if somebody changed it while the reader wrote.
    """
    found = (each for each in (plan.agreements if plan else []) if str(each.agreement_id) == agreement_id)
    agreement = next(found, None)
    if plan is None or agreement is None or agreement.state not in ("open", "lapsed", "suspended"):
        raise MustGo(back) if visit.overtaken else NotThere
    unnamed = dict.fromkeys(agreement.who_person_ids, visit.say(_("iemand van de kring")))
    return ChangePage(
        what=agreement.what,
        who=[str(each) for each in agreement.who_person_ids],
        who_text=agreement.who_text or "",
        due=agreement.due_on.isoformat(),
        how=agreement.known_done_how or "",
        plan_version=plan.version,
        people=[(str(each), name) for each, name in {**unnamed, **names}.items()],
    )


async def change_as_sent(visit: Visit, agreement_id: str) -> None:
    """Change an agreement as a form says. Raises: Unacceptable."""
    form, who = visit.read(ChangeForm), [read_id(each) for each in visit.ticked("who")]
    if not who and form.who_text is None:
        raise Unacceptable({"who_text": _("Zeg wie dit doet.")})
    body = {
        "version": visit.version,
        "what": form.what,
        "who_person_ids": who,
        "who_text": form.who_text,
        "due_on": form.due.isoformat(),
        "known_done_how": form.how,
        "reason": form.reason,
    }
    await visit.ask(CHANGE, body=body, agreement_id=agreement_id)


@pages.show("/me/agreement/{agreement_id}", person)
async def ask_to_change(visit: PersonVisit) -> Response:
    """Ask for the new agreement."""
    plan = await plan_read_by(visit)
    if plan is None or not may_change(visit, plan):
        raise NotThere
    agreement_id = read_id(visit.request.path_params["agreement_id"])
    model = asked_to_change(visit, plan, agreement_id, await names_known_to(visit), back="/me/plan")
    return visit.page("agreement_change.html", model)


@pages.send("/me/agreement/{agreement_id}", person)
async def change(visit: PersonVisit) -> Response:
    """Change the agreement."""
    await change_as_sent(visit, read_id(visit.request.path_params["agreement_id"]))
    return visit.go("/me/thanks/agreement-changed")
