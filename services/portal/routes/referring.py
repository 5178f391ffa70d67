"""A professional's referral: short pages, stored for a week in their browser's session, and sent once."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from starlette.responses import Response

from services.portal import drafts
from services.portal.codes import THEMES
from services.portal.drafts import Writing, WrittenDay
from services.portal.forms import read_number
from services.portal.pages import Pages
from services.portal.routes.baseline import Lines
from services.portal.routes.organisations import REGISTER
from services.portal.routes.refer import REFER, WISHED, QuestionForm, WishesForm, names_of, spoken, wished
from services.portal.staff import StaffVisit, staff
from services.portal.staff_words import REFERRED_AS
from services.portal.visits import Form, MustGo, PageModel
from services.portal.wording import NAMES
from services.portal.wording import mark as _
from shared.ages import ADULT_FROM
from shared.auth import Role
from shared.calendar import age_on
from shared.fields import EmailAddress, LastName, Line, Name, Phone, Text
from shared.languages import Language

pages = Pages()
_referrer = staff(Role.REFERRER)
_BASE = "/referrals/new"
_PERSON = "person-"
_MOST = 50


class AboutForm(QuestionForm):
    """What it is about."""

    WANTED: ClassVar = {
        "question": _("Schrijf in een paar woorden wat de vraag is."),
        "themes[]": _("Kies minstens één ding. Het hoeft niet helemaal te kloppen."),
    }

    themes: str = Field(alias="themes[]", min_length=1, max_length=300)
    summary: Text | None = None
    urgent: str | None = None


class FamilyWishesForm(WishesForm):
    """The family's languages, and their wishes for a coordinator."""

    culture: Annotated[Line, StringConstraints(max_length=60)] | None = None


class PersonForm(Form):
    """A person it concerns, and whether they agreed."""

    WANTED: ClassVar = {
        "": _("Schrijf op welke dag deze persoon ja zei."),
        "role": _("Kies wie dit is."),
        "first_name": _("Schrijf de voornaam."),
        "birth_date": _("Schrijf de datum met dag, maand en jaar: 27/3/1985."),
        "agreed_on": _("Schrijf de datum met dag, maand en jaar: 27/3/1985."),
    }

    role: Literal["central", "representative", "circle"]
    first_name: Name
    last_name: LastName = ""
    birth_date: WrittenDay | None = None
    phone: Phone | None = None
    email: EmailAddress | None = None
    address: Line | None = None
    # Not `language`: a form with that field asks for the page in another language.
    spoken: Language = "nl"
    relation: Line | None = None
    side: Literal["maternal", "paternal", "other"] = "other"
    parental_authority: str | None = None
    agreed: str | None = None
    agreed_on: WrittenDay | None = None

    @model_validator(mode="after")
    def _says_when(self) -> "PersonForm":
        if self.agreed is not None and self.agreed_on is None:
            raise ValueError("agreed, but when")
        return self

    def body(self, ref: str) -> dict[str, object]:
        """Return intake's request body."""
        own = self.model_dump(
            mode="json", exclude_none=True, exclude={"spoken", "parental_authority", "agreed", "agreed_on"}
        )
        own |= {
            "ref": ref,
            "language": self.spoken,
            "parental_authority": self.parental_authority is not None,
        }
        if self.agreed is None or self.agreed_on is None:
            return own
        return {**own, "consent": {"referral": True, "date": self.agreed_on.isoformat()}}


class MandateForm(Form):
    """The bottom lines of a plan, if an organisation must accept it."""

    WANTED: ClassVar = {
        "": _("Kies welke andere organisatie het plan moet aanvaarden."),
        "mandated": _("Kies of een organisatie het plan moet aanvaarden."),
    }

    mandated: Literal["yes", "no", "other"]
    mandated_other: UUID | None = None
    bottom_lines: Lines = Field(default_factory=list)
    resources: Text | None = None

    @model_validator(mode="after")
    def _says_which(self) -> "MandateForm":
        if self.mandated == "other" and self.mandated_other is None:
            raise ValueError("another, but which")
        return self


_STEPS: dict[str, type[Form]] = {
    "question": AboutForm,
    "wishes": FamilyWishesForm,
    f"{_PERSON}1": PersonForm,
    "mandate": MandateForm,
}


class BeginPage(PageModel):
    """Whether there is a draft."""

    begun: bool


