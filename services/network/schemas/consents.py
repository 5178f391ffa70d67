"""Bodies about consent: texts, answers, and open questions."""

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
    """A yes or no to one purpose, in one version of its text; `concerns` names the other person it is about, if any."""

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
    """A new version of a purpose's text: in Dutch for each of its audiences, and in other languages."""

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


# More than a text has versions and languages.
MAX_SAID_YES = 200


class SaidYes(ResponseModel):
    """How many people said yes to a version of a text, among those who read it in one language."""

    version: int
    language: str | None = Field(description="In which they read it; null: somebody told them of it.")
    people: int = Field(description="How many people said so last.")


class SaidYesView(ResponseModel):
    """How many people said yes to each version of a text, the newest version first."""

    items: list[SaidYes] = Field(max_length=MAX_SAID_YES)


class ConsentView(ResponseModel):
    """A person's answer about one purpose; `stale`: the text has changed since."""

    purpose: str
    concerns: UUID | None
    given: bool
    version: int
    language: str | None
    via: str
    recorded_at: datetime
    stale: bool


class Items(ResponseModel):
    """A person's latest answer about each purpose."""

    items: list[ConsentView]


class Concerned(ResponseModel):
    """The person an answer is about."""

    person_id: UUID
    first_name: str | None


class Question(ResponseModel):
    """What a person is asked, in the current words, and their latest answer."""

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
    """What a person is asked, and the legal basis of their data whatever they answer."""

    legal_basis: Basis
    items: list[Question]


class VoiceView(ResponseModel):
    """A person whose answer counts, and their latest one."""

    person_id: UUID
    speaks: Literal["self", "holder"]
    needed: bool
    given: bool | None
    version: int | None
    stale: bool
    recorded_at: datetime | None


class PurposeStatus(ResponseModel):
    """The state of one purpose for one person. `differ`: the answers contradict each other."""

    purpose: Purpose
    voices: list[VoiceView]
    complete: bool
    differ: bool
    allowed: bool


class PersonStatus(ResponseModel):
    """The state of consent for one central person. `holders_known`: somebody with parental authority is known."""

    person_id: UUID
    age: AgeGroup
    holders_known: bool
    purposes: list[PurposeStatus]
    file_access: list[UUID]


class ConsentStatus(ResponseModel):
    """Whose consent is needed in a case, and what they answered."""

    case_id: UUID
    persons: list[PersonStatus]


class BasisChange(RequestModel):
    """The legal basis of one person's data from now on."""

    version: ReadVersion
    basis: Basis


class BasisView(ResponseModel):
    """The legal basis from a moment on; `policy_version`: the policy that set it for their kind."""

    basis: Basis
    policy_version: int | None
    since: datetime


class BasesView(Page[BasisView]):
    """The legal bases of one person's data, newest first."""

    version: int = Field(description="Grows with each decision; another one sends it along.")
