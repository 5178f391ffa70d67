"""Keeping house: every service deletes what it no longer needs, a little at a time, for ever.

Nothing in here is about people or cases: those have retention periods of their own, which organisations set.
"""

from shared.housekeeping.kept import Kept, kept

__all__ = ["Kept", "kept"]
