"""A short survey after a conference: who is asked, as which group, and what the scores of a group come to.

Scores of one to ten on the meeting, the plan and the coordinator are what Dutch year reports tell, by who gave them.
"""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from services.network.domain.consents import age_group
from shared.errors import NotFound
from shared.events.network import ScoreSum, SurveyGroup

# The clock until the circle is asked, and the one of the answers.
OPENING_CLOCK, ANSWERS_CLOCK = "survey-opening", "survey"
# Neither is anybody's to do: the owner is who would see to it if it stood still.
CLOCK_OWNER = "regional-manager"
QUESTIONS = ("meeting", "plan", "coordinator")

Score = Annotated[int, Field(ge=1, le=10)]


class SurveyState(StrEnum):
    """Where a survey is. Closed: its answers were added up, and are there no more."""

    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"


class SurveyNotOpen(NotFound):
    """Nothing is asked of this caller: not yet, no longer, or never."""

    code = "survey-not-open"
    title = "There is no survey here for you to answer now"


# Interpreters are there for somebody else, and are not asked.
_GROUPS: dict[str, SurveyGroup] = {
    "central": "central",
    "representative": "central",
    "circle": "circle",
    "advocate": "circle",
    "professional": "professional",
}


def group_of(role: str, birth_date: date | None, today: date) -> SurveyGroup | None:
    """Return in which group somebody answers, None for who is not asked; who is known to be a minor is a child."""
    group = _GROUPS.get(role)
    if group in ("central", "circle") and age_group(birth_date, today).minor:
        return "child"
    return group


def is_asked(role: str, answer: str | None) -> bool:
    """Say whether somebody is asked: who said yes to the invitation, and for whom it was, unless they said no."""
    return answer == "yes" or (answer is None and role in ("central", "representative"))


def add_up(scores: Iterable[int | None]) -> ScoreSum:
    """Return how many gave a score, and the sum of what they gave."""
    given = [score for score in scores if score is not None]
    return ScoreSum(answers=len(given), total=sum(given))


def workflow_id(survey_id: object) -> str:
    """Return the id of the workflow that waits for a survey."""
    return f"survey/{survey_id}"
