"""Minimum retention of technical data; `Settings` may extend it, and docs/operations.md explains it."""

# A message that could not be handled.
DEAD_LETTER_DAYS = 30
# A dead letter can be replayed on its last day, fail again, and stay as long once more: until then the rows that
# record its event must exist, else it would be handled a second time.
EVENTS_DAYS_AT_LEAST = 2 * DEAD_LETTER_DAYS + 1
EVENTS_DAYS_AT_MOST = 365
# Longer than any events: the tenants of rows are learned from purged events.
MESSAGES_DAYS_AT_LEAST = EVENTS_DAYS_AT_MOST + 1
CLOCKS_DAYS_AT_LEAST = EVENTS_DAYS_AT_MOST + 1
# A step is retried until its workflow has its result: effects are kept longer than the longest workflow with steps
# runs (a plan is followed up for a year; a case can be paused in between).
EFFECTS_DAYS_AT_LEAST = 2 * 365
# Longer than a plan's year of follow-up: ended clocks can still be read when the case closes.
ENDED_WORKFLOWS_DAYS = 400
# Questions about who read a file come much later; an audit log of less than a year answers none.
AUDIT_YEARS_AT_LEAST = 1
AUDIT_YEARS = 5
