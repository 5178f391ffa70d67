"""Business time that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class ManualClock:
    """A business clock that is moved by hand."""

    def __init__(self, now: datetime = NOW) -> None:
        self.time = now

    async def now(self) -> datetime:
        return self.time

    def forward(self, **length: float) -> None:
        """Move the clock by what `timedelta` takes: days, hours, ..."""
        self.time += timedelta(**length)
