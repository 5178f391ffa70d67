"""The business clock, real and skipped."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from google.protobuf.duration_pb2 import Duration
from temporalio.api.testservice.v1 import SleepRequest
from temporalio.service import ConnectConfig, ServiceClient

from deploy.local.temporal import TimeSkippingServer
from shared.clock import SkippedClock, SystemClock, clock_from
from shared.errors import Operational
from shared.settings import Settings


class TestSystemClock:
    async def test_tells_the_real_time_in_utc(self) -> None:
        before = datetime.now(UTC)
        now = await SystemClock().now()
        assert before <= now <= datetime.now(UTC)
        assert now.tzinfo is UTC


class TestSkippedClock:
    async def test_tells_the_servers_time_also_after_a_skip(self, fresh_temporal: TimeSkippingServer) -> None:
        clock = SkippedClock(fresh_temporal.address)
        start = await clock.now()
        assert abs(start - datetime.now(UTC)) < timedelta(minutes=1)
        service = await ServiceClient.connect(ConnectConfig(target_host=fresh_temporal.address))
        days = timedelta(days=25)
        await service.test_service.unlock_time_skipping_with_sleep(
            SleepRequest(duration=Duration(seconds=int(days.total_seconds())))
        )
        passed = await clock.now() - start
        assert days <= passed < days + timedelta(minutes=5)

    async def test_nobody_there_is_operational(self) -> None:
        with pytest.raises(Operational):
            await SkippedClock("127.0.0.1:1").now()


class TestClockFrom:
    def test_follows_the_settings(self, tmp_path: Path) -> None:
        assert isinstance(clock_from(Settings(secrets_dir=tmp_path)), SystemClock)
        assert isinstance(clock_from(Settings(clock="skipped", secrets_dir=tmp_path)), SkippedClock)
