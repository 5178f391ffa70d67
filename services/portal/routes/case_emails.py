"""The emails to people of a case, and their delivery state."""

import asyncio
from datetime import datetime
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Items, Operation
from services.portal.of_services import email_name
from services.portal.pages import Pages
from services.portal.routes.of_case import case_of, everyone
from services.portal.staff import StaffVisit, staff
from services.portal.visits import PageModel
from services.portal.wording import mark as _
from shared.auth import Role

pages = Pages()
_PATH = "/cases/{case_id}/emails"


class Email(Answer):
    """An email to somebody of a case."""

    person_id: UUID
    kind: str
    state: str
    queued_at: datetime
    settled_at: datetime | None


EMAILS = Operation("network", "GET", "/v1/cases/{case_id}/deliveries", Items[Email])

_STATES: dict[str, tuple[str, str]] = {
    "queued": (_("wordt verstuurd"), "info"),
    "sent": (_("verstuurd"), "success"),
    "refused": (_("de mailserver weigerde het adres"), "warning"),
    "no-address": (_("er is geen adres"), "warning"),
    "cancelled": (_("was niet meer nodig"), "neutral"),
}


class ShownEmail(PageModel):
    """An email in a table."""

    about: str
    name: str
    day: str
    state: str
    color: str


class EmailsPage(PageModel):
    """The emails of a case, newest first."""

    case_id: UUID
    emails: list[ShownEmail]
    more: str | None


@pages.show(_PATH, staff(Role.COORDINATOR))
async def show(visit: StaffVisit) -> Response:
    """Show what was mailed to whom."""
    case_id = case_of(visit)
    found, people, dates = await asyncio.gather(
        visit.ask(EMAILS, query=visit.turned_to(), case_id=case_id),
        everyone(visit, case_id),
        visit.dates(),
    )
    shown = []
    for each in found.items:
        state, color = _STATES.get(each.state, (each.state, "neutral"))
        shown.append(
            ShownEmail(
                about=email_name(EMAILS.service, each.kind, visit.language),
                name=people[each.person_id].name if each.person_id in people else "",
                day=dates.time(each.settled_at or each.queued_at),
                state=visit.say(state),
                color=color,
            )
        )
    more = visit.next_page(found.next)
    return visit.page("case_emails.html", EmailsPage(case_id=UUID(case_id), emails=shown, more=more))
