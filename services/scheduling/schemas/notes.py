"""Bodies about the coordinator's own notes of a preparation."""

from typing import Annotated

from pydantic import Field, StringConstraints

from shared.fields import Text
from shared.http.models import ReadVersion, RequestModel, ResponseModel

_MOST = 4000
Note = Annotated[Text, StringConstraints(max_length=_MOST)]


class NotesIn(RequestModel):
    """Both notes, and the version that was read."""

    version: ReadVersion
    safety_plan: Note | None = None
    child_participation: Note | None = None


class NotesOut(ResponseModel):
    """The notes of a preparation; None where nothing was written."""

    version: int = Field(description="The version of the notes; send it along with a change.")
    safety_plan: str | None
    child_participation: str | None
