"""The use cases of scheduling. Each takes a session, never commits, and locks the preparation before it reads."""

from services.scheduling.operations.case import (
    follow_leaving,
    go_on,
    need_no_meeting,
    note_case,
    note_circle,
    send_again,
    stop_case,
)
from services.scheduling.operations.conferences import cancel, check_off, hold, postpone, schedule
from services.scheduling.operations.deadlines import (
    close_when_answered,
    close_when_due,
    remind_of_day,
    remind_silent,
)
from services.scheduling.operations.milestones import note_step
from services.scheduling.operations.polls import add_dates, answer, close_by_coordinator, open_poll
from services.scheduling.operations.rounds import (
    begin_by_coordinator,
    begin_for_review,
    begin_with_coordinator,
    extend,
)

__all__ = [
    "add_dates",
    "answer",
    "begin_by_coordinator",
    "begin_for_review",
    "begin_with_coordinator",
    "cancel",
    "check_off",
    "close_by_coordinator",
    "close_when_answered",
    "close_when_due",
    "extend",
    "follow_leaving",
    "go_on",
    "hold",
    "need_no_meeting",
    "note_case",
    "note_circle",
    "note_step",
    "open_poll",
    "postpone",
    "remind_of_day",
    "remind_silent",
    "schedule",
    "send_again",
    "stop_case",
]
