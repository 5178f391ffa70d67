"""The business clock, for deadlines, expiry and the time of events.

It is the system's clock, or in time-skipping runs the test server's, which can be a year ahead. The machine's
clock (token expiry, backoff, logs) is never read through this.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from shared.errors import Operational

if TYPE_CHECKING:
    from temporalio.service import ServiceClient

    from shared.settings import Settings


class Clock(Protocol):
    """Tells the business time."""

    async def now(self) -> datetime:
        """Return the business time, aware, in UTC."""


class SystemClock:
    """Business time is real time."""

    async def now(self) -> datetime:
        """Return the system's time."""
        return datetime.now(UTC)


class SkippedClock:
    """Business time is the current time of a time-skipping Temporal test server."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._client: ServiceClient | None = None

    async def now(self) -> datetime:
        """Return the server's time. Raises: Operational if it does not answer."""
        from google.protobuf.empty_pb2 import Empty
        from temporalio.service import RPCError

        try:
            answer = await (await self._connected()).test_service.get_current_time(Empty())
        except (RPCError, RuntimeError):
            raise Operational("clock: the time-skipping server does not answer") from None
        return datetime.fromtimestamp(answer.time.seconds, UTC).replace(microsecond=answer.time.nanos // 1000)

    async def _connected(self) -> "ServiceClient":
        # Imported and connected on first use: most processes run on the system's clock.
        if self._client is None:
            from temporalio.service import ConnectConfig, ServiceClient

            self._client = await ServiceClient.connect(ConnectConfig(target_host=self._address, lazy=True))
        return self._client


def clock_from(settings: "Settings") -> Clock:
    """Return the clock that the settings name."""
    if settings.clock == "skipped":
        return SkippedClock(settings.temporal_address)
    return SystemClock()
