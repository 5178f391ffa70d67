"""The use cases of scheduling. Each takes a session and never commits; each locks the preparation before it looks."""

from services.scheduling.operations.case import (
    follow_pause,
    note_assigned,
    note_circle,
    note_person,
    note_released,
    note_track,
    stop_case,
)
from services.scheduling.operations.conferences import cancel, check_off, hold, postpone, schedule
from services.scheduling.operations.deadlines import (
    Facts,
    Next,
    Outcome,
    breach_target,
    chase_silent,
    close_when_due,
    look,
    warn_of_target,
)
from services.scheduling.operations.polls import add_dates, answer, close_by_coordinator, open_poll

__all__ = [
    "Facts",
    "Next",
    "Outcome",
    "add_dates",
    "answer",
    "breach_target",
    "cancel",
    "chase_silent",
    "check_off",
    "close_by_coordinator",
    "close_when_due",
    "follow_pause",
    "hold",
    "look",
    "note_assigned",
    "note_circle",
    "note_person",
    "note_released",
    "note_track",
    "open_poll",
    "postpone",
    "schedule",
    "stop_case",
    "warn_of_target",
]
