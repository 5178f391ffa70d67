"""Bodies about consent: texts, what people said, and what is still to be asked."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from services.network.domain import Basis, Purpose
from services.network.domain.consents import AgeGroup, Audience
from shared.fields import Line, Text
from shared.http.models import ReadVersion, RequestModel, ResponseModel
from shared.http.paging import Page
from shared.languages import LANGUAGES, Language

Version = Annotated[int, Field(ge=1, le=1_000_000)]


class ConsentChange(RequestModel):
    """Yes or no to one purpose, in one version of its text; `concerns` names whom it is about, if not oneself."""

    given: bool
    version: Version
    concerns: UUID | None = None
    language: Language | None = None


class NewText(RequestModel):
    """A text for one audience in one language."""

    audience: Audience
    language: Language
    title: Annotated[Line, StringConstraints(max_length=100)]
    body: Annotated[Text, StringConstraints(max_length=4000)]


class NewTexts(RequestModel):
    """A new version of a purpose's text: in Dutch for every audience that it has, and in other languages."""

    version: ReadVersion
    texts: Annotated[list[NewText], Field(min_length=1, max_length=len(Audience) * len(LANGUAGES))]


class TextView(ResponseModel):
    """A text for one audience in one language."""

    audience: Audience
    language: str
    title: str
    body: str


class TextsView(ResponseModel):
    """A version of a purpose's text; `own`: written by the organisation itself."""

    purpose: Purpose
    version: int
    own: bool
    texts: list[TextView]


# More than there are versions and languages of a text.
MAX_SAID_YES = 200


class SaidYes(ResponseModel):
    """How many people said yes to a version of a text, of those who read it in a language."""

    version: int
    language: str | None = Field(description="In which they read it; null: somebody told them of it.")
    people: int = Field(description="How many people said so last.")


class SaidYesView(ResponseModel):
    """How many people said yes to each version of a text, the newest version first."""

    items: list[SaidYes] = Field(max_length=MAX_SAID_YES)


class ConsentView(ResponseModel):
    """What a person said about one purpose; `stale`: the text has changed since."""

    purpose: str
    concerns: UUID | None
    given: bool
    version: int
    language: str | None
    via: str
    recorded_at: datetime
    stale: bool


class Items(ResponseModel):
    """What a person said last about each purpose."""

    items: list[ConsentView]


class Concerned(ResponseModel):
    """About whom somebody is asked."""

    person_id: UUID
    first_name: str | None


class Question(ResponseModel):
    """What somebody is asked, in the words of now, and what they said last."""

    purpose: Purpose
    concerns: Concerned | None
    version: int
    audience: Audience
    language: str
    title: str
    body: str
    said: ConsentView | None
    stale: bool


class MyConsents(ResponseModel):
    """What somebody is asked, and on what basis their data is kept whatever they answer."""

    legal_basis: Basis
    items: list[Question]


class VoiceView(ResponseModel):
    """One whose word counts, and what they said last."""

    person_id: UUID
    speaks: Literal["self", "holder"]
    needed: bool
    given: bool | None
    version: int | None
    stale: bool
    recorded_at: datetime | None


class PurposeStatus(ResponseModel):
    """How one purpose stands for one person. `differ`: those who are asked do not say the same."""

    purpose: Purpose
    voices: list[VoiceView]
    complete: bool
    differ: bool
    allowed: bool


class PersonStatus(ResponseModel):
    """How consent stands for one central person. `holders_known`: somebody is asked who has parental authority."""

    person_id: UUID
    age: AgeGroup
    holders_known: bool
    purposes: list[PurposeStatus]
    file_access: list[UUID]


class ConsentStatus(ResponseModel):
    """What is needed from whom in a case, and what is there."""

    case_id: UUID
    persons: list[PersonStatus]


class BasisChange(RequestModel):
    """On what basis the data of one person is kept from now on."""

    version: ReadVersion
    basis: Basis


class BasisView(ResponseModel):
    """On what basis data was kept from a moment on; `policy_version`: the policy that said so, for their kind."""

    basis: Basis
    policy_version: int | None
    since: datetime


class BasesView(Page[BasisView]):
    """On what basis the data of one person is kept, and was before, newest first."""

    version: int = Field(description="Grows with each decision; another one sends it along.")
