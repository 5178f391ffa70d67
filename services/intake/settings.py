"""An organisation's settings for intake: durations, counted as each states."""

from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from services.intake.domain.statistics import LEAST_SMALLEST_GROUP
from shared.calendar import Length, at_most
from shared.policies import Label, Policies, PolicySettings


class Policy(PolicySettings):
    """The lengths of intake's clocks, and how long files are kept."""

    ORDER: ClassVar = (
        ("offer_warn", "offer_expires"),
        ("urgent_offer_warn", "urgent_offer_expires"),
        ("erasure_warn", "erasure"),
    )
    # How long an opened file stays open to its manager, and the smallest group in statistics.
    SAFEGUARDS: ClassVar = frozenset({"break_glass", "statistics_smallest_group"})

    acknowledge: Annotated[Length, Label("Beslissen over een aanmelding")] = Field(
        default="1wd", description="From a referral to the time by which it must be decided."
    )
    offer_warn: Annotated[Length, Label("Een coördinator herinneren aan een vraag")] = Field(
        default="1wd", description="From an offer to the only reminder of it."
    )
    offer_expires: Annotated[Length, Label("Een coördinator laat antwoorden op een vraag")] = Field(
        default="2wd", description="From an offer to its end; then the next coordinator is asked."
    )
    urgent_offer_warn: Annotated[Length, Label("Een coördinator herinneren, bij spoed")] = Field(
        default="PT4H", description="From an offer to the only reminder of it, on the urgent track."
    )
    urgent_offer_expires: Annotated[Length, Label("Een coördinator laat antwoorden, bij spoed")] = Field(
        default="PT12H", description="From an offer to its end, on the urgent track."
    )
    allocate: Annotated[Length, Label("Een zaak een coördinator geven")] = Field(
        default="3wd", description="From the need for a coordinator to escalation."
    )
    urgent_allocate: Annotated[Length, Label("Een zaak een coördinator geven, bij spoed")] = Field(
        default="1d", description="The same on the urgent track."
    )
    search_again: Annotated[Length, Label("Opnieuw zoeken als niemand kon")] = Field(
        default="1wd", description="How long to wait, with nobody left to ask, before looking again."
    )
    erasure_warn: Annotated[Length, Label("Waarschuwen dat wissen duurt")] = Field(
        default="2wd", description="From requesting an erasure to the warning that confirmations are missing."
    )
    erasure: Annotated[Length, Label("Alles gewist hebben")] = Field(
        default="5wd", description="From requesting an erasure to the time by which all must have confirmed."
    )
    break_glass: Annotated[Length, at_most(timedelta(days=7))] = Field(
        default="PT4H",
        description="How long a file that was opened by break-glass can be read; at most a week.",
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
        description="The smallest group in statistics. Set it once: smaller groups that were published stay known.",
    )
    retention_warn_days: int = Field(
        default=60,
        ge=1,
        le=365,
        description="From the warning to the erasure of a file; also after a hold was lifted.",
    )


policies = Policies(Policy)
