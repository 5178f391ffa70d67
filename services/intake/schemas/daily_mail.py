"""Bodies of the daily mail."""

from pydantic import Field

from shared.http.models import RequestModel, ResponseModel


class DailyMailWish(RequestModel):
    """Whether the caller wants the daily mail."""

    wanted: bool = Field(description="Whether the mail of each working day is sent.")


class DailyMailWanted(ResponseModel):
    """Whether the caller gets the daily mail."""

    wanted: bool = Field(description="Whether the mail of each working day is sent.")
