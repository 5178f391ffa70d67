"""Intake owns organisations, staff, coordinators and policies; referrals, cases, offers and assignments, the baseline.

Publishes what happens to a referral (received, accepted, declined, withdrawn), to a case (opened, paused, resumed,
withdrawn, closed), to an offer (made, answered, expired), to the coordinator (assigned, released) and to the baseline
(recorded, changed), and its clocks. Consumes its own events, which start and wake its workflows and mails; from plans
the end of the follow-up, which closes the case, and the four-week call, which releases the coordinator.
"""
