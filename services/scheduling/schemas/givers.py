"""Bodies about who gives information at the conference."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from services.scheduling.domain import GivenHow
from shared.fields import Line, Text
from shared.http.models import ReadVersion, RequestModel, ResponseModel

MAX_GIVERS = 12
_MOST_TOLD = 2000


class GiverIn(RequestModel):
    """Somebody who gives information: a person of the case, or a professional who is none, by name."""

    person_id: UUID | None = None
    name: Line | None = None
    function: Line | None = None
    tells: Annotated[Text, StringConstraints(max_length=_MOST_TOLD)]
    how: GivenHow = GivenHow.PRESENT

    @model_validator(mode="after")
    def _is_somebody(self) -> Self:
        if (self.person_id is None) == (self.name is None):
            raise ValueError("name person_id or name")
        return self


class GiversIn(RequestModel):
    """Everybody who gives information, in the order in which they do, and the version that was read."""

    version: ReadVersion
    givers: Annotated[list[GiverIn], Field(max_length=MAX_GIVERS)]


class GiverOut(ResponseModel):
    """Somebody who gives information, and what they will tell."""

    person_id: UUID | None
    name: str | None
    function: str | None
    tells: str
    how: GivenHow


class GiversOut(ResponseModel):
    """Who gives information, as the coordinator writes it, in order."""

    version: int = Field(description="Of who tells what; a change sends it along.")
    givers: list[GiverOut]


class OwnGivers(ResponseModel):
    """Who comes to tell what, as the circle reads it before the day."""

    items: list[GiverOut]
