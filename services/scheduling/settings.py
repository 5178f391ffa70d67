"""An organisation's settings for its preparations: durations, and school holidays."""

from datetime import date, timedelta
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from shared.calendar import Length
from shared.fields import Line
from shared.http.models import RequestModel
from shared.policies import Label, Policies, PolicySettings
from shared.school_holidays import Community

# Some years of them.
MAX_HOLIDAYS = 40
_LONGEST_HOLIDAY = timedelta(days=100)


class SchoolHoliday(RequestModel):
    """A school holiday that an organisation entered itself."""

    name: Line
    first: date = Field(description="Its first day.")
    last: date = Field(description="Its last day, at most a hundred days later.")

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if not timedelta() <= self.last - self.first <= _LONGEST_HOLIDAY:
            raise ValueError("last is first, or at most a hundred days later")
        return self


class Policy(PolicySettings):
    """The lengths of the preparation's clocks, and which days are marked as school holidays."""

    ORDER: ClassVar = (
        ("conference_warn", "conference_target"),
        ("urgent_warn", "urgent_target"),
        ("poll_chase", "poll_closes"),
        ("first_contact_warn", "first_contact"),
        ("baseline_talk_warn", "baseline_talk"),
        ("baseline_warn", "baseline_told"),
        ("circle_warn", "circle_ready"),
        ("date_warn", "date_set"),
        ("late_news_warn", "late_news"),
        ("next_step_warn", "next_step"),
    )

    conference_warn: Annotated[Length, Label("Waarschuwen over de conferentie")] = Field(
        default="6w", description="From the assignment to the warning before that."
    )
    conference_target: Annotated[Length, Label("Zorgen dat de conferentie er komt")] = Field(
        default="8w", description="From the assignment to the conference."
    )
    urgent_warn: Annotated[Length, Label("Waarschuwen bij spoed")] = Field(
        default="2d", description="The same on the urgent track."
    )
    urgent_target: Annotated[Length, Label("De conferentie bij spoed")] = Field(
        default="4d", description="The same on the urgent track."
    )
    first_contact_warn: Annotated[Length, Label("Waarschuwen over de kennismaking")] = Field(
        default="3wd", description="From the assignment to the warning before that."
    )
    first_contact: Annotated[Length, Label("Kennismaken met de familie")] = Field(
        default="5wd", description="From the assignment to the coordinator's first contact with somebody."
    )
    baseline_talk_warn: Annotated[Length, Label("Waarschuwen over het gesprek met de verwijzer")] = Field(
        default="3wd", description="From the assignment to the warning before that."
    )
    baseline_talk: Annotated[Length, Label("De vragen en ondergrenzen bespreken met de verwijzer")] = Field(
        default="5wd",
        description="From the assignment to writing down the questions, talked through with the referrer.",
    )
    baseline_warn: Annotated[Length, Label("Waarschuwen over de vragen")] = Field(
        default="10wd", description="From the assignment to the warning before that."
    )
    baseline_told: Annotated[Length, Label("De kring de vragen vertellen")] = Field(
        default="12wd", description="From the assignment to telling the circle the questions."
    )
    circle_warn: Annotated[Length, Label("Waarschuwen over de kring")] = Field(
        default="3w", description="From the assignment to the warning before that."
    )
    circle_ready: Annotated[Length, Label("De kring samenbrengen")] = Field(
        default="4w", description="From the assignment to a ready circle."
    )
    late_news_warn: Annotated[Length, Label("Waarschuwen over iets nieuws")] = Field(
        default="1wd", description="From a late change to the warning before that."
    )
    late_news: Annotated[Length, Label("De kring iets nieuws vertellen, of de dag verzetten")] = Field(
        default="2wd",
        description="From what changes after the circle was told, to telling it again or moving the date.",
    )
    key_person: Annotated[Length, Label("De dag verzetten als iemand die erbij moet zijn, niet komt")] = (
        Field(
            default="2wd",
            description="From the no of somebody who has to be there, once the date is set, to moving it or going on.",
        )
    )
    next_step_warn: Annotated[Length, Label("Waarschuwen dat een zaak zonder plan wacht")] = Field(
        default="3wd", description="From a round without a plan to the warning before that."
    )
    next_step: Annotated[Length, Label("Met de familie bekijken hoe het verder gaat")] = Field(
        default="5wd",
        description="From a conference without a plan, or a cancelled one, to another round or a plan.",
    )
    date_warn: Annotated[Length, Label("Waarschuwen over de dag")] = Field(
        default="30d", description="From the assignment to the warning before that."
    )
    date_set: Annotated[Length, Label("Een dag vastleggen")] = Field(
        default="5w", description="From the assignment, or from a postponement, to setting a date."
    )
    day_remind: Annotated[Length, Label("De kring herinneren, voor de dag")] = Field(
        default="2d", description="How long before the day the circle is reminded."
    )
    outcome_record: Annotated[Length, Label("Noteren hoe de conferentie ging")] = Field(
        default="2wd", description="From the end of the conference to recording its outcome."
    )
    poll_chase: Annotated[Length, Label("Herinneren aan de vraag over de dagen")] = Field(
        default="4d", description="From opening a poll to reminding the silent, once."
    )
    poll_closes: Annotated[Length, Label("De vraag over de dagen sluiten")] = Field(
        default="8d", description="From opening a poll to its end, unless set otherwise."
    )
    urgent_poll_closes: Annotated[Length, Label("De vraag over de dagen sluiten, bij spoed")] = Field(
        default="1d", description="The same on the urgent track."
    )
    poll_correct: Annotated[Length, Label("Een antwoord nog kunnen veranderen")] = Field(
        default="PT2H",
        description="From the last answer to the poll's end: until then answers can be changed.",
    )
    school_holidays: Community = Field(
        default="flemish",
        description="By which community's school holidays dates are marked: flemish, french or none.",
    )
    own_school_holidays: Annotated[tuple[SchoolHoliday, ...], Field(max_length=MAX_HOLIDAYS)] = Field(
        default=(), description="School holidays that the organisation enters itself, besides those."
    )


policies = Policies(Policy)
