"""Reading stories: the committed ones can be played, and what is wrong with another is told with its place."""

from pathlib import Path
from textwrap import dedent, indent

import pytest

from deploy.demo.failures import StoryWrong
from deploy.demo.reading import STORIES, read_story
from deploy.demo.steps import STEPS
from deploy.demo.story import Story

_HEAD = """
title: A test
organisations:
  ring: {name: De Proefring, kbo: "0999900150", runs_conferences: true}
people:
  noor: {first_name: Noortje, last_name: Bastiaens, email: noortje@post.example}
threads:
  one:
    title: One
    tenant: ring
    steps:
"""


def write(directory: Path, steps: str, *, head: str = _HEAD) -> Path:
    path = directory / "story.yaml"
    path.write_text(head.lstrip() + indent(dedent(steps).strip(), "      ") + "\n")
    return path


def what_is_wrong(path: Path) -> str:
    with pytest.raises(StoryWrong) as caught:
        read_story(path)
    return str(caught.value)


class TestCommittedStories:
    @pytest.mark.parametrize("path", sorted(STORIES.glob("*.yaml")), ids=lambda path: path.stem)
    def test_can_be_read(self, path: Path) -> None:
        assert isinstance(read_story(path), Story)

    def test_every_step_is_documented(self) -> None:
        page = (STORIES / "README.md").read_text()
        assert [name for name in STEPS if f"`{name}`" not in page] == []


class TestReadStory:
    def test_takes_words_times_and_flags_as_people_write_them(self, tmp_path: Path) -> None:
        steps = """
            - at: day 1 09:30
              wait-until: {letter: invitation, to: noor}
            - invite-all: {include_central: true}
            - hold: {came: {noor: online}, late: {noor: 13:50}, parts: {information: 13:30 - 14:30,
                     private: 14:30 - 17:00, presentation: 17:00 - 17:30}}
            - answer-poll: {who: [noor], yes: [a]}
        """
        story = read_story(write(tmp_path, steps))
        assert [moment.step.NAME for moment in story.threads["one"].steps if moment.step] == [
            "wait-until",
            "invite-all",
            "hold",
            "answer-poll",
        ]

    def test_names_the_step_that_does_not_exist_and_the_nearest_one(self, tmp_path: Path) -> None:
        said = what_is_wrong(write(tmp_path, "- invite-al: {}"))
        assert 'step 1: there is no step "invite-al"; did you mean "invite-all"?' in said

    def test_names_the_field_that_is_wrong(self, tmp_path: Path) -> None:
        said = what_is_wrong(write(tmp_path, "- answer: {who: [noor], sais: yes}"))
        assert "step 1 (answer): sais: Extra inputs are not permitted" in said

    def test_refuses_two_things_in_one_step(self, tmp_path: Path) -> None:
        said = what_is_wrong(write(tmp_path, "- {invite-all: {}, send-link: {to: [noor]}}"))
        assert "step 1 must do one thing; it has invite-all, send-link" in said

    def test_names_a_person_who_is_not_in_the_story(self, tmp_path: Path) -> None:
        said = what_is_wrong(write(tmp_path, "- answer: {who: [noortje]}"))
        assert '"noortje" is not among the people' in said

    def test_refuses_a_name_that_stands_twice(self, tmp_path: Path) -> None:
        head = _HEAD.replace("people:\n", "people:\n  noor: {first_name: A, last_name: B}\n")
        assert '"noor" stands here twice' in what_is_wrong(write(tmp_path, "- invite-all: {}", head=head))

    def test_says_when_there_is_no_such_file(self, tmp_path: Path) -> None:
        assert "cannot be read" in what_is_wrong(tmp_path / "none.yaml")

    def test_says_when_it_is_not_yaml(self, tmp_path: Path) -> None:
        path = tmp_path / "broken.yaml"
        path.write_text("title: [")
        assert "is not YAML" in what_is_wrong(path)
