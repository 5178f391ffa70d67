"""Recording consents and their withdrawal: appended to a history, with immediate effect."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.network import queries
from services.network.domain import NotInCircle, Purpose, UnknownPerson, Via
from services.network.domain.consents import (
    ABOUT_A_CHILD,
    AgeGroup,
    HoldersAreAsked,
    NotAHolder,
    NotAskedHere,
    OutdatedText,
)
from services.network.models import Consent, Person
from services.network.operations import circle, invitations
from services.network.queries import consents, texts
from services.network.queries.consents import Picture
from shared import outbox, profiles
from shared.events import network
from shared.ids import uuid7
from shared.languages import Language
from shared.vault import Vault


async def record(
    session: AsyncSession,
    vault: Vault,
    *,
    person: Person,
    purpose: Purpose,
    given: bool,
    version: int,
    language: Language | None,
    concerns: UUID | None,
    via: Via,
    now: datetime,
) -> Consent:
    """Append a person's (locked) answer about a purpose to its history; the same answer again adds nothing.

    A no takes effect at once: a no to taking part also declines the invitation, and after a no to mail nothing
    is sent, not even mails already decided on. A no may name an earlier text: withdrawing is not made harder by
    a new one. `language`: in which the text was read, if it was. The caller holds the case. Raises:
    UnknownText, OutdatedText, UnknownPerson, NotInCircle, NotAHolder, HoldersAreAsked, NotAskedHere.
    """
    text = await texts.text(session, tenant=person.tenant, purpose=purpose, version=version)
    current = (await texts.current_versions(session, tenant=person.tenant))[purpose]
    if given and text.version != current:
        raise OutdatedText(current=current)
    today = await profiles.today(session, tenant=person.tenant, now=now)
    child = await _require_asked(
        session, vault, person=person, purpose=purpose, given=given, concerns=concerns, today=today
    )
    last = await consents.last_consent(
        session, tenant=person.tenant, person_id=person.id, purpose=purpose, concerns=concerns
    )
    # A no after a no adds nothing either, unless it is about a newer text.
    if last is not None and last.given == given and version <= last.version:
        return last
    consent = Consent(
        id=uuid7(),
        tenant=person.tenant,
        case_id=person.case_id,
        person_id=person.id,
        concerns=concerns,
        purpose=purpose,
        version=version,
        language=language,
        given=given,
        via=via,
        created_at=now,
    )
    session.add(consent)
    await session.flush()
    if purpose == Purpose.TAKING_PART and not given and (concerns is None or child is not None):
        await invitations.decline(session, vault, person=child or person, via=via, now=now)
    await _publish(session, consent, last=last, now=now)
    if purpose == Purpose.TAKING_PART:
        # A person who needs no invitation takes part until they say no.
        await circle.follow(session, vault, tenant=person.tenant, case_id=person.case_id, now=now)
    return consent


async def _require_asked(
    session: AsyncSession,
    vault: Vault,
    *,
    person: Person,
    purpose: Purpose,
    given: bool,
    concerns: UUID | None,
    today: date,
) -> Person | None:
    """Return the child for whom the speaker decides, if any, or refuse an answer that is not theirs to give."""
    if concerns is None and not (given and person.role == "central") and purpose != Purpose.FILE_ACCESS:
        return None
    picture = await consents.picture(
        session, vault, tenant=person.tenant, case_id=person.case_id, today=today
    )
    if person.id not in picture.people:
        # A person who left the circle decides nothing about others in it, and has nothing more to agree to.
        raise NotInCircle(person_id=str(person.id))
    if concerns is None:
        if purpose == Purpose.FILE_ACCESS:
            raise NotAskedHere
        if picture.group(person.id) == AgeGroup.UNDER_TWELVE:
            raise HoldersAreAsked
        return None
    if concerns not in picture.people:
        raise UnknownPerson(person_id=str(concerns))
    if purpose == Purpose.FILE_ACCESS:
        _require_own_file(picture, person.id, reader=concerns, given=given)
        return None
    _require_held(picture, person.id, purpose=purpose, child=concerns)
    if picture.group(concerns) != AgeGroup.UNDER_TWELVE:
        return None
    return await queries.person(session, tenant=person.tenant, person_id=concerns)


def _require_held(picture: Picture, person_id: UUID, *, purpose: Purpose, child: UUID) -> None:
    if purpose not in ABOUT_A_CHILD:
        raise NotAskedHere
    if not picture.people[person_id].holds_authority_over(picture.people[child], picture.today):
        raise NotAHolder


def _require_own_file(picture: Picture, person_id: UUID, *, reader: UUID, given: bool) -> None:
    # A withdrawal is always accepted, even when the question would no longer be asked.
    if not given:
        return
    about, asks = picture.people[person_id], picture.people[reader]
    if picture.group(person_id) == AgeGroup.UNDER_TWELVE:
        raise HoldersAreAsked
    if not asks.holds_authority_over(about, picture.today):
        raise NotAskedHere


async def _publish(session: AsyncSession, consent: Consent, *, last: Consent | None, now: datetime) -> None:
    fact: network.ConsentGiven | network.ConsentWithdrawn
    if consent.given:
        fact = network.ConsentGiven(
            case_id=consent.case_id,
            person_id=consent.person_id,
            purpose=consent.purpose,
            version=consent.version,
            concerns=consent.concerns,
        )
    elif last is None or last.given:
        fact = network.ConsentWithdrawn(
            case_id=consent.case_id,
            person_id=consent.person_id,
            purpose=consent.purpose,
            concerns=consent.concerns,
        )
    else:
        return
    await outbox.publish(
        session, fact, stream=consent.case_id, tenant=consent.tenant, case=consent.case_id, now=now
    )