class StepPage(PageModel):
    """One step of a referral, with what its fields offer."""

    step: str
    back: str
    themes: list[tuple[str, str]]
    languages: list[tuple[str, str]]
    spoken: list[tuple[str, str]]
    wished: list[tuple[str, str, None]]
    organisations: list[tuple[str, str]]
    adults: bool


class Named(PageModel):
    """An entered person."""

    step: str
    name: str
    role: str
    agreed: bool


class PeoplePage(PageModel):
    """The entered persons, and where to add the next."""

    people: list[Named]
    another: str | None
    onward: str


class CheckPage(PageModel):
    """Everything that was answered."""

    rows: list[tuple[str, str, str]]
    people: list[Named]


async def _writing(visit: StaffVisit) -> Writing:
    found = await drafts.find(visit, tenant=visit.tenant, owner=visit.member.id)
    if found is None:
        raise MustGo(_BASE)
    return found


def _people(visit: StaffVisit, writing: Writing) -> list[Named]:
    steps = sorted(
        (step for step in writing.draft.steps if step.startswith(_PERSON)), key=lambda step: (len(step), step)
    )
    people = [(step, writing.read(step, PersonForm)) for step in steps]
    return [
        Named(
            step=step,
            name=f"{person.first_name} {person.last_name}".strip(),
            role=visit.word(REFERRED_AS, person.role),
            agreed=person.agreed is not None,
        )
        for step, person in people
    ]


async def _of_adults(visit: StaffVisit, writing: Writing) -> bool:
    """Tell whether all whom it concerns are known to be adults: then nobody must accept their plan."""
    today = visit.profile.calendar.day_of(await visit.parts.clock.now())
    people = [writing.read(step, PersonForm) for step in writing.draft.steps if step.startswith(_PERSON)]
    born = [each.birth_date for each in people if each.role == "central"]
    return bool(born) and all(day is not None and age_on(day, today) >= ADULT_FROM for day in born)


@pages.show(_BASE, _referrer)
async def start(visit: StaffVisit) -> Response:
    """Explain what is asked, and continue an existing draft."""
    begun = await drafts.find(visit, tenant=visit.tenant, owner=visit.member.id)
    return visit.page("referring_start.html", BeginPage(begun=begun is not None))


@pages.send(_BASE, _referrer)
async def begin(visit: StaffVisit) -> Response:
    """Begin, continue, or delete a draft."""
    known = await drafts.find(visit, tenant=visit.tenant, owner=visit.member.id)
    if known is not None and "forget" in visit.form:
        return await known.end(visit, visit.go(_BASE))
    if known is not None:
        return visit.go(f"{_BASE}/{known.next_of(_STEPS)}")
    first = visit.go(f"{_BASE}/question")
    return await drafts.begin(visit, first, tenant=visit.tenant, owner=visit.member.id)


@pages.show(f"{_BASE}/people", _referrer)
async def show_people(visit: StaffVisit) -> Response:
    """Show the entered persons."""
    writing = await _writing(visit)
    people = _people(visit, writing)
    numbers = (f"{_PERSON}{number}" for number in range(1, _MOST + 1))
    another = next((step for step in numbers if step not in writing.draft.steps), None)
    model = PeoplePage(people=people, another=another, onward=writing.next_of(_STEPS))
    return visit.page("referring_people.html", model)


@pages.send(f"{_BASE}/people", _referrer)
async def remove(visit: StaffVisit) -> Response:
    """Remove a person."""
    writing = await _writing(visit)
    if visit.form.get("remove", "").startswith(_PERSON):
        await writing.drop(visit, visit.form["remove"])
    return visit.go(f"{_BASE}/people")


