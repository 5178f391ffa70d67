"""Housekeeping: every service continually deletes what it no longer needs, in small batches.

Nothing here is about people or cases: those have retention periods of their own, which organisations set. A
service may have sweeps of its own run in a round, one tenant after another.
"""

from shared.housekeeping.purging import visit
from shared.housekeeping.rules import RetentionRule, retention_rules
from shared.housekeeping.sweeping import Sweep

__all__ = ["RetentionRule", "Sweep", "retention_rules", "visit"]
