"""What goes otherwise than planned, played by people who came by a link in a browser, on a platform of its own."""

from collections import Counter

import pytest

from deploy.demo.browser import chromium, hand_of
from deploy.demo.player import STORIES, UNDISTURBED, play, story_on
from deploy.demo.report import Report
from deploy.local.platform import Platform

_CASES = {"no-plan-at-first", "without-meeting", "refused-plan", "coming-of-age"}


@pytest.mark.timeout(400)
class TestTheExceptions:
    async def test_all_end_well(self) -> None:
        report = Report("exceptions")
        async with (
            Platform(skipped_time=True, extra=UNDISTURBED) as platform,
            chromium() as browser,
            story_on(platform, patience=90, hand=hand_of(browser, platform)) as story,
        ):
            await play(STORIES / "exceptions.py", story, report)
        told = report.as_dict()
        assert told["ok"] is True
        ended = {
            name: Counter(event["type"] for event in case["events"])["intake.case.closed.v1"]
            for name, case in told["cases"].items()
        }
        assert ended == dict.fromkeys(_CASES, 1)
        assert {mail["deliveries"] for mail in told["mails"]} == {1}
