"""What each event changes in the counted fact of its case, in whatever order events come."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.intake.domain.measures import SAID, Progress
from services.intake.models import CaseFact
from shared.events import intake, network, plans, scheduling
from shared.events.base import EventData


@dataclass(frozen=True)
class When:
    """When an event happened, by the organisation's calendar, and its place in its stream."""

    referred: date
    day: date
    sequence: int

    @property
    def month(self) -> date:
        """Return the first day of its month."""
        return self.day.replace(day=1)

    def weeks(self, until: date | None = None) -> int:
        """Return the weeks since the referral, rounded: dates of a case are kept nowhere."""
        return round(((until or self.day) - self.referred).days / 7)


# Of a conference; an event from before these were told has none of them.
_NOT_ALWAYS_TOLD = ("children", "children_remote", "children_views", "remote", "private_minutes")
Change = Callable[[CaseFact, Any, When], None]


def _add(fact: CaseFact, **amounts: int) -> None:
    _change(fact, lambda known, amount: known + amount, amounts, first=0)


def _keep_largest(fact: CaseFact, **amounts: int) -> None:
    """Record amounts; of several meetings or plans, the largest."""
    _change(fact, max, amounts)


def _keep_smallest(fact: CaseFact, **amounts: int) -> None:
    _change(fact, min, amounts)


def _change(
    fact: CaseFact, change: Callable[[int, int], int], amounts: dict[str, int], first: int | None = None
) -> None:
    known = fact.amounts
    fact.amounts = known | {
        name: change(known.get(name, amount if first is None else first), amount)
        for name, amount in amounts.items()
    }


def _keep_first(fact: CaseFact, **months: date) -> None:
    for name, month in months.items():
        setattr(fact, name, min(getattr(fact, name) or month, month))


def _code(fact: CaseFact, name: str, code: str, *, rank: int) -> None:
    """Record a code unless one of a higher rank is known."""
    if name not in fact.codes or rank >= fact.codes[name][0]:
        fact.codes = fact.codes | {name: [rank, code]}


def _incident(fact: CaseFact, incident: bool | None) -> None:
    """Record whether something serious happened: once it did, it did."""
    if incident is not None:
        _code(fact, "incident", "yes" if incident else "no", rank=int(incident))


def _assigned(fact: CaseFact, _data: Any, when: When) -> None:
    _keep_smallest(fact, weeks_to_coordinator=when.weeks())


def _contact(fact: CaseFact, _data: Any, when: When) -> None:
    _keep_smallest(fact, weeks_to_contact=when.weeks())


def _conference(fact: CaseFact, data: scheduling.ConferenceHeld, when: When) -> None:
    _add(fact, conferences=1)
    _keep_first(fact, conference_held=data.held_on.replace(day=1))
    _keep_smallest(fact, weeks_to_conference=when.weeks(data.held_on))
    _keep_largest(fact, invited=data.invited, came=data.attended)
    for each in data.by_group:
        _keep_largest(fact, **{f"invited_{each.group}": each.invited, f"came_{each.group}": each.attended})
    told = {name: getattr(data, name) for name in _NOT_ALWAYS_TOLD}
    _keep_largest(fact, **{name: amount for name, amount in told.items() if amount is not None})
    _incident(fact, data.incident)
    # The outcome of the first meeting counts.
    _code(fact, "first_meeting", data.outcome, rank=-data.conference_no)


def _plan(fact: CaseFact, data: plans.PlanRecorded, when: When) -> None:
    kind = "plan_without_meeting" if data.conference_id is None else "plan_from_conference"
    _keep_first(fact, **{kind: when.month})
    _keep_smallest(fact, weeks_to_plan=when.weeks())
    _keep_largest(fact, agreements=len(data.agreement_ids))
    if data.by_professionals is not None:
        _keep_largest(
            fact,
            agreements_by_professionals=data.by_professionals,
            agreements_by_network=len(data.agreement_ids) - data.by_professionals,
        )


def _judged(code: str) -> Change:
    """Return the change by a judgement of a plan version; one of an older version changes nothing."""
    return lambda fact, data, _: _code(fact, "acceptance", code, rank=data.version)


def _accepted(fact: CaseFact, data: plans.PlanAccepted, when: When) -> None:
    _judged("presumed" if data.presumed else "accepted")(fact, data, when)


def _said(fact: CaseFact, now: str, before: str | None) -> None:
    """Count the last report on an agreement in the place of the previous one."""
    _add(fact, **{SAID[_progress(now)]: 1})
    if before is not None:
        _add(fact, **{SAID[_progress(before)]: -1})


def _progress(said: str) -> Progress:
    return Progress(said.replace("-", "_"))


def _checked(fact: CaseFact, data: plans.CheckInRecorded, when: When) -> None:
    _add(fact, check_ins=1)
    _incident(fact, data.incident)
    _code(fact, f"after_{data.kind.replace('-', '_')}", data.decision, rank=when.sequence)


def _called(fact: CaseFact, data: plans.ReferrerCalled, when: When) -> None:
    _code(fact, "referrer_says", data.going, rank=when.sequence)


CHANGES: dict[type[EventData], Change] = {
    intake.CoordinatorAssigned: _assigned,
    network.PersonAdded: lambda fact, data, _: _add(fact, widened=int(data.widened)),
    network.CircleReady: lambda fact, data, _: _keep_largest(fact, circle=len(data.members)),
    network.ContactMade: _contact,
    scheduling.ConferenceHeld: _conference,
    scheduling.ConferenceCancelled: lambda fact, _data, _: _add(fact, cancelled=1),
    plans.PlanRecorded: _plan,
    plans.PlanAccepted: _accepted,
    plans.PlanPartlyAccepted: _judged("partly-accepted"),
    plans.PlanRefused: _judged("refused"),
    plans.AgreementDone: lambda fact, data, _: _said(fact, "done", data.before),
    plans.AgreementProgressed: lambda fact, data, _: _said(fact, data.progress, data.before),
    plans.AgreementLapsed: lambda fact, _data, _: _add(fact, agreements_lapsed=1),
    plans.CheckInRecorded: _checked,
    plans.ReferrerCalled: _called,
}
