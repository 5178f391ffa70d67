"""Self-referral without an account: one question per page, stored on the way, and sent once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field, model_validator
from starlette.responses import Response

from services.portal import drafts
from services.portal.client import Answer, Operation, ServiceRefused
from services.portal.codes import THEMES
from services.portal.drafts import Writing, WrittenDay
from services.portal.forms import read_id
from services.portal.pages import Pages, of_organisation
from services.portal.visits import Form, MustGo, PageModel, Unacceptable, Visit
from services.portal.wording import Dates, language_name
from services.portal.wording import mark as _
from shared import profiles
from shared.fields import EmailAddress, Line, Name, Phone, Text
from shared.http.limits import count_anonymous

pages = Pages()


class Received(Answer):
    """The id of a referral that was sent."""

    referral_id: UUID


# The platform's languages, and others that many people in Belgium speak.
_SPOKEN = (
    *("nl", "fr", "en", "ar", "tr", "pl", "uk"),
    *("bg", "de", "es", "fa", "it", "ps", "pt", "ro", "ru", "so", "ti"),
)
WISHED = {"": _("Maakt niet uit"), "female": _("Liefst een vrouw"), "male": _("Liefst een man")}

REFER = Operation("intake", "POST", "/v1/referrals", Received)


class NameForm(Form):
    """A name."""

    WANTED: ClassVar = {"first_name": _("Schrijf je voornaam."), "last_name": _("Schrijf je familienaam.")}

    first_name: Name
    last_name: Name


class BirthForm(Form):
    """A birth date."""

    WANTED: ClassVar = {"birth_date": _("Schrijf je geboortedatum met dag, maand en jaar: 27/3/1985.")}

    birth_date: WrittenDay


class ContactForm(Form):
    """Contact details: one way is enough."""

    WANTED: ClassVar = {
        "": _("Schrijf een telefoonnummer of een mailadres. Anders kunnen we je niet bereiken."),
    }

    phone: Phone | None = None
    email: EmailAddress | None = None
    address: Line | None = None

    @model_validator(mode="after")
    def _can_be_reached(self) -> "ContactForm":
        if self.phone is None and self.email is None:
            raise ValueError("neither phone nor email")
        return self


class QuestionForm(Form):
    """What the person would like to change."""

    WANTED: ClassVar = {"question": _("Schrijf in een paar woorden wat je graag anders wil.")}

    question: Text


class ThemesForm(Form):
    """The themes."""

    WANTED: ClassVar = {"themes[]": _("Kies minstens één ding. Het hoeft niet helemaal te kloppen.")}

    # All codes together are half as long.
    themes: str = Field(alias="themes[]", min_length=1, max_length=300)

    @property
    def chosen(self) -> list[str]:
        """Return the codes."""
        return self.themes.split(",")


class WishesForm(Form):
    """In which languages they talk, and their wishes for a coordinator."""

    WANTED: ClassVar = {"spoken[]": _("Kies minstens één taal.")}

    # All codes together are shorter.
    spoken: str = Field(alias="spoken[]", min_length=2, max_length=100)
    gender: Literal["female", "male"] | None = None

    @property
    def languages(self) -> list[str]:
        """Return the codes."""
        return [code for code in self.spoken.split(",") if code in _SPOKEN]

    def body(self) -> dict[str, object]:
        """Return the part of intake's request body."""
        wishes = self.model_dump(exclude={"spoken"}, exclude_none=True)
        return {"languages": self.languages, "wishes": {**wishes, "languages": self.languages}}


STEPS: dict[str, type[Form]] = {
    "question": QuestionForm,
    "themes": ThemesForm,
    "name": NameForm,
    "birth": BirthForm,
    "contact": ContactForm,
    "wishes": WishesForm,
}


class StartPage(PageModel):
    """What a self-referral is."""

    name: str
    begun: bool
    lost: bool


class StepPage(PageModel):
    """One question."""

    step: str
    number: int
    of: int
    base: str
    back: str
    themes: list[tuple[str, str]]
    spoken: list[tuple[str, str]]
    wished: list[tuple[str, str, None]]


