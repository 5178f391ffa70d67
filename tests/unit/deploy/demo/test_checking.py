"""A story is checked before anything is started: each thing that is wrong with it is told with its file and line."""

from pathlib import Path

import pytest

from deploy.demo.checking import wrong_with, wrong_words
from deploy.demo.player import STORIES, demo

_STORY = '''"""A story."""

from deploy.demo.story import Story
from deploy.demo.things import Referred
from shared.auth import Role


class Cast:
    """Who there is."""

    def __init__(self, s: Story) -> None:
        ring = s.organisation("De Ring", runs_conferences=True)
        self.hanne = s.staff("H", "V", "h@ring.example", organisation=ring, roles=[Role.REGIONAL])
        self.veerle = s.coordinator("Veerle", "R", "v@post.example", languages=["xq"])
        self.ria = s.person("Ria", "G", "ria@post.example", age=58)


async def story(s: Story) -> None:
    """Ria."""
    c = Cast(s)
    await s.begins("someday")
    await s.until(3, "25:00")
    case = await c.ria.asks_for_conference(themes=["rain"], languages=["nl"], question="Q")
    await c.hanne.accepts_offer(case)
    await c.nobody.accepts(case)
    await s.until_email("no-such", c.ria)
    await s.time_passes("3 days")
    await c.veerle.postpones(case, reason="rain")
    await c.veerle.contacts(case, c.ria, channel="pigeon", purpose="safety")
    await s.days_pass("two")
    await c.veerle.keeps_apart(case, c.ria, why="not said")
    await c.hanne.refers(Referred(c.ria, role="boss"), question="Q", themes=[], languages=["nl"])
'''
_WRONG = {
    13: '"type[Role]" has no attribute "REGIONAL"',
    14: "languages=['xq']: must be a language",
    21: "Literal['someday']",
    22: "clock='25:00': hour must be in 0..23",
    23: "themes=['rain']: 'rain' is not a valid Theme",
    24: '"Staff" has no attribute "accepts_offer"',
    25: '"Cast" has no attribute "nobody"',
    26: "kind='no-such': no email is of this kind",
    27: "length='3 days': must be a length",
    28: "reason='rain': 'rain' is not a valid PostponeReason",
    29: "Literal['pigeon']",
    30: 'Argument 1 to "days_pass"',
    31: '"keeps_apart" of "Coordinator"',
    32: "Literal['boss']",
}


class TestWrongWith:
    @pytest.mark.timeout(300)
    def test_tells_all_of_it_with_file_and_line(self, tmp_path: Path) -> None:
        (tmp_path / "wrong.py").write_text(_STORY)
        found = wrong_with(tmp_path / "wrong.py")
        assert [line.partition(": ")[0] for line in found] == [f"wrong.py, line {line}" for line in _WRONG]
        assert [text for text, line in zip(_WRONG.values(), found, strict=True) if text not in line] == []

    def test_looks_at_what_is_beside_it(self, tmp_path: Path) -> None:
        (tmp_path / "part.py").write_text(_STORY)
        (tmp_path / "whole.py").write_text("from part import story\n\n__all__ = ['story']\n")
        found = dict(wrong_words(tmp_path / "whole.py"))
        assert found["part.py", 22] == "clock='25:00': hour must be in 0..23"

    def test_is_nothing_of_the_committed_ones(self) -> None:
        assert [wrong for path in STORIES.glob("*.py") for wrong in wrong_words(path)] == []

    async def test_is_told_before_anything_is_started(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        async def started(_platform: object) -> None:
            pytest.fail("it was started")

        monkeypatch.setattr("deploy.demo.player.Platform.__aenter__", started)
        monkeypatch.setattr(
            "deploy.demo.player.wrong_with", lambda story: [f"{story.name}, line 22: no such hour"]
        )
        (tmp_path / "wrong.py").write_text(_STORY)
        assert await demo(story=tmp_path / "wrong.py") == 1
        assert "wrong.py, line 22: no such hour" in capsys.readouterr().out
