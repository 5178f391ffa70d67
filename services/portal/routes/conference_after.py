"""Recording what happened at a conference: who was there, when, and the outcome."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.pages import Pages
from services.portal.routes.case_news import News, news_of
from services.portal.routes.conference import AFTERWARDS, Attending, attending
from services.portal.routes.of_case import case_of, everyone, latest, moment
from services.portal.staff import StaffVisit, staff
from services.portal.visits import PageModel, Unacceptable
from services.portal.wording import mark as _
from shared.auth import Role

pages = Pages()

HOLD = Operation("scheduling", "POST", "/v1/conferences/{conference_id}/hold", Answer)
_COORDINATOR = staff(Role.COORDINATOR)


class AfterPage(PageModel):
    """What is recorded when the day is over."""

    case_id: str
    ready: bool
    done: bool
    when: str | None
    people: list[Attending]
    news: list[News]
    modes: list[tuple[str, str]]
    day: str
    hours: dict[str, str]


# The order of the three parts, and the field of each border between them.
_BORDERS = ("begins", "private_begins", "private_ends", "ends")


@pages.show("/cases/{case_id}/conference/after", _COORDINATOR)
async def after(visit: StaffVisit) -> Response:
    """Ask who was there and how it ended; what was expected is filled in."""
    case_id = case_of(visit)
    conference, people = await asyncio.gather(latest(visit, case_id), everyone(visit, case_id))
    dates = await visit.dates()
    starts, ends = (conference.starts_at, conference.ends_at) if conference else (None, None)
    calendar = visit.profile.calendar
    hours = dict.fromkeys(_BORDERS, "")
    if starts and ends:
        quarter = (ends - starts) / 4
        borders = (starts, starts + quarter, ends - quarter, ends)
        hours = {
            name: calendar.local(each).strftime("%H:%M") for name, each in zip(_BORDERS, borders, strict=True)
        }
    page = AfterPage(
        case_id=case_id,
        ready=conference is not None and conference.state == "scheduled",
        done=conference is not None and conference.state == "held",
        when=dates.period(starts, ends) if starts and ends else None,
        people=attending(visit, dates, conference, people),
        news=await news_of(visit, conference),
        modes=[(code, visit.say(label)) for code, label in AFTERWARDS.items()],
        day=calendar.day_of(starts).isoformat() if starts else "",
        hours=hours,
    )
    return visit.page("case_after.html", page)


# Modes of taking part, for choices that say more than that.
_MEANING: dict[str, dict[str, Any]] = {
    "absent": {"came": False},
    "walked-out": {"mode": "in-person", "walked_out": True},
    "no-show": {"mode": "in-person", "came": False},
    "views": {"mode": "absent", "came": False, "views_beforehand": True},
}
_OUTCOMES = ("plan", "no-plan", "continued")


@pages.send("/cases/{case_id}/conference/after", _COORDINATOR)
async def hold(visit: StaffVisit) -> Response:
    """Record who was there, the times of the parts, and whether there is a plan."""
    case_id = case_of(visit)
    conference, people = await asyncio.gather(latest(visit, case_id), everyone(visit, case_id))
    errors: dict[str, str] = {}
    outcome = visit.form.get("outcome", "")
    if outcome not in _OUTCOMES:
        errors["outcome"] = _("Zeg of er een plan is.")
    borders = _borders(visit)
    if borders is None:
        errors["begins"] = _("Vul de uren in zoals ze na elkaar kwamen.")
    attendance = [
        {"person_id": str(each), "mode": mode, "came": True, **_MEANING.get(mode, {})}
        for each in people
        if (mode := visit.form.get(f"came-{each}", "")) in AFTERWARDS
    ]
    for each in attendance:
        each.update(_presence(visit, each, borders or [], errors))
    if not attendance:
        errors[""] = _("Zeg wie er was.")
    if errors or conference is None or borders is None:
        raise Unacceptable(errors)
    body: dict[str, Any] = {"attendance": attendance, "parts": _parts(borders), "outcome": outcome}
    if called := visit.form.get("return_called"):
        body["return_called_by_circle"] = called == "yes"
    body["incident"] = visit.form.get("incident") == "yes"
    await visit.ask(HOLD, body=body, conference_id=conference.conference_id)
    following = {"plan": "plan", "continued": "dates"}.get(outcome, "conference")
    return visit.go(f"/cases/{case_id}/{following}")


def _borders(visit: StaffVisit) -> list[datetime] | None:
    """Return when the three parts begin and the last ends; a conference may last past midnight."""
    day = visit.form.get("day", "")
    borders: list[datetime] = []
    for name in _BORDERS:
        at = moment(visit, day, visit.form.get(name, ""))
        if at is None:
            return None
        if borders and at < borders[-1]:
            at += timedelta(days=1)
        borders.append(at)
    return borders


def _presence(
    visit: StaffVisit, person: dict[str, Any], borders: list[datetime], errors: dict[str, str]
) -> dict[str, str]:
    """Return when somebody came later or left earlier, as far as it was filled in."""
    found: dict[str, datetime] = {}
    for name in ("arrived", "left"):
        field = f"{name}-{person['person_id']}"
        hour = visit.form.get(field, "").strip()
        if not hour:
            continue
        at = moment(visit, visit.form.get("day", ""), hour)
        if at is None:
            errors[field] = _("Vul een uur in, zoals 15:30.")
        elif not person["came"]:
            errors[field] = _("Een uur kan alleen bij wie er was.")
        elif borders:
            the_day_after = at + timedelta(days=1)
            found[name] = the_day_after if at < borders[0] and the_day_after <= borders[-1] else at
            if found[name] < found.get("arrived", found[name]):
                errors[field] = _("Dit is vroeger dan het uur waarop deze persoon kwam.")
    return {f"{name}_at": at.isoformat() for name, at in found.items()}


def _parts(borders: list[datetime]) -> dict[str, dict[str, str]]:
    """Return the three parts, one after another."""
    begins, private, presentation, ends = (each.isoformat() for each in borders)
    return {
        "information": {"from": begins, "to": private},
        "private": {"from": private, "to": presentation},
        "presentation": {"from": presentation, "to": ends},
    }