class CheckPage(PageModel):
    """All answers: question, answer, and where to change it."""

    base: str
    rows: list[tuple[str, str, str]]


class StopPage(PageModel):
    """Whether to delete everything; and the way back."""

    back: str


class SentPage(PageModel):
    """What happens now."""

    name: str


@dataclass(kw_only=True)
class WritingVisit(Visit):
    """A request in a self-referral."""

    writing: Writing

    @property
    def form_token(self) -> str:
        """The token in forms of this draft."""
        return self.writing.secret.form_token_of(str(self.writing.draft.tenant))


def _tenant(visit: Visit) -> UUID:
    return UUID(read_id(visit.request.path_params["tenant"]))


def _base(visit: Visit) -> str:
    return f"/o/{_tenant(visit)}/refer"


async def writing(visit: Visit) -> WritingVisit:
    """Let in whoever has a draft, which anybody can begin. Raises: MustGo to the beginning; TooManyRequests."""
    await count_anonymous(visit.request)
    await of_organisation(visit)
    found = await drafts.find(visit, tenant=_tenant(visit), owner=None)
    if found is None:
        raise MustGo(_base(visit))
    return WritingVisit(**visit.as_fields, writing=found)


@pages.show("/o/{tenant}/refer", of_organisation)
async def start(visit: Visit) -> Response:
    """Explain what happens with the answers."""
    if visit.profile is profiles.UNKNOWN:
        raise ServiceRefused(404, "tenant-not-found")
    begun = await drafts.find(visit, tenant=_tenant(visit), owner=None)
    lost = begun is None and await drafts.is_lost(visit, owner=None)
    model = StartPage(name=visit.profile.name, begun=begun is not None, lost=lost)
    return visit.page("refer_start.html", model)


@pages.send("/o/{tenant}/refer", of_organisation)
async def begin(visit: Visit) -> Response:
    """Begin, or continue where the reader was."""
    tenant = _tenant(visit)
    known = await drafts.find(visit, tenant=tenant, owner=None)
    if known is not None:
        return visit.go(f"{_base(visit)}/{known.next_of(STEPS)}")
    return await drafts.begin(
        visit, visit.go(f"{_base(visit)}/{next(iter(STEPS))}"), tenant=tenant, owner=None
    )


@pages.show("/o/{tenant}/refer/check", writing)
async def check(visit: WritingVisit) -> Response:
    """Show everything before it is sent."""
    await _complete(visit)
    rows = await _rows(visit)
    return visit.page("refer_check.html", CheckPage(base=_base(visit), rows=rows))


@pages.send("/o/{tenant}/refer/check", writing)
async def send(visit: WritingVisit) -> Response:
    """Send it, once."""
    await _complete(visit)
    if "agreed" not in visit.form:
        raise Unacceptable(
            {"agreed": _("Zet hier een vinkje als je dat wil. Zonder dat mogen we niet beginnen.")}
        )
    await visit.ask(
        REFER,
        headers={
            "kring-tenant": str(_tenant(visit)),
            "idempotency-key": str(visit.writing.draft.once),
        },
        body=await _body(visit),
    )
    return await visit.writing.end(visit, visit.go(f"{_base(visit)}/sent"))


@pages.show("/o/{tenant}/refer/sent", of_organisation)
async def sent(visit: Visit) -> Response:
    """Say what happens now."""
    return visit.page("refer_sent.html", SentPage(name=visit.profile.name))


@pages.show("/o/{tenant}/refer/stop", writing)
async def show_stop(visit: WritingVisit) -> Response:
    """Ask before everything is deleted."""
    return visit.page("refer_stop.html", StopPage(back=f"{_base(visit)}/{visit.writing.next_of(STEPS)}"))


@pages.send("/o/{tenant}/refer/stop", writing)
async def stop(visit: WritingVisit) -> Response:
    """Delete everything that was written."""
    return await visit.writing.end(visit, visit.go("/"))


