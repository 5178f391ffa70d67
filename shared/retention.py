"""How long what machines need is kept at least; `Settings` may say longer, and docs/operations.md says it to people."""

# A message that could not be dealt with.
DEAD_LETTER_DAYS = 30
# A dead letter can be replayed on its last day, die again, and lie for as long once more: until then the rows that
# know of its event must be there, else it would be dealt with a second time.
EVENTS_DAYS_AT_LEAST = 2 * DEAD_LETTER_DAYS + 1
EVENTS_DAYS_AT_MOST = 365
# Longer than any events: whose the rows are is learned from events that were purged.
MESSAGES_DAYS_AT_LEAST = EVENTS_DAYS_AT_MOST + 1
CLOCKS_DAYS_AT_LEAST = EVENTS_DAYS_AT_MOST + 1
# A step is tried until its workflow has its answer: what is done is remembered longer than the longest workflow with
# steps runs (a plan is followed up for a year; a case can rest in between).
EFFECTS_DAYS_AT_LEAST = 2 * 365
# Longer than the year that a plan is followed up: what ended can still be read when the case closes.
ENDED_WORKFLOWS_DAYS = 400
# Who looked at a file is asked about long after; an audit log of less than a year answers nobody.
AUDIT_YEARS_AT_LEAST = 1
AUDIT_YEARS = 5
