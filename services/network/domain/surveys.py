"""A short survey after a conference: who is asked, in which group they count, and the sums per group.

Scores of one to ten on the meeting, the plan and the coordinator are what Dutch annual reports give, by group.
"""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from services.network.domain.consents import age_group
from shared.deadlines import clock_kind
from shared.errors import NotFound
from shared.events.network import ScoreSum, SurveyGroup

# The clock until the circle is asked, and the clock for the answers.
OPENING_CLOCK = clock_kind("survey-opening", turn="never")
ANSWERS_CLOCK = clock_kind("survey", turn="never")
# The role that acts if it gets stuck.
CLOCK_OWNER = "regional-manager"
QUESTIONS = ("meeting", "plan", "coordinator")

Score = Annotated[int, Field(ge=1, le=10)]


class SurveyState(StrEnum):
    """The state of a survey. Closed: its answers were added up and deleted."""

    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"


class SurveyNotOpen(NotFound):
    """No survey is open to this caller: not yet, no longer, or never."""

    code = "survey-not-open"
    title = "There is no survey here for you to answer now"


# Interpreters attend for somebody else, and are not asked.
_GROUPS: dict[str, SurveyGroup] = {
    "central": "central",
    "representative": "central",
    "circle": "circle",
    "advocate": "circle",
    "professional": "professional",
}


def group_of(role: str, birth_date: date | None, today: date) -> SurveyGroup | None:
    """Return the group a person answers in, None if they are not asked; a known minor is a child."""
    group = _GROUPS.get(role)
    if group in ("central", "circle") and age_group(birth_date, today).minor:
        return "child"
    return group


def is_asked(role: str, answer: str | None) -> bool:
    """Tell whether a person is asked: they accepted, or it was for them and they did not decline."""
    return answer == "yes" or (answer != "no" and role in ("central", "representative"))


def add_up(scores: Iterable[int | None]) -> ScoreSum:
    """Return how many scores were given, and their sum."""
    given = [score for score in scores if score is not None]
    return ScoreSum(answers=len(given), total=sum(given))


def workflow_id(survey_id: object) -> str:
    """Return the id of the workflow that waits for a survey."""
    return f"survey/{survey_id}"
