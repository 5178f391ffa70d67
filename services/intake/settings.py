"""What an organisation sets for intake: lengths of time, counted as said at each."""

from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from services.intake.domain.statistics import LEAST_SMALLEST_GROUP
from shared.calendar import Length, at_most
from shared.policies import Policies, PolicySettings


class Policy(PolicySettings):
    """The lengths of intake's clocks, and how long files are kept."""

    ORDER: ClassVar = (("offer_warn", "offer_expires"), ("erasure_warn", "erasure"))
    # How long a file stays open to the manager who opened it, and whom statistics may not show.
    SAFEGUARDS: ClassVar = frozenset({"break_glass", "statistics_smallest_group"})

    offer_warn: Length = Field(default="1wd", description="From an offer to the only reminder of it.")
    offer_expires: Length = Field(
        default="2wd", description="From an offer to its end; then the next is asked."
    )
    allocate: Length = Field(default="3wd", description="From the need for a coordinator to being late.")
    search_again: Length = Field(
        default="1wd", description="From having nobody left to ask to looking again."
    )
    acknowledge: Length = Field(default="1wd", description="From a referral to being late in deciding on it.")
    break_glass: Annotated[Length, at_most(timedelta(days=7))] = Field(
        default="PT4H",
        description="How long a file that was opened by break-glass can be read; at most a week.",
    )
    erasure_warn: Length = Field(
        default="2wd", description="From asking for an erasure to warning that not all have confirmed."
    )
    erasure: Length = Field(
        default="5wd", description="From asking for an erasure to being late in confirming it."
    )
    keep_youth_until_age: Annotated[int, Field(ge=18, le=100)] | None = Field(
        default=35,
        description="A file with a minor as central person: to the end of the year in which the youngest reaches this"
        " age. Nothing (null) if the organisation's conferences are no youth help: then as other cases.",
    )
    keep_case_years: int = Field(
        default=5,
        ge=1,
        le=50,
        description="Another case, from its end: as long as a claim can follow from it.",
    )
    keep_plan_without_meeting_years: int = Field(
        default=5, ge=1, le=50, description="A case that ended in a plan without a meeting, from its end."
    )
    keep_referral_years: int = Field(
        default=1, ge=1, le=50, description="A referral that was declined or taken back, from then on."
    )
    statistics_smallest_group: int = Field(
        default=5,
        ge=LEAST_SMALLEST_GROUP,
        le=100,
        description="Statistics tell of no smaller group. Set it once: what was told of smaller ones stays known.",
    )
    retention_warn_days: int = Field(
        default=60,
        ge=1,
        le=365,
        description="From the warning to the end of a file; also after a hold was lifted.",
    )


policies = Policies(Policy)
