"""The kinds of emails to people of a case: who may ask for each, and what has to hold when it is sent."""

from dataclasses import dataclass

from services.network.domain import SERVICE


@dataclass(frozen=True)
class EmailKind:
    """A kind of email to people of a case.

    `by`: the service that decides to send it. `asks`: the parameter with the id of what it asks about, which is not
    asked once it is answered or over; None if it only tells. `until`: the parameter with the time from which on it is
    too late. `taking_part`: not for people who said no in the meantime. `linked`: there is a page behind its link.
    """

    by: str = SERVICE
    asks: str | None = None
    until: str | None = None
    taking_part: bool = False
    linked: bool = True


# By name. All others are network's own, and only tell.
KINDS: dict[str, EmailKind] = {
    "agreement-changed": EmailKind("plans"),
    "agreement-due": EmailKind("plans", asks="agreement_id"),
    "agreement-near": EmailKind("plans", asks="agreement_id"),
    "agreement-reminder": EmailKind("plans", asks="agreement_id"),
    "agreement-slips": EmailKind("plans", asks="agreement_id"),
    "case-finished": EmailKind(taking_part=True),
    "case-stopped": EmailKind(linked=False),
    "check-in": EmailKind("plans", asks="check_in_id"),
    "conference-cancelled": EmailKind("scheduling"),
    "conference-not-attending": EmailKind("scheduling"),
    "conference-postponed": EmailKind("scheduling"),
    "conference-reminder": EmailKind("scheduling", until="starts_at", taking_part=True),
    "conference-scheduled": EmailKind("scheduling", until="starts_at", taking_part=True),
    "file-kept": EmailKind("intake", linked=False),
    "own-meeting": EmailKind("plans", taking_part=True),
    "plan-answered": EmailKind("plans"),
    "plan-b": EmailKind("plans", asks="agreement_id"),
    "plan-changed": EmailKind("plans"),
    "plan-shared": EmailKind("plans"),
    "poll-invitation": EmailKind("scheduling", asks="poll_id", until="closes_at", taking_part=True),
    "poll-reminder": EmailKind("scheduling", asks="poll_id", until="closes_at", taking_part=True),
    "review": EmailKind("plans", asks="check_in_id", taking_part=True),
    "review-reminder": EmailKind("plans", taking_part=True),
    "survey": EmailKind(taking_part=True),
    "survey-reminder": EmailKind(taking_part=True),
}
_USUAL = EmailKind()


def kind_of(name: str) -> EmailKind:
    """Return what holds for emails of a kind."""
    return KINDS.get(name, _USUAL)
