"""Intake owns organisations, staff, coordinators and policies; referrals, cases, offers, assignments and baselines.

Publishes events about referrals (received, accepted, declined, withdrawn), cases (opened, paused, resumed,
withdrawn, closed), offers (made, answered, expired), coordinators (assigned, released) and baselines (recorded,
changed), and its clocks. Consumes its own events, which start and wake its workflows and mails; from plans the
end of the follow-up, which closes the case, and the four-week call, which releases the coordinator.
"""
