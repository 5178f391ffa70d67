"""Keeping house: every service deletes what it no longer needs, a little at a time, for ever.

Nothing in here is about people or cases: those have retention periods of their own, which organisations set. A service
may have sweeps of its own done in a round, one tenant after another.
"""

from shared.housekeeping.purging import visit
from shared.housekeeping.rules import RetentionRule, retention_rules
from shared.housekeeping.sweeping import Sweep

__all__ = ["RetentionRule", "Sweep", "retention_rules", "visit"]
