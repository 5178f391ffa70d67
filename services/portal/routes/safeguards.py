"""An organisation's decisions about data: retention, legal basis, consent texts, and safeguards."""

import asyncio

from pydantic import Field
from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.pages import Pages
from services.portal.routes.agreeing import ABOUT
from services.portal.routes.settings import (
    CHANGE_SAFEGUARDS,
    POLICIES,
    SAFEGUARDS,
    Fields,
    Group,
    group_of,
    set_fields,
    show_form,
)
from services.portal.setting_words import COUNTS
from services.portal.staff import StaffVisit, staff
from services.portal.visits import PageModel
from services.portal.wording import NAMES
from services.portal.wording import mark as _
from shared.auth import Role

pages = Pages()
RULES = "/privacy/rules"
CHANGE = "/privacy/rules/safeguards"
_officer = staff(Role.DPO)
_KEPT = Fields("intake", counts=COUNTS["intake"])
_INTAKE, _NETWORK = POLICIES[0], POLICIES[1]


class Text(Answer):
    """A text for one audience in one language."""

    audience: str
    language: str


class Texts(Answer):
    """The current version of a purpose's text."""

    purpose: str
    version: int
    own: bool
    texts: list[Text] = Field(default_factory=list)


TEXTS = Operation("network", "GET", "/v1/consent-texts/{purpose}", Texts)
KINDS = {
    "central": _("Over wie het gaat"),
    "representative": _("Wie voor een kind opkomt"),
    "circle": _("Wie in de kring zit"),
    "advocate": _("Vertrouwenspersonen"),
    "interpreter": _("Tolken"),
    "professional": _("Hulpverleners"),
}
BASES = {
    "consent": _("toestemming"),
    "contract": _("een overeenkomst"),
    "legal-obligation": _("een wettelijke plicht"),
    "vital-interests": _("een levensbelang"),
    "public-task": _("een taak van algemeen belang"),
    "legitimate-interest": _("een gerechtvaardigd belang"),
}


class ShownTexts(PageModel):
    """A text that people are asked to agree to."""

    code: str
    purpose: str
    version: int
    own: bool
    languages: str


class RulesPage(PageModel):
    """Everything that was decided."""

    kept: Group
    safeguards: Group
    bases: list[tuple[str, str]]
    texts: list[ShownTexts]


@pages.show(RULES, _officer)
async def show_all(visit: StaffVisit) -> Response:
    """Show the current settings."""
    intake, network, texts = await asyncio.gather(
        visit.ask(_INTAKE),
        visit.ask(_NETWORK),
        asyncio.gather(*(visit.ask(TEXTS, purpose=each) for each in ABOUT)),
    )
    names: dict[str, str] = {str(code): name for code, name in NAMES.items()}
    model = RulesPage(
        kept=await group_of(visit, _KEPT, intake),
        safeguards=await group_of(visit, SAFEGUARDS, intake),
        bases=[
            (visit.word(KINDS, kind), visit.word(BASES, basis))
            for kind, basis in network.settings["legal_basis"].items()
        ],
        texts=[
            ShownTexts(
                code=each.purpose,
                purpose=visit.word(ABOUT, each.purpose),
                version=each.version,
                own=each.own,
                languages=", ".join(sorted({names.get(text.language, text.language) for text in each.texts})),
            )
            for each in texts
        ],
    )
    return visit.page("rules.html", model)


@pages.show(CHANGE, _officer)
async def show(visit: StaffVisit) -> Response:
    """Show the safeguards, and who changed them when."""
    return await show_form(visit, SAFEGUARDS, back=(RULES, visit.say(_("Regels over gegevens"))))


@pages.send(CHANGE, _officer, shown_by=show)
async def change(visit: StaffVisit) -> Response:
    """Set the safeguards, which nobody else can."""
    await set_fields(visit, SAFEGUARDS, CHANGE_SAFEGUARDS)
    return visit.go(RULES)
