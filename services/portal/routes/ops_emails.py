"""Emails that did not arrive, for ops: kind, recipient id and reason, of the current organisation."""

import asyncio
from datetime import datetime
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Items, Operation
from services.portal.of_services import email_name
from services.portal.pages import Pages
from services.portal.staff import StaffVisit, section, staff
from services.portal.visits import PageModel
from services.portal.wording import mark as _
from shared.auth import Role
from shared.services import SERVICES_WITH_MAIL

pages = Pages()
PATH = "/ops/emails"
section(PATH, _("Mails die niet aankwamen"), Role.OPS)
_REASONS = {
    "refused": _("de mailserver weigerde het adres"),
    "no-address": _("er is geen adres"),
}


class Undelivered(Answer):
    """An email that was not delivered."""

    message_id: UUID
    kind: str
    reason: str
    recipient_id: UUID
    case_id: UUID | None
    settled_at: datetime


UNDELIVERED = [
    Operation(service, "GET", "/v1/undelivered-emails", Items[Undelivered]) for service in SERVICES_WITH_MAIL
]


class EmailRow(PageModel):
    """One email."""

    message_id: UUID
    kind: str
    called: str
    reason: str
    recipient_id: UUID
    case_id: UUID | None
    at: str


class ServiceEmails(PageModel):
    """A service's undelivered emails, and where the rest is."""

    service: str
    emails: list[EmailRow]
    more: str | None


class EmailsPage(PageModel):
    """The undelivered emails, by the service that wrote them."""

    services: list[ServiceEmails]


@pages.show(PATH, staff(Role.OPS))
async def show(visit: StaffVisit) -> Response:
    """Show undelivered emails, newest first."""
    found = await asyncio.gather(*(_read(visit, operation) for operation in UNDELIVERED))
    return visit.page("ops_emails.html", EmailsPage(services=[each for each in found if each.emails]))


async def _read(visit: StaffVisit, operation: Operation[Items[Undelivered]]) -> ServiceEmails:
    dates, found = await visit.dates(), await visit.ask(operation, query=visit.turned_to(operation.service))
    return ServiceEmails(
        service=operation.service,
        emails=[
            EmailRow(
                message_id=each.message_id,
                kind=each.kind,
                called=email_name(operation.service, each.kind, visit.language),
                reason=visit.word(_REASONS, each.reason),
                recipient_id=each.recipient_id,
                case_id=each.case_id,
                at=dates.time(each.settled_at),
            )
            for each in found.items
        ],
        more=visit.next_page(found.next, operation.service),
    )
