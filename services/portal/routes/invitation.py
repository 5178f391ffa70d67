"""The reader's invitation: yes, from home, no, not sure yet; proposing others; and stopping the whole case."""

from typing import ClassVar, Literal

from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.needs import needs_in_words, needs_of_form
from services.portal.pages import Pages
from services.portal.people import ME, Invitation, PersonVisit, person
from services.portal.visits import Form, PageModel
from services.portal.wording import mark as _
from shared.fields import EmailAddress, LastName, Line, Name, Phone
from shared.languages import Language

pages = Pages()

ANSWER = Operation("network", "POST", "/v1/me/invitation/answer", Invitation)
PROPOSE = Operation("network", "POST", "/v1/me/proposals", Answer)
STOP = Operation("intake", "POST", "/v1/cases/{case_id}/withdraw", Answer)

# A choice on the page in the service's terms: the answer, and how the person takes part.
_CHOICES: dict[str, tuple[str, str | None]] = {
    "in-person": ("yes", "in-person"),
    "online": ("yes", "online"),
    "phone": ("yes", "phone"),
    "letter": ("yes", "letter"),
    "no": ("no", None),
    "unsure": ("unsure", None),
}


class InvitationPage(PageModel):
    """The question, and the earlier answer."""

    first_name: str
    invited: bool
    chosen: str | None
    all_needs: list[tuple[str, str]]
    needs: list[str]
    needs_words: str


class InvitationForm(Form):
    """How the reader takes part."""

    WANTED: ClassVar = {"taking_part": _("Kies of je meedoet.")}

    taking_part: Literal["in-person", "online", "phone", "letter", "no", "unsure"]


@pages.show("/me/invitation", person)
async def show(visit: PersonVisit) -> Response:
    """Show the invitation."""
    me = await visit.ask(ME)
    visit.require_live(me)
    given = me.invitation
    said = given.answer if given is not None else None
    mode = given.mode if given is not None else None
    model = InvitationPage(
        first_name=me.first_name,
        invited=given is not None and given.state != "cancelled",
        chosen=mode if said == "yes" else said,
        all_needs=needs_in_words(visit),
        needs=me.needs,
        needs_words=me.needs_words or "",
    )
    return visit.page("invitation.html", model)


@pages.send("/me/invitation", person)
async def answer(visit: PersonVisit) -> Response:
    """Answer it."""
    said, mode = _CHOICES[visit.read(InvitationForm).taking_part]
    await visit.ask(ANSWER, body={"answer": said, "mode": mode, **needs_of_form(visit)})
    return visit.go(f"/me/thanks/{said}")


class ThanksPage(PageModel):
    """What comes next."""

    what: str


@pages.show("/me/thanks/{what}", person)
async def thanks(visit: PersonVisit) -> Response:
    """Say that the answer arrived, and what comes next."""
    return visit.page("thanks.html", ThanksPage(what=visit.request.path_params["what"]))


class ProposePage(PageModel):
    """A form for proposing a person."""


class ProposeForm(Form):
    """A proposed person."""

    WANTED: ClassVar = {
        "first_name": _("Schrijf de voornaam."),
        "relation": _("Schrijf wie dit is voor jou: een tante, een buur, een vriend ..."),
    }

    first_name: Name
    last_name: LastName = ""
    relation: Line
    phone: Phone | None = None
    email: EmailAddress | None = None
    address: Line | None = None
    # Not `language`: a form with that field asks for the page in another language.
    written_in: Language | None = None


@pages.show("/me/propose", person)
async def show_proposal(visit: PersonVisit) -> Response:
    """Show the form."""
    await visit.require_going_on()
    return visit.page("propose.html", ProposePage())


@pages.send("/me/propose", person)
async def propose(visit: PersonVisit) -> Response:
    """Propose a person; the coordinator asks them first."""
    said = visit.read(ProposeForm).model_dump(exclude_none=True)
    language = said.pop("written_in", visit.language)
    await visit.ask(PROPOSE, body={**said, "language": language})
    return visit.go("/me/thanks/proposal")


class StopPage(PageModel):
    """What stopping means."""


class StopForm(Form):
    """Why, from a short list; none of it is a reproach."""

    WANTED: ClassVar = {"reason": _("Kies wat het best past.")}

    reason: Literal["family-withdrew", "solved", "other-help-chosen", "situation-changed", "other"]


@pages.show("/me/stop", person)
async def show_stop(visit: PersonVisit) -> Response:
    """Explain what stopping means."""
    await visit.require_going_on()
    return visit.page("stop.html", StopPage())


@pages.send("/me/stop", person)
async def stop(visit: PersonVisit) -> Response:
    """Stop everything at once."""
    form = visit.read(StopForm)
    await visit.ask(STOP, body={"reason": form.reason}, case_id=visit.person.case_id)
    return visit.go("/me/thanks/stopped")
