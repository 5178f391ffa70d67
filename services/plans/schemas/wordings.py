"""Bodies of a plan in another language."""

from collections.abc import Collection
from typing import Annotated

from pydantic import Field, field_validator

from services.plans.schemas.sealed import WordedText, WordingWords
from shared.contracts.plans import PlanText
from shared.fields import Text
from shared.http.models import ReadVersion, RequestModel, ResponseModel


class NewText(RequestModel):
    """A text of the plan, as the circle agreed on it, and how it is said in another language."""

    in_plan: Annotated[Text, Field(description="The text as it is in the plan.")]
    wording: Annotated[Text, Field(description="The same in the other language.")]


class NewWording(RequestModel):
    """The texts of the current version in another language, all that were put in it: what is left out has none."""

    version: ReadVersion
    texts: Annotated[
        tuple[NewText, ...], Field(max_length=500, description="Each text that was put in this language.")
    ]

    @field_validator("texts")
    @classmethod
    def _once_each(cls, texts: tuple[NewText, ...]) -> tuple[NewText, ...]:
        if len({each.in_plan for each in texts}) < len(texts):
            raise ValueError("must not name the same text twice")
        return texts


class WordingOut(ResponseModel):
    """The texts of a plan in another language, of those that the caller reads."""

    language: str
    texts: list[PlanText] = Field(description="Each text of the plan that was put in this language.")


def texts_among(words: WordingWords, shown: Collection[str]) -> list[PlanText]:
    """Return of a plan's texts in another language those of the texts shown."""
    return [_shown(each) for each in words.texts if each.in_plan in shown]


def _shown(text: WordedText) -> PlanText:
    return PlanText(in_plan=text.in_plan, wording=text.wording)