@pages.show(f"{_BASE}/check", _referrer)
async def check(visit: StaffVisit) -> Response:
    """Show everything before it is sent."""
    writing = await _complete(visit)
    about, mandate = writing.read("question", AboutForm), writing.read("mandate", MandateForm)
    wishes = writing.read("wishes", FamilyWishesForm)
    labels = [visit.word(THEMES, code) for code in about.themes.split(",") if code in THEMES]
    adults = await _of_adults(visit, writing)
    if mandate.mandated == "other":
        accepts = (await _others(visit)).get(str(mandate.mandated_other), "")
    else:
        accepts = visit.say(_("Ja, mijn organisatie") if mandate.mandated == "yes" else _("Nee"))
    rows = [
        (visit.say(_("De vraag")), about.question, "question"),
        (visit.say(_("Waar het over gaat")), ", ".join(labels), "question"),
        (visit.say(_("Dringend")), visit.say(_("Ja") if about.urgent else _("Nee")), "question"),
        (visit.say(_("Wat er speelt")), about.summary or "", "question"),
        (visit.say(_("Waarin de mensen graag praten")), names_of(visit, wishes.languages), "wishes"),
        (visit.say(_("De coördinator")), visit.say(WISHED[wishes.gender or ""]), "wishes"),
        (visit.say(_("Vertrouwd met")), wishes.culture or "", "wishes"),
        *(
            []
            if adults
            else [(visit.say(_("Moet een organisatie het plan aanvaarden?")), accepts, "mandate")]
        ),
        (visit.say(_("De ondergrenzen")), "\n".join(mandate.bottom_lines), "mandate"),
        (visit.say(_("Wat we zelf kunnen bieden")), mandate.resources or "", "mandate"),
    ]
    return visit.page("referring_check.html", CheckPage(rows=rows, people=_people(visit, writing)))


@pages.send(f"{_BASE}/check", _referrer)
async def send(visit: StaffVisit) -> Response:
    """Send it, once."""
    writing = await _complete(visit)
    once = {"idempotency-key": str(writing.draft.once)}
    received = await visit.ask(REFER, headers=once, body=await _body(visit, writing))
    return await writing.end(visit, visit.go(f"/referrals/{received.referral_id}"))


@pages.show(f"{_BASE}/{{step}}", _referrer)
async def show(visit: StaffVisit) -> Response:
    """Show one step, with its earlier answers."""
    writing = await _writing(visit)
    step = _step(visit)
    # A form that is shown again uses only its own values: an unticked box is not among them.
    visit.form = visit.form or writing.draft.steps.get(step, {})
    kind = "person" if step.startswith(_PERSON) else step
    model = StepPage(
        step=step,
        back=_BASE if step == "question" else f"{_BASE}/{'people' if step == 'mandate' else 'question'}",
        themes=[(code, visit.say(label)) for code, label in THEMES.items()],
        languages=list(NAMES.items()),
        spoken=spoken(visit),
        wished=wished(visit),
        organisations=list((await _others(visit)).items()) if step == "mandate" else [],
        adults=step == "mandate" and await _of_adults(visit, writing),
    )
    return visit.page(f"referring_{kind}.html", model)


@pages.send(f"{_BASE}/{{step}}", _referrer)
async def answer(visit: StaffVisit) -> Response:
    """Store the answers."""
    writing = await _writing(visit)
    step = _step(visit)
    await writing.take(visit, step, _STEPS.get(step, PersonForm))
    return visit.go(f"{_BASE}/{'people' if step.startswith(_PERSON) else writing.next_of(_STEPS)}")


def _step(visit: StaffVisit) -> str:
    step: str = visit.request.path_params["step"]
    number = step.removeprefix(_PERSON)
    if step not in _STEPS and not (step.startswith(_PERSON) and 0 < read_number(number) <= _MOST):
        raise MustGo(_BASE)
    return step


async def _complete(visit: StaffVisit) -> Writing:
    writing = await _writing(visit)
    missing = writing.next_of(_STEPS)
    if missing != "check":
        raise MustGo(f"{_BASE}/{missing}")
    return writing


async def _body(visit: StaffVisit, writing: Writing) -> dict[str, object]:
    about, mandate = writing.read("question", AboutForm), writing.read("mandate", MandateForm)
    body: dict[str, object] = {
        "kind": "professional",
        "track": "urgent" if about.urgent else "normal",
        "question": about.question,
        "themes": about.themes.split(","),
        **writing.read("wishes", FamilyWishesForm).body(),
        "persons": [writing.read(each.step, PersonForm).body(each.step) for each in _people(visit, writing)],
        "bottom_lines": mandate.bottom_lines,
    }
    if about.summary:
        body["summary"] = about.summary
    if mandate.resources:
        body["resources"] = mandate.resources
    accepts = {"yes": visit.member.organisation, "other": mandate.mandated_other}.get(mandate.mandated)
    if accepts is not None and not await _of_adults(visit, writing):
        body["mandated_organisation_id"] = str(accepts)
    return body


async def _others(visit: StaffVisit) -> dict[str, str]:
    """Return the other organisations of the register: id and name."""
    return {
        str(each.organisation_id): each.name
        for each in await visit.ask_all(REGISTER)
        if each.superseded_by is None and each.organisation_id != visit.member.organisation
    }