@pages.show("/o/{tenant}/refer/{step}", writing)
async def show(visit: WritingVisit) -> Response:
    """Ask one question."""
    step = _step(visit)
    # A form that is shown again uses only its own values: an unticked box is not among them.
    visit.form = visit.form or visit.writing.draft.steps.get(step, {})
    names = list(STEPS)
    number = names.index(step)
    model = StepPage(
        step=step,
        number=number + 1,
        of=len(names),
        base=_base(visit),
        back=f"{_base(visit)}/{names[number - 1]}" if number else _base(visit),
        themes=[(code, visit.say(label)) for code, label in THEMES.items()],
        spoken=spoken(visit),
        wished=wished(visit),
    )
    return visit.page("refer_step.html", model)


@pages.send("/o/{tenant}/refer/{step}", writing)
async def answer(visit: WritingVisit) -> Response:
    """Store an answer, and ask the next question."""
    step = _step(visit)
    await visit.writing.take(visit, step, STEPS[step])
    return visit.go(f"{_base(visit)}/{visit.writing.next_of(STEPS)}")


def spoken(visit: Visit) -> list[tuple[str, str]]:
    """Return the languages that can be chosen."""
    return [(code, language_name(code, visit.language)) for code in _SPOKEN]


def wished(visit: Visit) -> list[tuple[str, str, None]]:
    """Return what can be wished of a coordinator, as radio buttons."""
    return [(code, visit.say(label), None) for code, label in WISHED.items()]


def names_of(visit: Visit, languages: Iterable[str]) -> str:
    """Return languages by their names."""
    return visit.listed(language_name(code, visit.language) for code in languages)


def _step(visit: Visit) -> str:
    step: str = visit.request.path_params["step"]
    if step not in STEPS:
        raise MustGo(_base(visit))
    return step


async def _complete(visit: WritingVisit) -> None:
    missing = visit.writing.next_of(STEPS)
    if missing != "check":
        raise MustGo(f"{_base(visit)}/{missing}")


async def _rows(visit: WritingVisit) -> list[tuple[str, str, str]]:
    given = {name: value for step in STEPS for name, value in visit.writing.draft.steps[step].items()}
    born = BirthForm.model_validate(visit.writing.draft.steps["birth"]).birth_date
    dates = Dates(visit.language, visit.profile.calendar)
    wishes = visit.writing.read("wishes", WishesForm)
    labels = [visit.word(THEMES, code) for code in given["themes[]"].split(",") if code in THEMES]
    return [
        (visit.say(_("Wat je graag anders wil")), given["question"], "question"),
        (visit.say(_("Waar het over gaat")), ", ".join(labels), "themes"),
        (visit.say(_("Naam")), f"{given['first_name']} {given['last_name']}", "name"),
        (visit.say(_("Geboortedatum")), dates.day(born), "birth"),
        (visit.say(_("Telefoon")), given.get("phone", ""), "contact"),
        (visit.say(_("Mailadres")), given.get("email", ""), "contact"),
        (visit.say(_("Adres")), given.get("address", ""), "contact"),
        (visit.say(_("Waarin je graag praat")), names_of(visit, wishes.languages), "wishes"),
        (visit.say(_("Wie je graag als coördinator wil")), visit.say(WISHED[wishes.gender or ""]), "wishes"),
    ]


async def _body(visit: WritingVisit) -> dict[str, object]:
    today = visit.profile.calendar.day_of(await visit.parts.clock.now())
    themes = visit.writing.read("themes", ThemesForm)
    person: dict[str, object] = {"ref": "self", "role": "central", "language": visit.language}
    for step in ("name", "birth", "contact"):
        person |= visit.writing.read(step, STEPS[step]).model_dump(mode="json", exclude_none=True)
    return {
        "kind": "self",
        "question": visit.writing.draft.steps["question"]["question"],
        "themes": themes.chosen,
        **visit.writing.read("wishes", WishesForm).body(),
        "persons": [{**person, "consent": {"referral": True, "date": today.isoformat()}}],
    }
