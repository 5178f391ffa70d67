"""Bodies of the private calendar feeds of coordinators."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.scheduling.schemas import VenueOut
from shared.http.models import RequestModel, ResponseModel, SecretResponse


class PresentedFeed(RequestModel):
    """The secret of a calendar feed."""

    secret: Annotated[str, Field(min_length=1, max_length=100, description="The secret of the address.")]


class FeedSecret(SecretResponse):
    """The secret of a calendar feed, which is shown once."""

    secret: str = Field(description="The secret of the address.")


class FeedEntry(ResponseModel):
    """A conference as a coordinator's calendar needs it."""

    conference_id: UUID
    case_id: UUID
    conference_no: int
    revision: int
    starts_at: datetime
    ends_at: datetime
    takes_place: bool = Field(description="Whether it takes place then; false once postponed or cancelled.")
    venue: VenueOut | None


class Feed(ResponseModel):
    """The conferences of a coordinator."""

    items: list[FeedEntry]
