"""What an organisation sets for intake: lengths of time, counted as said at each."""

from pydantic import Field

from shared.calendar import Length
from shared.http.models import RequestModel


class Policy(RequestModel):
    """The lengths of intake's clocks; what is not given has its default."""

    offer_warn: Length = Field(default="1wd", description="From an offer to the only reminder of it.")
    offer_expires: Length = Field(
        default="2wd", description="From an offer to its end; then the next is asked."
    )
    allocate: Length = Field(default="3wd", description="From the need for a coordinator to being late.")
    search_again: Length = Field(
        default="1wd", description="From having nobody left to ask to looking again."
    )
    acknowledge: Length = Field(default="1wd", description="From a referral to being late in deciding on it.")
    erasure_warn: Length = Field(
        default="2wd", description="From asking for an erasure to warning that not all have confirmed."
    )
    erasure: Length = Field(
        default="5wd", description="From asking for an erasure to being late in confirming it."
    )
