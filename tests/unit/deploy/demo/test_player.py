"""Reading stories: the committed ones can be played, and what is wrong with another is told with its line."""

from pathlib import Path
from typing import Any, cast

import pytest

from deploy.demo.player import STORIES, StoryBroken, file_of, read_story
from deploy.demo.story import Story


def written(directory: Path, text: str) -> Path:
    path = directory / "story.py"
    path.write_text(text)
    return path


def what_is_wrong(path: Path) -> str:
    with pytest.raises(StoryBroken) as caught:
        read_story(path)
    return str(caught.value)


# What is beside them says who is in them.
PLAYED = sorted({path.stem for path in STORIES.glob("*.py")} - {"__init__", "people"})


class TestReadStory:
    @pytest.mark.parametrize("name", PLAYED)
    def test_reads_the_committed_stories(self, name: str) -> None:
        assert read_story(STORIES / f"{name}.py").__doc__

    def test_finds_the_committed_ones_by_name_and_others_by_their_path(self, tmp_path: Path) -> None:
        assert file_of(Path("short")) == STORIES / "short.py"
        assert file_of(tmp_path / "short.py") == tmp_path / "short.py"

    async def test_returns_what_plays_it(self, tmp_path: Path) -> None:
        play = read_story(written(tmp_path, "async def story(s):\n    s.append(1)\n"))
        told: list[Any] = []
        await play(cast("Story", told))
        assert told == [1]

    def test_says_when_there_is_no_such_file(self, tmp_path: Path) -> None:
        assert "none.py cannot be read: No such file or directory" in what_is_wrong(tmp_path / "none.py")

    def test_says_at_which_line_it_is_not_python(self, tmp_path: Path) -> None:
        assert "is not Python: line 2: " in what_is_wrong(written(tmp_path, "a = 1\nb = (\n"))

    def test_says_at_which_line_a_name_is_unknown(self, tmp_path: Path) -> None:
        said = what_is_wrong(written(tmp_path, "from deploy.demo.things import Nobody\n"))
        assert said.startswith(
            "story.py, line 1, in <module>: from deploy.demo.things import Nobody\nImportError: "
        )

    @pytest.mark.parametrize("text", ["", "def story(s): ...", "story = 1"])
    def test_says_when_there_is_no_story_in_it(self, tmp_path: Path, text: str) -> None:
        assert "has no function `async def story(s: Story) -> None`" in what_is_wrong(written(tmp_path, text))
