"""Referrals: their progress for the referrer, and those that await a decision of the regional manager."""

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import model_validator
from starlette.responses import Response

from services.portal.client import Answer, Items, NamedAnswer, Operation
from services.portal.codes import THEMES
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.road import CASE, Case
from services.portal.routes.cases import CASES
from services.portal.routes.refer import WISHED, names_of
from services.portal.staff import StaffVisit, section, staff
from services.portal.staff_words import ONLY_OF_WHO_DECLINES, REFERRAL_REASONS, REFERRED_AS
from services.portal.visits import Form, PageModel
from services.portal.wording import Dates
from services.portal.wording import mark as _
from shared.auth import Role
from shared.http_client import Query

pages = Pages()


class Referral(Answer):
    """A referral in a list."""

    referral_id: UUID
    state: str
    kind: str
    track: str
    themes: list[str]
    minors: bool
    case_id: UUID | None
    created_at: datetime
    decide_by: datetime | None
    also_referred: list[UUID]


class Person(NamedAnswer):
    """Somebody whom a referral names."""

    role: str
    birth_date: date | None
    email: str | None
    phone: str | None
    address: str | None
    relation: str | None
    erased: bool


class Wishes(Answer):
    """What is wished of a coordinator."""

    gender: str | None
    culture: str | None


class ReferralDetail(Referral):
    """A whole referral."""

    question: str
    summary: str | None
    languages: list[str]
    wishes: Wishes
    bottom_lines: list[str]
    resources: str | None
    persons: list[Person]
    reason: str | None


class Started(Answer):
    """The case that a referral became."""

    case_id: UUID


REFERRALS = Operation("intake", "GET", "/v1/referrals", Items[Referral])
REFERRAL = Operation("intake", "GET", "/v1/referrals/{referral_id}", ReferralDetail)
ACCEPT = Operation("intake", "POST", "/v1/referrals/{referral_id}/accept", Started)
DECLINE = Operation("intake", "POST", "/v1/referrals/{referral_id}/decline", Answer)
WITHDRAW = Operation("intake", "POST", "/v1/referrals/{referral_id}/withdraw", Answer)

section("/referrals", _("Aanmeldingen"), Role.REFERRER, Role.REGIONAL_MANAGER)
_readers = staff(Role.REFERRER, Role.REGIONAL_MANAGER)

_KINDS = {
    "professional": _("Hulpverlener"),
    "self": _("Iemand voor zichzelf"),
    "acquaintance": _("Een bekende"),
}
_PROGRESS = {
    "received": _("Wacht op een beslissing"),
    "declined": _("Niet aanvaard"),
    "withdrawn": _("Ingetrokken"),
    "erased": _("Gewist"),
    "coordinator": _("We zoeken een coördinator"),
    "follow-up": _("Het plan is er, we volgen een jaar op"),
    "next-step": _("Er is nog geen plan"),
    "open": _("De coördinator is aan het werk"),
    "paused": _("Staat even stil"),
    "closed": _("Afgerond"),
    "stopped": _("Gestopt"),
    "accepted": _("Aanvaard"),
}
_NEXT = {
    "received": _("De regiomanager leest de aanmelding en beslist. Je krijgt een mail."),
    "coordinator": _("We vragen coördinatoren die passen. Wie ja zegt, neemt contact op met het gezin."),
    "open": _(
        "De coördinator praat met het gezin en brengt de kring samen. Je krijgt een mail als er een plan is."
    ),
    "follow-up": _("Eigenaars van het plan zijn de mensen zelf. Wij vragen hen een jaar lang hoe het gaat."),
    "next-step": _("De regiomanager bekijkt met de familie hoe het verder gaat."),
    "paused": _("Er loopt nu geen termijn. De coördinator weet wanneer het verdergaat."),
}
# A manager decides, and gets no mails about plans.
_NEXT_OF_MANAGER = {
    "received": _("Lees de aanmelding en beslis onderaan. De verwijzer krijgt een mail."),
    "open": _("De coördinator praat met het gezin en brengt de kring samen."),
}


