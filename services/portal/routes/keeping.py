"""How long files are kept: upcoming erasures, holds, erasures in progress, and erasing a case."""

import asyncio
from datetime import date, datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import BeforeValidator, StringConstraints
from starlette.responses import Response

from services.portal.client import Answer, Items, Operation
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.routes.colleagues import GONE, names_of_staff
from services.portal.routes.of_case import case_of
from services.portal.staff import StaffVisit, section, staff
from services.portal.staff_words import SERVICES_ABOUT
from services.portal.visits import Form, PageModel
from services.portal.wording import mark as _
from shared.auth import Role
from shared.fields import Text

pages = Pages()
LIST = "/privacy/files"
_officer = staff(Role.DPO)
section(LIST, _("Bewaren en wissen"), Role.DPO)


class Ending(Answer):
    """A file that will be erased."""

    case_id: UUID
    kind: str
    erased_after: datetime


class Kept(Answer):
    """Until when a file is kept."""

    kind: str
    keep_until: date
    held: bool


class Hold(Answer):
    """A hold on a file."""

    hold_id: UUID
    case_id: UUID
    reason: str | None
    until: date | None
    set_by: UUID
    set_at: datetime


class Confirmation(Answer):
    """Whether a service has erased."""

    service: str
    confirmed_at: datetime | None


class Erasure(Answer):
    """The progress of an erasure."""

    subject_id: UUID
    kind: str
    reason: str
    state: str
    asked_at: datetime
    due_at: datetime | None
    services: list[Confirmation]


ENDING = Operation("intake", "GET", "/v1/retention", Items[Ending])
HOLDS = Operation("intake", "GET", "/v1/holds", Items[Hold])
LIFT = Operation("intake", "POST", "/v1/holds/{hold_id}/lift", Answer)
SET_HOLD = Operation("intake", "POST", "/v1/cases/{case_id}/holds", Answer)
KEPT = Operation("intake", "GET", "/v1/cases/{case_id}/retention", Kept)
RECOMPUTE = Operation("intake", "POST", "/v1/cases/{case_id}/retention", Answer)
ERASE_CASE = Operation("intake", "POST", "/v1/cases/{case_id}/erase", Answer)
ERASURE_OF_CASE = Operation("intake", "GET", "/v1/cases/{case_id}/erasure", Erasure)
ERASURES = tuple(
    Operation(service, "GET", "/v1/erasures", Items[Erasure]) for service in ("intake", "network", "training")
)

FILES = {
    "youth": _("over iemand die minderjarig was"),
    "adult": _("van een zaak over volwassenen"),
    "plan-without-meeting": _("van een plan zonder bijeenkomst"),
    "referral": _("van een aanmelding die geen zaak werd"),
}
ERASED = {
    "case": _("Een zaak"),
    "person": _("Iemand van een kring"),
    "staff": _("Een medewerker"),
    "coordinator": _("Een coördinator"),
    "registration": _("Een inschrijving"),
}
ERASURE_REASONS = {
    "asked": _("omdat iemand het vroeg"),
    "retention": _("omdat de bewaartijd om was"),
    "entered-by-mistake": _("omdat het bij vergissing was ingevoerd"),
}
ERASURE_STATES = {"running": _("bezig"), "late": _("te laat"), "done": _("gewist")}


class ShownEnding(PageModel):
    """A file that will be erased, in a table."""

    case_id: UUID
    kind: str
    day: str


class ShownHold(PageModel):
    """A hold in a table."""

    id: UUID
    case_id: UUID
    reason: str
    until: str | None
    by: str
    since: str


class ShownErasure(PageModel):
    """An erasure in a table."""

    id: UUID
    what: str
    reason: str
    since: str
    state: str
    late: bool
    waits: str


# An id that somebody typed or pasted.
Number = Annotated[UUID, BeforeValidator(lambda given: given.strip())]


class FileForm(Form):
    """The number of a case."""

    WANTED: ClassVar = {
        "case": _("Dat is geen nummer van een zaak. Het staat onderaan op de pagina van de zaak.")
    }

    case: Number


class FilesPage(PageModel):
    """What will be erased, what is held, what is being erased."""

    endings: list[ShownEnding]
    more_endings: str | None
    holds: list[ShownHold]
    more_holds: str | None
    erasures: list[ShownErasure]


class FilePage(PageModel):
    """One file: until when it is kept, and the progress of its erasure."""

    id: str
    kind: str | None
    until: str | None
    held: bool
    erasure: ShownErasure | None
    reasons: list[tuple[str, str, None]]


