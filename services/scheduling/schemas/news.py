"""Bodies about late changes."""

from datetime import datetime

from pydantic import Field

from services.scheduling.domain import ChecklistItem, NewsState
from shared.http.models import ResponseModel


class LateNewsOut(ResponseModel):
    """Something that changed after the circle was told of it."""

    code: ChecklistItem = Field(description="The step of the checklist that tells it.")
    state: NewsState = Field(description="Whether somebody decided, and whether the circle knows it.")
    created_at: datetime = Field(description="When it changed.")