class Row(PageModel):
    """A referral in a table."""

    id: UUID
    sent: str
    kind: str
    urgent: bool
    themes: str
    minors: bool
    progress: str
    decide_by: str | None
    late: bool
    known: bool


class ReferralsPage(PageModel):
    """Referrals: those that await the manager's decision, or the reader's own."""

    decides: bool
    refers: bool
    waiting: bool
    rows: list[Row]
    more: str | None


def _progress(referral: Referral, case: Case | None) -> str:
    if case is None:
        return referral.state
    if case.state == "withdrawn":
        return "stopped"
    return case.waits_for or case.state if case.state == "open" else case.state


def _row(visit: StaffVisit, each: Referral, case: Case | None, dates: Dates, now: datetime) -> Row:
    return Row(
        id=each.referral_id,
        sent=dates.day(each.created_at),
        kind=visit.word(_KINDS, each.kind),
        urgent=each.track == "urgent",
        themes=", ".join(visit.word(THEMES, theme) for theme in each.themes if theme in THEMES),
        minors=each.minors,
        progress=visit.word(_PROGRESS, _progress(each, case)),
        decide_by=dates.until(each.decide_by) if each.decide_by else None,
        late=each.decide_by is not None and each.decide_by < now,
        known=bool(each.also_referred),
    )


@pages.show("/referrals", _readers)
async def show_all(visit: StaffVisit) -> Response:
    """List what awaits a decision, the oldest first; for a referrer their own, the newest first."""
    decides = visit.has(Role.REGIONAL_MANAGER)
    waiting = decides and visit.request.query_params.get("show") != "all"
    narrowed = {"state": "received", "oldest_first": "true"} if waiting else {}
    listed = await visit.ask(REFERRALS, query={**narrowed, **visit.turned_to()})
    started = [str(each.case_id) for each in listed.items if each.case_id]
    asked: Query = {"case_id": started, "limit": str(len(started))}
    cases = (await visit.ask(CASES, query=asked)).items if started else []
    known = {case.case_id: case for case in cases}
    dates, now = await visit.dates(), await visit.parts.clock.now()
    model = ReferralsPage(
        decides=decides,
        refers=visit.has(Role.REFERRER),
        waiting=waiting,
        rows=[
            _row(visit, each, known.get(each.case_id) if each.case_id else None, dates, now)
            for each in listed.items
        ],
        more=visit.next_page(listed.next, **({} if waiting else {"show": "all"})),
    )
    return visit.page("referrals.html", model)


class ReferralPage(PageModel):
    """A referral: its content, its state, and what can be done with it."""

    id: UUID
    row: Row
    next: str | None
    question: str
    summary: str | None
    spoken: str
    wished: str
    culture: str | None
    bottom_lines: list[str]
    resources: str | None
    persons: list[tuple[str, list[tuple[str, str]]]]
    missing: list[str]
    also_referred: list[UUID]
    reason: str | None
    reasons: list[tuple[str, str]]
    decides: bool
    waits: bool
    case_id: UUID | None


def _id(visit: StaffVisit) -> str:
    return read_id(visit.request.path_params["referral_id"])


@pages.show("/referrals/{referral_id}", _readers)
async def show(visit: StaffVisit) -> Response:
    """Show a referral to its author, and to those who decide on it."""
    found = await visit.ask(REFERRAL, referral_id=_id(visit))
    case: Case | None = None
    if found.case_id is not None:
        case = await visit.ask_or(CASE, case, case_id=found.case_id)
    dates, now = await visit.dates(), await visit.parts.clock.now()
    progress, decides = _progress(found, case), visit.has(Role.REGIONAL_MANAGER)
    following = {**_NEXT, **_NEXT_OF_MANAGER} if decides else _NEXT
    model = ReferralPage(
        id=found.referral_id,
        row=_row(visit, found, case, dates, now),
        next=visit.say(following[progress]) if progress in following else None,
        question=found.question,
        summary=found.summary,
        spoken=names_of(visit, found.languages),
        wished=visit.word(WISHED, found.wishes.gender or ""),
        culture=found.wishes.culture,
        bottom_lines=found.bottom_lines,
        resources=found.resources,
        persons=[
            (visit.word(REFERRED_AS, each.role), _said_of(visit, each, dates)) for each in found.persons
        ],
        also_referred=found.also_referred,
        missing=[visit.say(text) for text in _missing(found)],
        reason=visit.word(REFERRAL_REASONS, found.reason) if found.reason in REFERRAL_REASONS else None,
        reasons=[(code, visit.say(text)) for code, text in REFERRAL_REASONS.items()],
        decides=decides,
        waits=found.state == "received",
        case_id=found.case_id,
    )
    return visit.page("referral.html", model)


