"""Writes the mails to people of a case: a first name, a link, sometimes a date. The case stays behind the link."""

from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncSession

from services.network import queries
from services.network.domain import (
    OPEN_INVITATIONS,
    InvitationState,
    PersonState,
    Purpose,
)
from services.network.domain.emails import kind_of
from services.network.models import Person
from services.network.operations import coordinating, links
from services.network.queries.consents import Picture, picture_of
from services.network.wording import WORDINGS
from shared import appointments, profiles
from shared.calendar import Calendar
from shared.context import Context
from shared.events.base import EventData
from shared.events.network import MessageFailed
from shared.fields import is_email, salutation
from shared.languages import (
    Language,
    day_in_words,
    deadline_in_words,
    language_of,
    period_in_words,
    where_in_words,
)
from shared.mail import Mail
from shared.messages import Message, NoAddress, NotWanted, Outcome

TEMPLATES = Path(__file__).with_name("templates")


async def write(session: AsyncSession, message: Message, context: Context) -> Mail:
    """Return the mail for a message.

    Raises: NotWanted if later events have made it obsolete; NoAddress if the person cannot be reached by mail.
    """
    person = await queries.person(session, tenant=message.tenant, person_id=message.recipient)
    seen = await _require_wanted(session, message, person, context)
    fields = await context.vault.open(session, person)
    if fields.email is None or not is_email(fields.email):
        raise NoAddress
    language = language_of(fields.language)
    calendar = await profiles.calendar(session, tenant=message.tenant)
    first_name = salutation(fields.first_name)
    values: dict[str, Any] = {
        "first_name": first_name,
        "role": person.role,
        "link": await _link(session, message, person, context),
        "age": message.parameters.get("age"),
        "for_other": bool(message.parameters.get("for_other")),
        "you_convene": bool(message.parameters.get("you_convene")),
        "calendar": appointments.is_with(message),
        **_spoken(message.parameters, language, calendar),
    }
    return Mail(
        address=fields.email,
        name=first_name,
        language=language,
        template=message.kind,
        values=values,
        attachments=appointments.attached(
            message,
            to=fields.email,
            organiser=context.settings.mail_address,
            calendar=calendar,
            summary=WORDINGS[language].appointment,
            note=WORDINGS[language].appointment_note,
        ),
        young=seen.group(person.id).minor,
    )


async def note_outcome(
    session: AsyncSession, message: Message, outcome: Outcome, now: datetime
) -> EventData | None:
    """Record that a person can be reached, or return the event that says they cannot."""
    if message.case_id is None:
        return None
    if outcome == "sent":
        await coordinating.reached(session, person_id=message.recipient, now=now)
        return None
    return MessageFailed(
        case_id=message.case_id,
        person_id=message.recipient,
        message_id=message.id,
        kind=message.kind,
        reason=outcome,
        link_target=str(message.parameters.get("link_target") or ""),
    )


async def _require_wanted(
    session: AsyncSession, message: Message, person: Person, context: Context
) -> Picture:
    """Return the answers that make the mail wanted. Raises: NotWanted."""
    if person.state != PersonState.ACTIVE:
        raise NotWanted
    now = await context.clock.now()
    kind = kind_of(message.kind)
    if kind.until is not None:
        begins, _ = appointments.times(message.parameters)
        over_at = _moment(begins or message.parameters.get(kind.until))
        if over_at is not None and over_at <= now:
            raise NotWanted
    # Asked at the moment of writing: a no that was said in the meantime counts, for every kind of mail.
    today = await profiles.today(session, tenant=message.tenant, now=now)
    seen = await picture_of(session, context.vault, person=person, today=today)
    if not seen.allows(person.id, Purpose.MAIL):
        raise NotWanted
    invitation = await queries.invitation_of(session, tenant=message.tenant, person_id=person.id)
    answer = None if invitation is None else invitation.answer
    if kind.taking_part and (
        answer == "no" or (answer != "yes" and not seen.allows(person.id, Purpose.TAKING_PART))
    ):
        raise NotWanted
    if message.kind not in ("invitation", "invitation-reminder"):
        return seen
    if invitation is None or invitation.state == InvitationState.CANCELLED:
        raise NotWanted
    if message.kind == "invitation-reminder" and invitation.state not in OPEN_INVITATIONS:
        raise NotWanted
    return seen


async def _link(session: AsyncSession, message: Message, person: Person, context: Context) -> str | None:
    if not kind_of(message.kind).linked:
        return None
    link = await links.usable(session, person=person, now=await context.clock.now())
    if link is None:
        # A revoked link: an address that somebody else may read is not mailed; the coordinator finds another way.
        raise NoAddress
    return links.url(
        link,
        key=links.link_key(context),
        public_url=context.settings.public_url,
        target=str(message.parameters.get("link_target") or ""),
    )


def _spoken(parameters: dict[str, Any], language: Language, calendar: Calendar) -> dict[str, str | None]:
    begins, over = appointments.times(parameters)
    starts = _moment(begins or parameters.get("starts_at"))
    ends = _moment(over or parameters.get("ends_at"))
    closes = _moment(parameters.get("closes_at"))
    due = _day(parameters.get("due_on"))
    keep = _day(parameters.get("keep_until"))
    where = where_in_words(language, calendar)
    return {
        "when": period_in_words(starts, ends, language, calendar) if starts and ends else None,
        "closes": f"{deadline_in_words(closes, language, calendar)} {where}" if closes else None,
        "due_on": day_in_words(due, language, calendar) if due else None,
        "keep_until": day_in_words(keep, language, calendar) if keep else None,
        "check_in": cast("str | None", parameters.get("check_in")),
        "request_kind": cast("str | None", parameters.get("request_kind")),
    }


# A detail from another service in an unexpected form is left out: the mail is still useful without it.
def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None
