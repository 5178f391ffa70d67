"""To-dos as pages show them: in words, whose turn it is, and the page on which each is done."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.portal import permissions, todos
from services.portal.models import Todo
from services.portal.staff import StaffVisit
from services.portal.staff_words import LATE_REASONS
from services.portal.visits import PageModel
from services.portal.wording import mark as _
from shared.auth import Role

# By kind of clock: what must be done. Kinds that are missing get the last sentence.
TO_DO: dict[str, str] = {
    "referral": _("Beslissen over een aanmelding"),
    "offer": _("Antwoorden of je een zaak opneemt"),
    "allocation": _("Een aanmelding een coördinator geven"),
    "coordinator-search": _("Zelf een coördinator zoeken: niemand nam de zaak op"),
    "conference-target": _("Zorgen dat de conferentie er komt"),
    "first-contact": _("Kennismaken met de familie"),
    "baseline-talk": _("De vragen en ondergrenzen bespreken met de verwijzer"),
    "baseline-told": _("De kring de vragen vertellen"),
    "circle-ready": _("De kring samenbrengen"),
    "conference-date": _("Een dag vastleggen"),
    "late-news": _("De kring iets nieuws vertellen, of de dag verzetten"),
    "conference-reminder": _("De kring herinneren aan de dag"),
    "conference-outcome": _("Noteren hoe de conferentie ging"),
    "key-person-out": _(
        "Iemand die erbij moet zijn, komt niet: de dag verzetten, of zeggen dat hij doorgaat"
    ),
    "next-step": _("Met de familie bekijken hoe het verder gaat"),
    "invitation": _("Bellen met wie nog niet antwoordde"),
    "proposal": _("Beslissen over wie voorgesteld is voor de kring"),
    "unreachable-person": _("Iemand bereiken bij wie geen mail aankomt"),
    "poll": _("De vraag over de dagen afsluiten"),
    "poll-answered": _("Een dag kiezen: iedereen antwoordde"),
    "agreement": _("Een afspraak uit het plan"),
    "agreement-slips": _("Vragen wat er nodig is voor een afspraak die niet lukt"),
    "agreement-lapse": _("Een afspraak die vervalt"),
    "agreement-grace": _("Een afspraak uit het plan die te laat is"),
    "check-in": _("Vragen hoe het met het plan gaat"),
    "review": _("Binnenkort kijkt de kring opnieuw naar het plan"),
    "written-plan": _("Het plan van de kring uitschrijven"),
    "referrer-call": _("Bellen met de verwijzer: hoe gaat het?"),
    "plan-amendment": _("Met de kring kijken naar wat nog niet aanvaard is"),
    "plan-adjust": _("Het plan aanpassen, zoals de kring wil"),
    "own-meeting": _("Vragen wat ervan kwam toen de kring zelf samenkwam"),
    "plan-acceptance": _("Zeggen of het plan aanvaard is"),
    "follow-up": _("De opvolging afronden"),
    "survey-opening": _("De kring vragen hoe de conferentie was"),
    "survey": _("De antwoorden over de conferentie optellen"),
    "data-request": _("Antwoorden op een vraag over gegevens"),
    "data-request-copy": _("Een kopie van gegevens klaarmaken"),
    "data-request-erasure": _("Gegevens wissen waar iemand om vroeg"),
    "retention": _("Beslissen of een dossier gewist wordt"),
    "hold": _("Nakijken of een dossier nog bewaard moet blijven"),
    "erasure": _("Nakijken waarom wissen te lang duurt"),
    "payment": _("Een betaling opvolgen"),
    "payments-to-settle": _("Betalingen afhandelen die op iemand wachten"),
    "statement": _("Een rekeninguittreksel inlezen"),
    "turns-7": _("Een kind wordt zeven: het plan mag voortaan later opnieuw bekeken worden"),
    "turns-12": _("Iemand wordt twaalf: vraag het ook aan die persoon zelf"),
    "turns-18": _("Iemand wordt achttien: vraag het aan die persoon zelf"),
}
GIVE_REASON = _("Waarom werd het later?")
CHANGE_REASON = _("De reden veranderen")
SOMETHING_TO_DO = _("Iets dat op een antwoord wacht")
YOU = _("jij")
TURNS: dict[str, str] = {
    "coordinator": _("de coördinator"),
    "regional-manager": _("de regiomanager"),
    "administrator": _("de beheerder"),
    "referrer": _("de verwijzer"),
    "dpo": _("de functionaris voor gegevensbescherming"),
    "finance": _("de boekhouding"),
    "trainer": _("de trainer"),
    "ops": _("wie het platform draait"),
    "circle": _("de kring"),
    "network": _("de kring"),
    "monitor": _("wie een oogje houdt op het plan"),
    "professional": _("een hulpverlener"),
    "person": _("iemand van de kring"),
}
_CASES = (Role.COORDINATOR, Role.REGIONAL_MANAGER, Role.REFERRER)
# By kind of clock: the page on which it is done, and its readers. Kinds that are missing lead to the case's page.
DONE_AT: dict[str, tuple[str, tuple[Role, ...]]] = {
    "offer": ("/offers/{subject}", (Role.COORDINATOR,)),
    "referral": ("/referrals/{subject}", (Role.REGIONAL_MANAGER,)),
    "coordinator-search": ("/cases/{case_id}/search", (Role.REGIONAL_MANAGER,)),
    "invitation": ("/cases/{case_id}/circle", (Role.COORDINATOR,)),
    "unreachable-person": ("/cases/{case_id}/circle", (Role.COORDINATOR,)),
    "proposal": ("/cases/{case_id}/circle", (Role.COORDINATOR,)),
    "first-contact": ("/cases/{case_id}/circle", (Role.COORDINATOR,)),
    "baseline-talk": ("/cases/{case_id}/baseline", (Role.COORDINATOR,)),
    "baseline-told": ("/cases/{case_id}/conference", (Role.COORDINATOR,)),
    "circle-ready": ("/cases/{case_id}/circle", (Role.COORDINATOR,)),
    "conference-date": ("/cases/{case_id}/dates", (Role.COORDINATOR,)),
    "late-news": ("/cases/{case_id}/conference/news", (Role.COORDINATOR,)),
    "conference-outcome": ("/cases/{case_id}/conference/after", (Role.COORDINATOR,)),
    "key-person-out": ("/cases/{case_id}/conference", (Role.COORDINATOR,)),
    "next-step": ("/cases/{case_id}/conference", (Role.COORDINATOR,)),
    "poll": ("/cases/{case_id}/dates", (Role.COORDINATOR,)),
    "poll-answered": ("/cases/{case_id}/dates", (Role.COORDINATOR,)),
    "agreement": ("/cases/{case_id}/check-ins", (Role.COORDINATOR,)),
    "agreement-grace": ("/cases/{case_id}/check-ins", (Role.COORDINATOR,)),
    "agreement-slips": ("/cases/{case_id}/check-ins", (Role.COORDINATOR, Role.REGIONAL_MANAGER)),
    "check-in": ("/cases/{case_id}/check-ins", (Role.COORDINATOR, Role.REGIONAL_MANAGER)),
    "review": ("/cases/{case_id}/check-ins", (Role.COORDINATOR, Role.REGIONAL_MANAGER)),
    "own-meeting": ("/cases/{case_id}/check-ins", (Role.COORDINATOR, Role.REGIONAL_MANAGER)),
    "written-plan": ("/cases/{case_id}/plan/write", (Role.COORDINATOR,)),
    "referrer-call": ("/cases/{case_id}/referrer-call", (Role.COORDINATOR, Role.REGIONAL_MANAGER)),
    "plan-amendment": ("/cases/{case_id}/plan", (Role.COORDINATOR,)),
    "plan-adjust": ("/cases/{case_id}/plan/write", (Role.COORDINATOR,)),
    "plan-acceptance": ("/cases/{case_id}/acceptance", (Role.REFERRER,)),
    "payments-to-settle": ("/payments", (Role.FINANCE,)),
    "statement": ("/payments", (Role.FINANCE,)),
    "data-request": ("/privacy/requests/{subject}", (Role.DPO, Role.REGIONAL_MANAGER)),
    "data-request-copy": ("/privacy/requests/{subject}", (Role.DPO, Role.REGIONAL_MANAGER)),
    "data-request-erasure": ("/privacy/requests/{subject}", (Role.DPO, Role.REGIONAL_MANAGER)),
    "retention": ("/privacy/files/{subject}", (Role.DPO,)),
    "hold": ("/privacy/files", (Role.DPO,)),
    "erasure": ("/privacy/files", (Role.DPO,)),
}
CASE = ("/cases/{case_id}", _CASES)
# Only a coordinator writes a plan: in a case without one, a manager searches one for it.
_WRITTEN = frozenset({"plan-adjust", "plan-amendment", "written-plan"})
_SEARCH = ("/cases/{case_id}/search", (Role.REGIONAL_MANAGER,))


class ShownTodo(PageModel):
    """What must be done, by whom, by when.

    `case`: what tells its case apart from others, and its page if the reader may open it. `times`: how many are done on
    the same page, such as a call to each who did not answer; the most urgent of them is shown.
    """

    what: str
    case: tuple[str, str | None] | None
    times: int
    yours: bool
    turn: str
    due: str
    late: bool
    paused: bool
    over: bool
    path: str | None
    # Why it became late, if somebody said so; and for who may say so, the page for that and the text of its link.
    late_reason: str | None
    give_reason: tuple[str, str] | None


async def shown(
    visit: StaffVisit, rows: Sequence[Todo], cases: Mapping[UUID, str] | None = None
) -> list[ShownTodo]:
    """Return to-dos in the reader's words, in the given order; `cases`: what tells each case apart, if that is of use.

    Those of one case that are the same work are one.
    """
    dates, now = await visit.dates(), await visit.parts.clock.now()
    reader = visit.principal
    case_ids = {row.case_id for row in rows if row.case_id is not None}
    coordinated = await todos.coordinated(visit.session, reader, case_ids=case_ids)
    found: dict[tuple[Any, ...], ShownTodo] = {}
    times: Counter[tuple[Any, ...]] = Counter()
    for row in rows:
        yours = permissions.is_turn_of(reader, row, coordinates=coordinated)
        one = ShownTodo(
            what=visit.say(TO_DO.get(row.kind, SOMETHING_TO_DO)),
            case=_case_of(visit, row, cases or {}),
            times=1,
            yours=yours,
            turn=visit.say(YOU if yours else TURNS.get(row.owner, row.owner)),
            due=dates.until(row.due_at),
            late=is_late(row, now),
            paused=row.state == "paused",
            over=row.state == "stopped",
            path=path_of(visit, row),
            late_reason=visit.word(LATE_REASONS, row.late_reason) if row.late_reason else None,
            give_reason=(f"/late/{row.id}", visit.say(CHANGE_REASON if row.late_reason else GIVE_REASON))
            if row.breached_at is not None and permissions.may_explain(reader, row, coordinates=coordinated)
            else None,
        )
        same = (
            row.kind,
            row.case_id or row.id,
            one.turn,
            one.late,
            one.paused,
            one.over,
            one.path,
            one.late_reason,
        )
        found.setdefault(same, one)
        times[same] += 1
    return [one.model_copy(update={"times": times[same]}) for same, one in found.items()]


def _case_of(visit: StaffVisit, row: Todo, cases: Mapping[UUID, str]) -> tuple[str, str | None] | None:
    if row.case_id is None or row.case_id not in cases:
        return None
    path, readers = CASE
    return cases[row.case_id], path.format(case_id=row.case_id) if visit.has(*readers) else None


def is_late(row: Todo, now: datetime) -> bool:
    """Tell whether the due day has passed; a paused one is never late."""
    return row.state == "breached" or (row.state == "running" and row.due_at < now)


def path_of(visit: StaffVisit, row: Todo) -> str | None:
    """Return the page on which a reader does something; None if it is not theirs, or has no page."""
    searched = row.kind in _WRITTEN and row.owner == "regional-manager"
    places = [_SEARCH if searched else DONE_AT.get(row.kind), CASE if row.case_id is not None else None]
    mine = (pattern for pattern, roles in filter(None, places) if visit.has(*roles))
    return next((pattern.format(subject=row.subject, case_id=row.case_id) for pattern in mine), None)
