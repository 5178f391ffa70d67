"""A story as data: who there is, what they do and when, and what must come of it."""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from deploy.demo.keys import OrganisationKey, used_in
from deploy.demo.moments import WEEKDAYS, DayTime, Length
from deploy.demo.steps import STEPS, Part, Step
from deploy.demo.words import Words
from shared.auth import Role

Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Language = Literal["nl", "fr", "en", "ar", "tr", "de", "es", "pl", "ro", "uk"]
Gender = Literal["female", "male", "other"]


class Start(Part):
    """When the story begins: the first such weekday to come, at this time in Brussels; or at once."""

    at_once: bool = False
    weekday: str = "monday"
    time: DayTime = DayTime.parse("day 0 09:00")

    @field_validator("weekday")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in WEEKDAYS:
            raise ValueError(f"must be one of {', '.join(WEEKDAYS)}")
        return value

    @field_validator("time", mode="before")
    @classmethod
    def _time_of_day(cls, value: Any) -> Any:
        return value if isinstance(value, DayTime) else DayTime.parse(f"day 0 {value}")


class Organisation(Part):
    """An organisation. `runs_conferences` makes it a tenant: cases are its own."""

    name: Words
    kbo: str
    runs_conferences: bool = False
    languages: tuple[Language, ...] = ("nl",)


class Named(Part):
    """What is known of anybody."""

    first_name: Words
    last_name: Words
    email: Words | None = None
    phone: Words | None = None
    language: Language = "nl"

    @property
    def name(self) -> str:
        """Return first and last name."""
        return f"{self.first_name} {self.last_name}"


class StaffMember(Named):
    """Somebody who works for an organisation and has an account."""

    organisation: OrganisationKey
    roles: tuple[Role, ...] = Field(min_length=1)


class Coordinator(Named):
    """A citizen who prepares conferences; `tied_to` names organisations they are not independent of."""

    languages: tuple[Language, ...] = ("nl",)
    gender: Gender | None = None
    cultures: tuple[str, ...] = ()
    region: str | None = None
    max_load: int = 3
    tied_to: tuple[OrganisationKey, ...] = ()


class Person(Named):
    """Somebody without an account. `age` is counted at the story's first day."""

    age: int | None = Field(default=None, ge=0, le=120)
    address: Words | None = None
    organisation: Words | None = None


class Moment(Part):
    """When a step is played: not before `at`, and `after` the step before it."""

    at: DayTime | None = None
    after: Length | None = None
    within: Length = Length(30, "d")
    step: Step | None = None
    chapter: str | None = None


class Thread(Part):
    """One line of the story: steps that follow one another. Threads run side by side on one timeline."""

    title: str
    tenant: OrganisationKey
    about: Literal["case", "training"] = "case"
    steps: tuple[Moment, ...] = Field(min_length=1)

    @field_validator("steps", mode="before")
    @classmethod
    def _read_steps(cls, value: Any) -> Any:
        if not isinstance(value, list):
            raise ValueError("must be a list of steps")
        return tuple(_moment(item, number) for number, item in enumerate(value, start=1))


class Story(Part):
    """A whole story."""

    title: str
    start: Start = Start()
    organisations: dict[Name, Organisation] = Field(min_length=1)
    policies: dict[OrganisationKey, dict[str, dict[str, Any]]] = Field(default_factory=dict)
    staff: dict[Name, StaffMember] = Field(default_factory=dict)
    coordinators: dict[Name, Coordinator] = Field(default_factory=dict)
    people: dict[Name, Person] = Field(default_factory=dict)
    # Refusals by consumers ("network.tell-person.v1/mail-not-wanted") that belong to the story.
    refusals: tuple[str, ...] = ()
    threads: dict[Name, Thread] = Field(min_length=1)

    @model_validator(mode="after")
    def _keys_exist(self) -> "Story":
        for key in used_in([self.policies, self.staff, self.coordinators, self.threads]):
            lists = type(key).LISTS
            if lists and not any(key in getattr(self, name) for name in lists):
                raise ValueError(f'"{key}" is not among the {" or ".join(lists)}')
        everyone = [*self.staff, *self.coordinators, *self.people]
        twice = sorted({str(key) for key in everyone if everyone.count(key) > 1})
        if twice:
            raise ValueError(f"used for two of staff, coordinators and people: {', '.join(twice)}")
        return self

    def someone(self, key: str) -> Named:
        """Return whoever has this key."""
        everyone: dict[str, Named] = {**self.staff, **self.coordinators, **self.people}
        return everyone[key]


def _moment(item: Any, number: int) -> Any:
    """Turn `{after: 1d, invite-all: {...}}` into a Moment's fields; the error names the step by number."""
    if isinstance(item, Moment):
        return item
    if not isinstance(item, dict):
        raise ValueError(f'step {number} must be written "name: ..."')
    timing = {name: item[name] for name in ("at", "after", "within") if name in item}
    rest = {name: value for name, value in item.items() if name not in timing}
    if len(rest) != 1:
        raise ValueError(f"step {number} must do one thing; it has {', '.join(map(str, rest)) or 'nothing'}")
    name, fields = next(iter(rest.items()))
    if name == "chapter":
        return {**timing, "chapter": fields}
    step = STEPS.get(name)
    if step is None:
        raise ValueError(f'step {number}: there is no step "{name}"{_nearest(name)}')
    if step.MAIN is not None and not isinstance(fields, dict):
        fields = {step.MAIN: fields}
    try:
        return {**timing, "step": step.model_validate(fields or {})}
    except ValueError as error:
        raise ValueError(f"step {number} ({name}): {_first_line(error)}") from None


def _nearest(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(str(name), STEPS, n=1)
    return f'; did you mean "{close[0]}"?' if close else f"; there are {', '.join(sorted(STEPS))}"


def _first_line(error: ValueError) -> str:
    from deploy.demo.reading import explain

    return explain(error)
