"""A story whose expectations do not hold fails at the first of them, and says which and where."""

from pathlib import Path

import pytest

from deploy.demo.player import STORIES, play, story_on
from deploy.demo.report import Report
from deploy.local.platform import Platform
from deploy.watch.failures import WentWrong

pytestmark = pytest.mark.timeout(400)


class TestFailingLoudly:
    async def test_names_the_step_and_what_was_found(self, platform: Platform, tmp_path: Path) -> None:
        text = (STORIES / "short.py").read_text()
        path = tmp_path / "wrong.py"
        path.write_text(text.replace("CaseOpened: 1", "CaseOpened: 2"))
        report = Report("wrong")
        with pytest.raises(WentWrong) as failure:
            async with story_on(platform) as story:
                await play(path, story, report)
        line = 1 + text.splitlines().index("    s.expect_events({CaseOpened: 1, CaseWithdrawn: 1}, case)")
        assert f"wrong.py, line {line}, in case: s.expect_events(" in str(failure.value)
        assert "intake.case.opened.v1: 1, expected 2" in str(failure.value)
        report.write(tmp_path / "report.json")
        assert report.ok is False
        assert report.as_dict()["failed"] == str(failure.value)
        # What happened up to then is there to be looked at.
        assert {event["type"] for event in report.as_dict()["cases"]["case"]["events"]} >= {
            "intake.case.opened.v1",
            "intake.case.withdrawn.v1",
        }
