"""Bodies of the daily mail."""

from pydantic import Field

from shared.http.models import RequestModel, ResponseModel


class DailyMailWish(RequestModel):
    """Whether somebody wants the daily mail."""

    wanted: bool = Field(description="Whether the mail of each working day is sent.")


class DailyMailWanted(ResponseModel):
    """Whether somebody gets the daily mail."""

    wanted: bool = Field(description="Whether the mail of each working day is sent.")
