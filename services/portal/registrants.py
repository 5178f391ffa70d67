"""Readers with the link of their training registration: their session."""

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from services.portal.client import ServiceRefused
from services.portal.failures import REFUSALS
from services.portal.link_visits import LinkVisit
from services.portal.sessions import Registrant
from services.portal.visits import NobodyHere, PageModel, Visit
from services.portal.wording import mark as _

OWN = "/registration"
COOKIE = "registration"


class LinkPage(PageModel):
    """The button that opens a registration. `confirms`: it also confirms it; `over`: what is shown instead."""

    confirms: bool
    over: tuple[str, str] | None


OVER = frozenset({404, 410, 422})
_LINK_OVER = (
    _("Deze link werkt niet meer"),
    _(
        "Bevestigen kan drie dagen lang, tot de vorming begint. Wil je er toch graag bij zijn?"
        " Schrijf je dan opnieuw in."
    ),
)
# By the code of a refused confirmation: what remains to do or to know.
NOT_CONFIRMED = {
    "registration-erased": (_LINK_OVER[0], _("De gegevens van deze inschrijving zijn gewist.")),
    "already-registered": (
        _("Je bent al ingeschreven voor deze vorming"),
        _(
            "Open de link in de eerste mail die je van ons kreeg. Vind je die niet meer? Schrijf je dan nog eens in,"
            " met dezelfde naam en hetzelfde mailadres. Dan sturen we je de link opnieuw."
        ),
    ),
    **{
        code: (_("Je inschrijving kan niet meer bevestigd worden"), REFUSALS[code])
        for code in ("registration-closed", "registration-elsewhere")
    },
}


def over_page(visit: Visit, refused: ServiceRefused) -> Response:
    """Return the page that says why a link does nothing (any more)."""
    title, explanation = NOT_CONFIRMED.get(refused.code, _LINK_OVER)
    model = LinkPage(confirms=False, over=(visit.say(title), visit.say(explanation)))
    return visit.page("registration_link.html", model, status=410 if refused.status in OVER else 409)


@dataclass(kw_only=True)
class RegistrantVisit(LinkVisit):
    """A request of a reader with the link of their registration."""

    registrant: Registrant

    @property
    def came(self) -> Registrant:
        """The reader, as stored in their session."""
        return self.registrant

    @property
    def home(self) -> tuple[str, str]:
        """Their registration."""
        return OWN, _("Naar je inschrijving")

    @property
    def reader(self) -> str:
        """Whose the forms are."""
        return self.registrant.link

    def over(self, refused: ServiceRefused) -> Response | None:
        """Return the page that says that their registration was erased meanwhile."""
        return over_page(self.as_stranger, refused) if refused.status in OVER else None

    def _surroundings(self) -> dict[str, Any]:
        return {**super()._surroundings(), "sign_out": f"{OWN}/sign-out"}


async def known_registrant(visit: Visit) -> RegistrantVisit | None:
    """Return the reader with the link of their registration."""
    found = await visit.session_behind(COOKIE, Registrant)
    if found is None:
        return None
    secret, known = found
    visit.language = known.language
    await visit.dress(known.tenant)
    return RegistrantVisit(
        **visit.as_fields,
        secret=secret,
        registrant=known,
    )


async def registrant(visit: Visit) -> RegistrantVisit:
    """Let in readers with the link of their registration. Raises: NobodyHere."""
    known = await known_registrant(visit)
    if known is None:
        raise NobodyHere
    return known
