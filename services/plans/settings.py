"""An organisation's settings for its follow-up: durations, counted as each states."""

from datetime import time
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from shared.calendar import Length
from shared.policies import Label, Policies, PolicySettings


class Policy(PolicySettings):
    """The lengths of the follow-up's clocks."""

    ORDER: ClassVar = (
        ("written_plan_warn", "written_plan"),
        ("agreement_remind", "agreement_grace"),
        ("agreement_slips", "agreement_escalates"),
        ("agreement_escalates", "agreement_lapse"),
    )

    written_plan_warn: Annotated[Length, Label("Waarschuwen over het plan op papier")] = Field(
        default="3wd", description="From the conference to the warning before that."
    )
    written_plan: Annotated[Length, Label("Het plan van de kring uitschrijven")] = Field(
        default="5wd", description="From the conference to the plan in writing, in whole days."
    )
    acceptance: Annotated[Length, Label("Zeggen of het plan aanvaard is")] = Field(
        default="10wd",
        description="From a plan to its acceptance, or to the regional manager if a bottom line was not met before,"
        " where the mandated side says nothing.",
    )
    amendment: Annotated[Length, Label("Kijken naar wat nog niet aanvaard is")] = Field(
        default="10wd", description="From a refusal to the regional manager, if the circle amends nothing."
    )
    adjust: Annotated[Length, Label("Het plan aanpassen, zoals de kring wil")] = Field(
        default="10wd",
        description="From a check that wants to adjust the plan to the regional manager, if nobody does.",
    )
    own_meeting: Annotated[Length, Label("Vragen wat ervan kwam toen de kring zelf samenkwam")] = Field(
        default="4w",
        description="From the circle's word that it meets by itself to the question what came of it.",
    )
    four_weeks: Annotated[Length, Label("De coördinator belt")] = Field(
        default="4w", description="From the plan to the coordinator's call."
    )
    three_months: Annotated[Length, Label("Eerste keer nakijken")] = Field(
        default="91d", description="From the plan to the first check by the monitor."
    )
    six_months: Annotated[Length, Label("Tweede keer nakijken")] = Field(
        default="182d", description="From the plan to the second check."
    )
    twelve_months: Annotated[Length, Label("Laatste keer nakijken")] = Field(
        default="365d", description="From the plan to the last check."
    )
    check_in_grace: Annotated[Length, Label("Noteren hoe het gaat")] = Field(
        default="10wd", description="From a due check to the regional manager."
    )
    review_remind: Annotated[Length, Label("De kring herinneren dat ze opnieuw naar het plan kijkt")] = Field(
        default="14d", description="How long before its review date the circle is reminded of it."
    )
    review_usual: Annotated[Length, Label("Een dag voorstellen om opnieuw naar het plan te kijken")] = Field(
        default="56d",
        description="From the plan to the review date that is proposed, on a working day; the circle chooses.",
    )
    review_within: Annotated[Length, Label("Ten laatste opnieuw naar het plan kijken")] = Field(
        default="732d", description="From the plan to its latest review date."
    )
    # New Zealand's law on family group conferences, s29A.
    review_within_under_seven: Annotated[
        Length, Label("Ten laatste opnieuw kijken, met een kind onder de zeven")
    ] = Field(
        default="184d",
        description="The same where a central person is under seven, if that is shorter: six months.",
    )
    review_within_minor: Annotated[
        Length, Label("Ten laatste opnieuw kijken, met iemand onder de achttien")
    ] = Field(
        default="366d",
        description="The same where a central person is under eighteen, if that is shorter: a year.",
    )
    agreement_remind: Annotated[Length, Label("Herinneren aan een afspraak")] = Field(
        default="7d", description="From an agreement's day to the only reminder after it."
    )
    plan_b: Annotated[Length, Label("De dag waartegen plan B gebeurt")] = Field(
        default="7d", description="From invoking plan B to the day by which it is done."
    )
    agreement_ahead: Annotated[Length, Label("Vooraf herinneren aan een afspraak")] = Field(
        default="3d", description="How long before its day people are reminded of an agreement."
    )
    agreement_grace: Annotated[
        Length, Label("Wie een oogje houdt op het plan, hoort dat een afspraak niet lukt")
    ] = Field(
        default="14d", description="From an agreement's day to the monitor, if nobody reports progress."
    )
    agreement_slips: Annotated[Length, Label("De coördinator kijkt naar een afspraak die niet lukt")] = Field(
        default="7d", description="From the monitor to the coordinator, if an agreement is still open."
    )
    agreement_escalates: Annotated[Length, Label("De regiomanager kijkt naar een afspraak die niet lukt")] = (
        Field(
            default="14d",
            description="From the monitor to the regional manager, if an agreement is still open.",
        )
    )
    agreement_lapse: Annotated[Length, Label("Een afspraak vervalt")] = Field(
        default="28d", description="From the monitor to the lapse of an agreement."
    )
    follow_up_cap: Annotated[Length, Label("De opvolging eindigt na de laatste keer")] = Field(
        default="60d", description="From the twelve-month check to the end, if nobody records it."
    )
    morning: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = Field(
        default="09:00", description="Time of day at which people are told that an agreement's day has come."
    )

    @property
    def morning_time(self) -> time:
        """Return the time of day, by the clock of the organisation."""
        return time.fromisoformat(self.morning)

    def until(self, check_in: str) -> str:
        """Return the length from the plan to a check of the year."""
        length: str = getattr(self, check_in.replace("-", "_"))
        return length


policies = Policies(Policy)
