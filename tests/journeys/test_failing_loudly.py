"""A story whose expectations do not hold fails at the first of them, and says which and where."""

from pathlib import Path

import pytest

from deploy.demo.failures import WentWrong
from deploy.demo.performance import play_on
from deploy.demo.reading import STORIES, read_story
from deploy.demo.report import Report
from deploy.local.platform import Platform

pytestmark = pytest.mark.timeout(400)


class TestFailingLoudly:
    async def test_names_the_step_and_what_was_found(self, platform: Platform, tmp_path: Path) -> None:
        text = (STORIES / "short.yaml").read_text()
        path = tmp_path / "wrong.yaml"
        path.write_text(text.replace("intake.case.opened.v1: 1", "intake.case.opened.v1: 2"))
        report = Report("wrong")
        with pytest.raises(WentWrong) as failure:
            await play_on(platform, read_story(path), report=report)
        assert 'thread "case", step 11 (expect)' in str(failure.value)
        assert "events intake.case.opened.v1: 1, expected 2" in str(failure.value)
        report.write(tmp_path / "report.json")
        assert report.ok is False
        assert report.as_dict()["failed"] == str(failure.value)
        # What happened up to then is there to be looked at.
        assert {event["type"] for event in report.as_dict()["cases"]["case"]["events"]} >= {
            "intake.case.opened.v1",
            "intake.case.withdrawn.v1",
        }
