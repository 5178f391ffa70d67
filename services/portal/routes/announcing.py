"""Announcing trainings, and planning sessions of them."""

from datetime import date, time
from decimal import Decimal
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, ValidationInfo, field_validator
from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.routes.trainings import ANNOUNCERS, LIST
from services.portal.staff import StaffVisit, staff
from services.portal.visits import Form, PageModel
from services.portal.wording import STAFF_NAMES
from services.portal.wording import mark as _
from shared.calendar import Calendar
from shared.fields import Iban, Line, Link, Text

pages = Pages()


class CourseCreated(Answer):
    """The course that was announced."""

    course_id: UUID


class SessionCreated(Answer):
    """The session that was planned."""

    session_id: UUID


ANNOUNCE = Operation("training", "POST", "/v1/courses", CourseCreated)
PLAN = Operation("training", "POST", "/v1/courses/{course_id}/sessions", SessionCreated)


class CoursePage(PageModel):
    """A form for a new course."""

    languages: list[tuple[str, str]]


class CourseForm(Form):
    """A new course."""

    WANTED: ClassVar = {
        "title": _("Schrijf hoe de vorming heet, in hoogstens 200 letters."),
        "in_language": _("Kies de taal waarin je de vorming geeft."),
        "registration": _("Kies waar mensen zich inschrijven."),
        "external_url": _("Schrijf het adres van de andere site. Het begint met https://"),
    }

    title: Annotated[Line, StringConstraints(max_length=200)]
    audience: Line | None = None
    description: Annotated[Text, StringConstraints(max_length=2000)] | None = None
    given_by: Annotated[Line, StringConstraints(max_length=200)] | None = None
    # `language` is the button that changes the language of the page.
    in_language: Literal["nl", "fr", "en"] = Field(serialization_alias="language")
    registration: Literal["here", "elsewhere"]
    external_url: Link | None = Field(default=None, validate_default=True)

    @field_validator("external_url")
    @classmethod
    def _if_elsewhere(cls, value: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("registration") == "elsewhere":
            if value is None:
                raise ValueError
            return value
        return None


@pages.show(f"{LIST}/new", staff(*ANNOUNCERS))
async def show_new_course(visit: StaffVisit) -> Response:
    """Show the form for a new course."""
    return visit.page("trainings_course.html", CoursePage(languages=list(STAFF_NAMES.items())))


@pages.send(f"{LIST}/new", staff(*ANNOUNCERS))
async def announce(visit: StaffVisit) -> Response:
    """Announce a course; a session of it is planned next."""
    form = visit.read(CourseForm)
    made = await visit.ask(ANNOUNCE, body=form.model_dump(by_alias=True, exclude_none=True))
    return visit.go(f"{LIST}/courses/{made.course_id}")


class PlanPage(PageModel):
    """A form for a session of a course."""


class WhenForm(Form):
    """Time, place and number of places."""

    WANTED: ClassVar = {
        "day": _("Kies de dag."),
        "begins": _("Vul in wanneer het begint, zoals 9:30."),
        "ends": _("Vul in wanneer het eindigt, later dan het begin."),
        "place": _("Schrijf waar het is."),
        "capacity": _("Vul in hoeveel mensen er kunnen komen."),
    }

    day: date
    begins: time
    ends: time
    place: Annotated[Line, StringConstraints(max_length=200)]
    capacity: int = Field(ge=1, le=10_000)

    @field_validator("ends")
    @classmethod
    def _later(cls, value: time, info: ValidationInfo) -> time:
        if "begins" in info.data and value <= info.data["begins"]:
            raise ValueError
        return value

    def body_by(self, calendar: Calendar) -> dict[str, object]:
        """Return training's request body; hours are in the organisation's time zone."""
        return {
            **self.model_dump(mode="json", exclude={"day", "begins", "ends"}, exclude_none=True),
            "starts_at": calendar.at(self.day, self.begins).isoformat(),
            "ends_at": calendar.at(self.day, self.ends).isoformat(),
        }


class SessionForm(WhenForm):
    """Time, place and price."""

    WANTED: ClassVar = {
        **WhenForm.WANTED,
        "price": _("Schrijf de prijs in euro, zoals 45,00. Laat leeg als het gratis is."),
        "account_iban": _("Vul de rekening in waarop mensen betalen."),
        "account_name": _("Schrijf op wiens naam de rekening staat."),
    }

    price: Decimal = Field(default=Decimal(0), ge=0, max_digits=7, decimal_places=2)
    vat: Literal["exempt-art44", "small-enterprise", "standard-21"] = "exempt-art44"
    account_iban: Iban | None = Field(default=None, validate_default=True)
    account_name: Annotated[Line, StringConstraints(max_length=70)] | None = Field(
        default=None, validate_default=True
    )

    @field_validator("price", mode="before")
    @classmethod
    def _comma(cls, value: object) -> object:
        return value.replace(",", ".") if isinstance(value, str) else value

    @field_validator("account_iban", "account_name")
    @classmethod
    def _if_paid(cls, value: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("price") and value is None:
            raise ValueError
        return value


@pages.show(f"{LIST}/courses/{{course_id}}", staff(*ANNOUNCERS))
async def show_plan(visit: StaffVisit) -> Response:
    """Show the form for a session."""
    return visit.page("trainings_session_new.html", PlanPage())


@pages.send(f"{LIST}/courses/{{course_id}}", staff(*ANNOUNCERS))
async def plan(visit: StaffVisit) -> Response:
    """Plan a session."""
    form = visit.read(SessionForm)
    body = form.body_by(visit.profile.calendar)
    made = await visit.ask(PLAN, body=body, course_id=read_id(visit.request.path_params["course_id"]))
    return visit.go(f"{LIST}/sessions/{made.session_id}")
