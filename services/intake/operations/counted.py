"""What each event changes in the counted fact of its case, in whatever order events come."""

from collections.abc import Callable
from datetime import date
from typing import Any

from services.intake.models import CaseFact
from shared.events import network, plans, scheduling
from shared.events.base import EventData

# The fact, the event's data, and the first day of its month.
Change = Callable[[CaseFact, Any, date], None]

_SAID = {
    "done": "agreements_done",
    "nearly": "said_nearly",
    "not-yet": "said_not_yet",
    "changed": "said_changed",
    "help": "said_help",
}


def _add(fact: CaseFact, **amounts: int) -> None:
    for name, amount in amounts.items():
        setattr(fact, name, getattr(fact, name) + amount)


def _keep_largest(fact: CaseFact, **amounts: int) -> None:
    for name, amount in amounts.items():
        setattr(fact, name, max(getattr(fact, name), amount))


def _keep_first(fact: CaseFact, **months: date) -> None:
    for name, month in months.items():
        setattr(fact, name, min(getattr(fact, name) or month, month))


def _circle(fact: CaseFact, data: network.CircleReady, month: date) -> None:
    _keep_largest(fact, circle=len(data.members))
    _keep_first(fact, circle_ready=month)


def _conference(fact: CaseFact, data: scheduling.ConferenceHeld, _month: date) -> None:
    _add(fact, conferences=1)
    _keep_first(fact, conference_held=data.held_on.replace(day=1))
    _keep_largest(fact, invited=data.invited, attended=data.attended)


def _plan(fact: CaseFact, data: plans.PlanRecorded, month: date) -> None:
    _keep_first(
        fact, **{"plan_without_meeting" if data.conference_id is None else "plan_from_conference": month}
    )
    _keep_largest(fact, agreements=len(data.agreement_ids))


def _judged(acceptance: str) -> Change:
    """Return the change by a judgement of a plan version; one of an older version changes nothing."""

    def change(fact: CaseFact, data: Any, month: date) -> None:
        if data.version >= fact.acceptance_version:
            fact.acceptance, fact.acceptance_version, fact.judged = acceptance, data.version, month

    return change


def _accepted(fact: CaseFact, data: plans.PlanAccepted, month: date) -> None:
    _judged("presumed" if data.presumed else "accepted")(fact, data, month)


def _said(fact: CaseFact, now: str, before: str | None) -> None:
    """Count the last report on an agreement in the place of the previous one."""
    _add(fact, **{_SAID[now]: 1})
    if before is not None:
        _add(fact, **{_SAID[before]: -1})


CHANGES: dict[type[EventData], Change] = {
    network.PersonAdded: lambda fact, data, _: _add(fact, widened=int(data.widened)),
    network.CircleReady: _circle,
    scheduling.ConferenceHeld: _conference,
    scheduling.ConferenceCancelled: lambda fact, _data, _: _add(fact, cancelled=1),
    plans.PlanRecorded: _plan,
    plans.PlanAccepted: _accepted,
    plans.PlanPartlyAccepted: _judged("partly-accepted"),
    plans.PlanRefused: _judged("refused"),
    plans.AgreementDone: lambda fact, data, _: _said(fact, "done", data.before),
    plans.AgreementProgressed: lambda fact, data, _: _said(fact, data.progress, data.before),
    plans.AgreementLapsed: lambda fact, _data, _: _add(fact, agreements_lapsed=1),
    plans.CheckInRecorded: lambda fact, _data, _: _add(fact, check_ins=1),
}
