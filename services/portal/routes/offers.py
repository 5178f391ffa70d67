"""Offers of cases to a coordinator: what they may know, and their answer."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Items, NamedAnswer, Operation
from services.portal.codes import THEMES
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.staff import StaffVisit, staff
from services.portal.visits import Form, PageModel
from services.portal.wording import Dates
from services.portal.wording import mark as _
from shared.auth import Role

pages = Pages()


class Offer(Answer):
    """An offer, as far as a list shows it."""

    offer_id: UUID
    case_id: UUID
    state: str
    track: str
    themes: list[str]
    minors: bool
    expires_at: datetime | None


class OfferedPerson(NamedAnswer):
    """A central person, and where they live: to judge whether one has ties to them."""

    municipality: str | None


class OfferDetail(Offer):
    """An offer, with the people concerned."""

    persons: list[OfferedPerson]
    organisations: list[str]


class OfferAnswer(Answer):
    """The state of an offer now."""

    state: str


OFFERS = Operation("intake", "GET", "/v1/offers", Items[Offer])
OFFER = Operation("intake", "GET", "/v1/offers/{offer_id}", OfferDetail)
ACCEPT = Operation("intake", "POST", "/v1/offers/{offer_id}/accept", OfferAnswer)
DECLINE = Operation("intake", "POST", "/v1/offers/{offer_id}/decline", OfferAnswer)


class ShownOffer(PageModel):
    """An offer in a list."""

    id: UUID
    about: str
    urgent: bool
    minors: bool
    until: str | None


class OffersPage(PageModel):
    """The reader's offers."""

    offers: list[ShownOffer]
    more: str | None


class OfferPage(PageModel):
    """An offer, and the question; nothing once it is answered or over."""

    offer: ShownOffer | None
    persons: list[OfferedPerson]
    organisations: list[str]


class OfferForm(Form):
    """Yes or no."""

    WANTED: ClassVar = {"answer": _("Kies of je de zaak opneemt.")}

    answer: Literal["yes", "no"]


class Yes(Form):
    """A declaration of no ties to anyone concerned."""

    WANTED: ClassVar = {
        "no_ties": _("Vink aan dat je geen band hebt met iemand uit deze zaak. Is die er wel, zeg dan nee.")
    }

    no_ties: Literal["yes"]


class No(Form):
    """Why not, from a short list."""

    WANTED: ClassVar = {"reason": _("Kies waarom je de zaak niet opneemt.")}

    reason: Literal["no-time", "too-far", "language", "conflict-of-interest", "illness", "holiday", "other"]


def themes(visit: StaffVisit, codes: Sequence[str]) -> str:
    """Return the themes of a case, in the reader's words."""
    return ", ".join(visit.word(THEMES, code) for code in codes)


@pages.show("/offers", staff(Role.COORDINATOR))
async def index(visit: StaffVisit) -> Response:
    """List the open offers."""
    found = await visit.ask(OFFERS, query=visit.turned_to())
    dates = await visit.dates()
    shown = [_shown(visit, each, dates) for each in found.items]
    return visit.page("offers.html", OffersPage(offers=shown, more=visit.next_page(found.next)))


@pages.show("/offers/{offer_id}", staff(Role.COORDINATOR))
async def show(visit: StaffVisit) -> Response:
    """Show what a coordinator may know before they answer."""
    offer = await visit.ask_or(OFFER, None, offer_id=read_id(visit.request.path_params["offer_id"]))
    model = OfferPage(
        offer=_shown(visit, offer, await visit.dates()) if offer else None,
        persons=offer.persons if offer else [],
        organisations=offer.organisations if offer else [],
    )
    return visit.page("offer.html", model)


def _shown(visit: StaffVisit, offer: Offer, dates: Dates) -> ShownOffer:
    return ShownOffer(
        id=offer.offer_id,
        about=themes(visit, offer.themes),
        urgent=offer.track == "urgent",
        minors=offer.minors,
        until=dates.until(offer.expires_at) if offer.expires_at else None,
    )


@pages.send("/offers/{offer_id}", staff(Role.COORDINATOR))
async def answer(visit: StaffVisit) -> Response:
    """Accept the case, or decline it."""
    offer_id = read_id(visit.request.path_params["offer_id"])
    if visit.read(OfferForm).answer == "no":
        await visit.ask(DECLINE, body={"reason": visit.read(No).reason}, offer_id=offer_id)
        return visit.go("/offers")
    visit.read(Yes)
    # It cannot be read any more once it is answered.
    offer = await visit.ask_or(OFFER, None, offer_id=offer_id)
    await visit.ask(ACCEPT, body={"no_conflict": True}, offer_id=offer_id)
    return visit.go(f"/cases/{offer.case_id}" if offer else "/cases")
