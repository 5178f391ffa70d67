"""Bodies about the information givers at the conference."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from services.scheduling.domain import GivenHow
from shared.fields import Line, Name, Text
from shared.http.models import ReadVersion, RequestModel, ResponseModel

MAX_GIVERS = 12
_MOST_TOLD = 2000


class GiverIn(RequestModel):
    """An information giver: a person of the case, or an outside professional, by name."""

    person_id: UUID | None = None
    name: Name | None = None
    function: Line | None = None
    tells: Annotated[Text, StringConstraints(max_length=_MOST_TOLD)]
    how: GivenHow = GivenHow.PRESENT

    @model_validator(mode="after")
    def _is_somebody(self) -> Self:
        if (self.person_id is None) == (self.name is None):
            raise ValueError("name person_id or name")
        return self


class GiversIn(RequestModel):
    """All information givers, in order, and the version that was read."""

    version: ReadVersion
    givers: Annotated[list[GiverIn], Field(max_length=MAX_GIVERS)]


class GiverOut(ResponseModel):
    """An information giver, and what they will tell."""

    person_id: UUID | None
    name: str | None
    function: str | None
    tells: str
    how: GivenHow


class GiversOut(ResponseModel):
    """The information givers, as the coordinator writes them, in order."""

    version: int = Field(description="The version of the list; send it along with a change.")
    givers: list[GiverOut]


class OwnGivers(ResponseModel):
    """The information givers, as the circle reads them before the day."""

    items: list[GiverOut]