@pages.show(LIST, _officer)
async def show_all(visit: StaffVisit) -> Response:
    """Show what is kept, held and erased."""
    endings, holds, names, erasures = await asyncio.gather(
        visit.ask(ENDING, query={"limit": "30", **visit.turned_to("endings")}),
        visit.ask(HOLDS, query={"limit": "30", **visit.turned_to("holds")}),
        names_of_staff(visit),
        asyncio.gather(*(visit.ask(each, query={"limit": "30"}) for each in ERASURES)),
    )
    dates, gone = await visit.dates(), visit.say(GONE)
    begun = [each for listed in erasures for each in listed.items]
    # Unfinished ones come first: somebody must act on them.
    begun.sort(key=lambda each: (each.state != "done", each.asked_at), reverse=True)
    model = FilesPage(
        endings=[
            ShownEnding(
                case_id=each.case_id,
                kind=visit.word(FILES, each.kind),
                day=dates.day(each.erased_after),
            )
            for each in endings.items
        ],
        more_endings=visit.next_page(endings.next, "endings"),
        holds=[
            ShownHold(
                id=each.hold_id,
                case_id=each.case_id,
                reason=each.reason or "",
                until=None if each.until is None else dates.day(each.until),
                by=names.get(each.set_by, gone),
                since=dates.day(each.set_at),
            )
            for each in holds.items
        ],
        more_holds=visit.next_page(holds.next, "holds"),
        erasures=[await shown_erasure(visit, each) for each in begun[:60]],
    )
    return visit.page("files.html", model)


async def shown_erasure(visit: StaffVisit, each: Erasure) -> ShownErasure:
    """Return the progress of an erasure, in words."""
    dates = await visit.dates()
    return ShownErasure(
        id=each.subject_id,
        what=visit.word(ERASED, each.kind),
        reason=visit.word(ERASURE_REASONS, each.reason),
        since=dates.day(each.asked_at),
        state=visit.word(ERASURE_STATES, each.state),
        late=each.state == "late",
        waits=visit.listed(
            visit.word(SERVICES_ABOUT, part.service) for part in each.services if part.confirmed_at is None
        ),
    )


@pages.send(LIST, _officer, shown_by=show_all)
async def choose(visit: StaffVisit) -> Response:
    """Lift a hold, or go to the file with a number."""
    if "lift" not in visit.form:
        return visit.go(f"{LIST}/{visit.read(FileForm).case}")
    await visit.ask(LIFT, hold_id=read_id(visit.form["lift"]))
    return visit.go(LIST)


@pages.show(f"{LIST}/{{case_id}}", _officer)
async def show(visit: StaffVisit) -> Response:
    """Show until when a file is kept, and what can be done about it."""
    until = visit.ask_or(KEPT, None, case_id=case_of(visit))
    progress = visit.ask_or(ERASURE_OF_CASE, None, case_id=case_of(visit))
    kept, erasure = await asyncio.gather(until, progress)
    dates = await visit.dates()
    model = FilePage(
        id=case_of(visit),
        kind=None if kept is None else visit.word(FILES, kept.kind),
        until=None if kept is None else dates.day(kept.keep_until),
        held=kept is not None and kept.held,
        erasure=None if erasure is None else await shown_erasure(visit, erasure),
        reasons=[
            (code, visit.say(text), None) for code, text in ERASURE_REASONS.items() if code != "retention"
        ],
    )
    return visit.page("file.html", model)


class HoldForm(Form):
    """Why a file is kept, and until when."""

    WANTED: ClassVar = {
        "reason": _("Schrijf waarom dit dossier bewaard moet blijven."),
        "until": _("Schrijf de laatste dag, of laat dit leeg."),
    }

    reason: Annotated[Text, StringConstraints(min_length=3)]
    until: date | None = None


class EraseForm(Form):
    """Why a file is erased."""

    WANTED: ClassVar = {
        "erasure_reason": _("Kies waarom."),
        "understood": _("Zet hier een vinkje als je weet wat er gebeurt."),
    }

    erasure_reason: Literal["asked", "entered-by-mistake"]
    understood: str


@pages.send(f"{LIST}/{{case_id}}", _officer)
async def act(visit: StaffVisit) -> Response:
    """Hold a file, recompute its time, or erase it."""
    match visit.form.get("do"):
        case "erase":
            form = visit.read(EraseForm)
            await visit.ask(ERASE_CASE, body={"reason": form.erasure_reason}, case_id=case_of(visit))
        case "recompute":
            await visit.ask(RECOMPUTE, case_id=case_of(visit))
        case _:
            body = visit.read(HoldForm).model_dump(mode="json", exclude_none=True)
            await visit.ask(SET_HOLD, body=body, case_id=case_of(visit))
            return visit.go(LIST)
    return visit.go(f"{LIST}/{case_of(visit)}")