def _said_of(visit: StaffVisit, person: Person, dates: Dates) -> list[tuple[str, str]]:
    if person.erased:
        return [(visit.say(_("Naam")), visit.say(_("gewist")))]
    return [
        (visit.say(_("Naam")), person.name),
        (visit.say(_("Geboortedatum")), dates.day(person.birth_date) if person.birth_date else ""),
        (visit.say(_("Telefoon")), person.phone or ""),
        (visit.say(_("Mailadres")), person.email or ""),
        (visit.say(_("Adres")), person.address or ""),
        (visit.say(_("Wie dit is")), person.relation or ""),
    ]


def _missing(found: ReferralDetail) -> list[str]:
    """Return what a coordinator would have to ask first."""
    present = [each for each in found.persons if not each.erased]
    central = [each for each in present if each.role == "central"]
    lacks = []
    if not any(each.phone or each.email for each in present):
        lacks.append(_("Van niemand is een telefoonnummer of mailadres bekend."))
    if any(each.birth_date is None for each in central):
        lacks.append(_("Een geboortedatum ontbreekt: we weten niet of het om een minderjarige gaat."))
    if not any(each.address for each in central):
        lacks.append(_("Er is geen adres: we weten niet welke coördinator dichtbij woont."))
    return lacks


class DecisionForm(Form):
    """A manager's decision; a refusal has a reason."""

    WANTED: ClassVar = {
        "": _("Kies waarom. De verwijzer leest dat."),
        "decision": _("Kies of jullie deze aanmelding aanvaarden."),
    }

    decision: Literal["accept", "decline"]
    reason: str | None = None

    @model_validator(mode="after")
    def _says_why_not(self) -> "DecisionForm":
        if self.decision == "decline" and self.reason is None:
            raise ValueError("no reason")
        return self


@pages.send("/referrals/{referral_id}", staff(Role.REGIONAL_MANAGER), shown_by=show)
async def decide(visit: StaffVisit) -> Response:
    """Accept a referral, or decline it with a reason."""
    form = visit.read(DecisionForm)
    if form.decision == "accept":
        started = await visit.ask(ACCEPT, referral_id=_id(visit))
        return visit.go(f"/cases/{started.case_id}/search")
    await visit.ask(DECLINE, body={"reason": form.reason}, referral_id=_id(visit))
    return visit.go("/referrals")


class WithdrawPage(PageModel):
    """Why a referral is withdrawn."""

    id: str
    reasons: list[tuple[str, str, None]]


class WithdrawForm(Form):
    """Why."""

    WANTED: ClassVar = {"reason": _("Kies wat het best past.")}

    reason: str


@pages.show("/referrals/{referral_id}/withdraw", _readers)
async def show_withdrawal(visit: StaffVisit) -> Response:
    """Ask why."""
    reasons = [
        (code, visit.say(text), None)
        for code, text in REFERRAL_REASONS.items()
        if visit.has(Role.REGIONAL_MANAGER) or code not in ONLY_OF_WHO_DECLINES
    ]
    return visit.page("referral_withdraw.html", WithdrawPage(id=_id(visit), reasons=reasons))


@pages.send("/referrals/{referral_id}/withdraw", _readers)
async def withdraw(visit: StaffVisit) -> Response:
    """Withdraw a referral before a decision."""
    form = visit.read(WithdrawForm)
    await visit.ask(WITHDRAW, body={"reason": form.reason}, referral_id=_id(visit))
    return visit.go(f"/referrals/{_id(visit)}")
