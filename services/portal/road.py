"""The road of a case: its steps in order, as done, current or later."""

import asyncio
from collections.abc import Awaitable
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

    state: str
    starts_at: datetime | None
    more_time: list[MoreTimeGiven]


class MeetingDay(Answer):
    """A day on which the circle meets or met, as the referrer of the case sees it."""

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


async def road_of(visit: StaffVisit, case: Case, known: Knowledge) -> list[Step]:
    """Return the steps of a case."""
    people, meetings, days, plans, baseline = known
    meeting = next((each for each in meetings.items if each.state != "cancelled"), None)
    held = any(each.state == "held" for each in meetings.items) or bool(plans.items)
    held = held or any(each.held for each in days)
    dated = held or bool(days) or (meeting is not None and meeting.state == "scheduled")
    here = f"/cases/{case.case_id}"
    # Coordinators prepare and follow up; referrers write the bottom lines, and judge plans by them.
    mine, theirs = visit.has(Role.COORDINATOR), visit.has(Role.REFERRER)
    circle, dates, day_itself, year = (
        f"{here}/{page}" if mine else None for page in ("circle", "dates", "conference", "check-ins")
    )
    plan = f"{here}/plan" if mine else f"{here}/acceptance" if theirs and plans.items else None
    written = await visit.dates()
    day = written.time(meeting.starts_at) if meeting and meeting.starts_at and dated else ""
    day = written.day(days[0].on) if days else day
    more_time = [] if held or meeting is None else await more_time_of(visit, meeting)
    steps: list[tuple[str, bool, list[str], str | None]] = [
        (_("Een coördinator"), case.coordinator_id is not None or case.waits_for == "follow-up", [], None),
        (
            _("De vragen voor de kring"),
            bool(baseline.questions),
            [],
            f"{here}/baseline" if mine or theirs else None,
        ),
        # A conference is prepared from the day on which the circle was declared ready.
        (_("De kring"), held or bool(days) or meeting is not None, _counted(visit, people), circle),
        (_("Een dag kiezen"), dated, [day] if day else [], dates),
        (_("De conferentie"), held, more_time, day_itself),
        (_("Het plan"), bool(plans.items), [], plan),
        (_("Een jaar opvolgen"), case.state == "closed", [], year),
    ]
    current = next((index for index, step in enumerate(steps) if not step[1]), len(steps))
    return [
        Step(
            name=visit.say(name),
            how="done" if done else "busy" if index == current and case.state == "open" else "later",
            words=words,
            # Later steps have no page to open yet.
            path=path if done or index <= current else None,
        )
        for index, (name, done, words, path) in enumerate(steps)
    ]


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
    answered = sum(each.answer is not None for each in invited)
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
