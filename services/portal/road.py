"""The road of a case: its steps in order, as done, current or later."""

import asyncio
from collections.abc import Awaitable, Container
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.portal.client import Answer, Items, Operation
from services.portal.more_time import MoreTimeGiven, more_time_of
from services.portal.staff import StaffVisit
from services.portal.visits import PageModel
from services.portal.wording import mark as _
from shared.auth import Role


class Case(Answer):
    """A case, without its people."""

    case_id: UUID
    referral_id: UUID
    coordinator_id: UUID | None
    state: str
    track: str
    themes: list[str]
    opened_at: datetime
    ended_at: datetime | None
    waits_for: str | None
    pause_reason: str | None
    paused_at: datetime | None
    minors: bool | None


class BottomLine(Answer):
    """A requirement of every plan."""

    bottom_line_id: UUID
    text: str


class Baseline(Answer):
    """The questions for the circle, and the bottom lines of every plan."""

    version: int
    questions: list[str]
    bottom_lines: list[BottomLine]
    resources: str | None


class InvitationState(Answer):
    """The state of an invitation."""

    answer: str | None


class Known(Answer):
    """A person of a case, for counting."""

    state: str
    invitation: InvitationState | None


class Meeting(Answer):
    """A conference, as far as the road of a case shows it."""

    conference_id: UUID
    conference_no: int
    state: str
    starts_at: datetime | None
    more_time: list[MoreTimeGiven]


class MeetingDay(Answer):
    """A day on which the circle meets or met, as the referrer of the case sees it."""

    conference_no: int
    on: date
    held: bool


class Plan(Answer):
    """A plan, as far as the road of a case shows it."""

    acceptance: str
    follow_up: str


CASE = Operation("intake", "GET", "/v1/cases/{case_id}", Case)
# Shown while nobody wrote anything, or to readers without access.
NO_BASELINE = Baseline(version=0, questions=[], bottom_lines=[], resources=None)
BASELINE = Operation("intake", "GET", "/v1/cases/{case_id}/baseline", Baseline)
KNOWN = Operation("network", "GET", "/v1/cases/{case_id}/persons", Items[Known])
MEETINGS = Operation("scheduling", "GET", "/v1/cases/{case_id}/conferences", Items[Meeting])
MEETING_DAYS = Operation("scheduling", "GET", "/v1/cases/{case_id}/meetings", Items[MeetingDay])
PLANS = Operation("plans", "GET", "/v1/cases/{case_id}/plans", Items[Plan])


class Step(PageModel):
    """A step of the road: its state, and the page on which it is taken."""

    name: str
    how: str
    words: list[str]
    path: str | None


# What the services know of the road of a case, each as far as the reader may know.
Knowledge = tuple[Items[Known], Items[Meeting], list[MeetingDay], Items[Plan], Baseline]


def knowledge_of(visit: StaffVisit, case_id: UUID) -> Awaitable[Knowledge]:
    """Return what the services know of a case's road, asked at once. What a reader may not know counts as absent."""
    none: Items[Any] = Items(items=[])
    return asyncio.gather(
        visit.ask_or(KNOWN, none, case_id=case_id),
        visit.ask_or(MEETINGS, none, case_id=case_id),
        _days(visit, case_id),
        visit.ask_or(PLANS, none, case_id=case_id),
        visit.ask_or(BASELINE, NO_BASELINE, case_id=case_id),
    )


async def road_of(visit: StaffVisit, case: Case, known: Knowledge, *, waiting: Container[str]) -> list[Step]:
    """Return the steps of a case in its newest round; `waiting`: the kinds of its live clocks."""
    people, meetings, days, plans, baseline = known
    newest = max(meetings.items, key=lambda each: each.conference_no, default=None)
    day = None if newest else max(days, key=lambda each: each.conference_no, default=None)
    if newest is not None:
        held = newest.state == "held" or (newest.state == "cancelled" and bool(plans.items))
    else:
        held = day.held if day is not None else bool(plans.items)
    dated = held or day is not None or (newest is not None and newest.state == "scheduled")
    gathered = held or ("circle-ready" not in waiting and (newest is not None or day is not None))
    here = f"/cases/{case.case_id}"
    # Coordinators prepare and follow up; referrers write the bottom lines, and judge plans by them.
    mine, theirs = visit.has(Role.COORDINATOR), visit.has(Role.REFERRER)
    circle, dates, day_itself, plan, year = (
        f"{here}/{page}" if mine else None for page in ("circle", "dates", "conference", "plan", "check-ins")
    )
    if theirs and not mine and plans.items:
        plan = f"{here}/acceptance"
    written = await visit.dates()
    when = written.time(newest.starts_at) if newest and newest.starts_at and dated else ""
    when = written.day(day.on) if day else when
    numbered = newest or day
    which = which_of(visit, numbered.conference_no) if numbered else None
    more_time = [] if held or newest is None else await more_time_of(visit, newest)
    steps: list[tuple[str, bool, list[str], str | None]] = [
        (
            _("Een coördinator"),
            case.coordinator_id is not None or case.waits_for in ("follow-up", "next-step"),
            [],
            None,
        ),
        (
            _("De vragen voor de kring"),
            bool(baseline.questions),
            [],
            f"{here}/baseline" if mine or theirs else None,
        ),
        (_("De kring"), gathered, _counted(visit, people), circle),
        (_("Een dag kiezen"), dated, [when] if when else [], dates),
        (_("De conferentie"), held, [*([which] if which else []), *more_time], day_itself),
        (_("Het plan"), bool(plans.items), [], plan),
        (_("Een jaar opvolgen"), case.state == "closed", [], year if plans.items else None),
    ]
    current = next((index for index, step in enumerate(steps) if not step[1]), len(steps))
    return [
        Step(
            name=visit.say(name),
            how="done" if done else "busy" if index == current and case.state == "open" else "later",
            words=words,
            path=path,
        )
        for index, (name, done, words, path) in enumerate(steps)
    ]


def which_of(visit: StaffVisit, number: int) -> str | None:
    """Return which conference of its case has a number; None for the first, which has no need of one."""
    return visit.say(_("Conferentie {number}")).format(number=number) if number > 1 else None


async def _days(visit: StaffVisit, case_id: UUID) -> list[MeetingDay]:
    """Return when the circle meets and met, for the referrer."""
    if not visit.has(Role.REFERRER):
        return []
    none: Items[MeetingDay] = Items(items=[])
    return (await visit.ask_or(MEETING_DAYS, none, case_id=case_id)).items


def _counted(visit: StaffVisit, people: Items[Known]) -> list[str]:
    """Return how many are in a circle, were invited, and answered; empty for readers without access."""
    active = [each for each in people.items if each.state == "active"]
    invited = [each.invitation for each in active if each.invitation is not None]
    answered = sum(each.answer in ("yes", "no") for each in invited)
    proposed = sum(each.state == "proposed" for each in people.items)
    if not people.items:
        return []
    words = _(
        "in de kring: {people}, uitgenodigd: {invited}, antwoordden: {answered}, voorgesteld: {proposed}"
    )
    counted = {
        "people": len(active),
        "invited": len(invited),
        "answered": answered,
        "proposed": proposed,
    }
    return [visit.say(words).format(**counted)]
