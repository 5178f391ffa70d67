"""Bodies of the survey after a conference."""

from datetime import datetime
from typing import Self

from pydantic import Field, model_validator

from services.network.domain.surveys import QUESTIONS, Score
from shared.events.network import SurveyGroup
from shared.http.models import RequestModel, ResponseModel


class GivenScores(RequestModel):
    """A person's scores, from one to ten; each may be left out, but not all."""

    meeting: Score | None = Field(default=None, description="Of the conference.")
    plan: Score | None = Field(default=None, description="Of the plan.")
    coordinator: Score | None = Field(default=None, description="Of the coordinator.")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if all(getattr(self, question) is None for question in QUESTIONS):
            raise ValueError("give at least one score")
        return self


class OwnSurvey(ResponseModel):
    """The open survey, and the caller's answer; nobody else can read that."""

    group: SurveyGroup = Field(description="In which group the answer counts.")
    closes_at: datetime | None = Field(description="Until when it can be answered and changed.")
    answered: bool = Field(description="Whether the caller answered.")
    meeting: int | None = Field(description="Their score of the conference, from one to ten.")
    plan: int | None = Field(description="Their score of the plan.")
    coordinator: int | None = Field(description="Their score of the coordinator.")
