"""Clocks for the birthdays from which a person's own consent is asked, from which only theirs counts, and the seventh.

The rules themselves always look at the birth date. The clock makes sure that somebody asks, and that plans learns
who is no longer under seven; it is due on the Monday after the birthday, because what clocks publish must not
reveal a birth date.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.network import queries
from services.network.domain import SERVICE, PersonState, Purpose
from services.network.domain.consents import (
    BIRTHDAYS,
    COMING_OF_AGE,
    Age,
    bracket_of,
    coming_of_age_workflow_id,
    monday_after,
    next_birthday,
)
from services.network.models import Person, PersonFields
from services.network.operations import notifying
from services.network.settings import policies
from shared import case_state, locks, outbox, profiles
from shared.ages import ADULT_FROM
from shared.calendar import Calendar, years_after
from shared.case_access import coordinator_or_manager
from shared.clock_rows import Clock
from shared.clocks import Clocks
from shared.deadlines import Deadline
from shared.events import network
from shared.events.base import EventData
from shared.fields import is_email
from shared.steps import step
from shared.tables import case_person
from shared.vault import Vault

# Birthdays come even when the case is paused.
clocks = Clocks(SERVICE, never_paused=BIRTHDAYS)


async def follow(
    session: AsyncSession, vault: Vault, *, person: Person, birth_date: date | None, now: datetime
) -> None:
    """Adjust the clock of a central person to a birth date that became known, was corrected or was removed."""
    if person.role != "central" or person.state != PersonState.ACTIVE:
        return
    calendar = await profiles.calendar(session, tenant=person.tenant)
    await _correct(session, person, birth_date, today=calendar.day_of(now), now=now)
    live = await _live(session, person.id)
    wanted = _wanted(live, birth_date, now, calendar)
    if live is not None:
        if wanted == (live.kind, live.due_at):
            return
        await clocks.stop(session, kind=live.kind, subject=person.id, now=now)
    if wanted is not None:
        kind, due_at = wanted
        await _start(session, person, kind=kind, due_at=due_at, now=now)
    if live is not None or wanted is not None:
        await _publish_youngest(session, vault, person, now)


async def _correct(
    session: AsyncSession, person: Person, birth_date: date | None, *, today: date, now: datetime
) -> None:
    """Publish that a person who had turned eighteen is not eighteen yet after all."""
    adult, corrections = await _of_age(session, person)
    if adult and birth_date is not None and years_after(birth_date, ADULT_FROM) > today:
        fact = network.PersonNotOfAge(
            case_id=person.case_id, person_id=person.id, corrections=corrections + 1
        )
        await _publish(session, person, fact, now)


async def _of_age(session: AsyncSession, person: Person) -> tuple[bool, int]:
    """Return whether a person is known to have turned eighteen, and how often that was corrected."""
    query = select(case_person.c.adult, case_person.c.age_corrections).where(
        case_person.c.case_id == person.case_id, case_person.c.person_id == person.id
    )
    found = (await session.execute(query)).one_or_none()
    return (False, 0) if found is None else (found.adult, found.age_corrections)


async def forget(session: AsyncSession, vault: Vault, *, person: Person, now: datetime) -> None:
    """Stop the clock of a person who left the case."""
    live = await _live(session, person.id)
    if live is not None:
        await clocks.stop(session, kind=live.kind, subject=person.id, now=now)
        await _publish_youngest(session, vault, person, now)


@step("network.come-of-age")
async def come_of_age(session: AsyncSession, vault: Vault, *, due: Deadline, now: datetime) -> bool:
    """Ask a person who turned twelve or eighteen for their own consent; False if the deadline no longer counts.

    A person who cannot be reached by mail is asked by the clock's owner: the clock is then left as breached. Nobody
    is asked anything at seven.
    """
    tenant = due.tenant
    if due.case_id is not None:
        await case_state.read(session, due.case_id, hold=True)
    if await clocks.waiting_for(session, due) is None:
        return False
    person = await queries.person(session, tenant=tenant, person_id=due.subject, lock=True)
    fields = await vault.open(session, person)
    age = COMING_OF_AGE.get(due.kind)
    reachable = age is None or await _reachable(session, vault, person, fields, now)
    settle = clocks.meet if reachable else clocks.reach
    if await settle(session, due, now=now) is None:
        return False
    if age is not None:
        await _ask(session, person, age=age, by_mail=reachable, now=now)
    calendar = await profiles.calendar(session, tenant=tenant)
    following = next_birthday(fields.birth_date, calendar.day_of(now))
    if following is not None:
        kind, day = following
        await _start(session, person, kind=kind, due_at=monday_after(day, calendar), now=now)
    await _publish_youngest(session, vault, person, now)
    return True


async def _ask(session: AsyncSession, person: Person, *, age: Age, by_mail: bool, now: datetime) -> None:
    _, corrections = await _of_age(session, person)
    fact = network.PersonCameOfAge(
        case_id=person.case_id, person_id=person.id, age=age, corrections=corrections
    )
    await _publish(session, person, fact, now)
    if by_mail:
        await notifying.notify(
            session,
            person=person,
            kind="consent-asked",
            now=now,
            link_target="consents",
            parameters={"age": age},
        )


async def _publish_youngest(session: AsyncSession, vault: Vault, person: Person, now: datetime) -> None:
    # Of two changes at once, the second one counts what the first one did.
    await locks.hold(session, "central-persons", person.case_id)
    query = select(Person).where(
        Person.tenant == person.tenant,
        Person.case_id == person.case_id,
        Person.role == "central",
        Person.state == PersonState.ACTIVE,
    )
    central = await vault.open_readable(session, (await session.scalars(query)).all())
    today = await profiles.today(session, tenant=person.tenant, now=now)
    bracket = bracket_of([fields.birth_date for fields in central if fields is not None], today)
    await _publish(session, person, network.YoungestChanged(case_id=person.case_id, bracket=bracket), now)


async def _publish(session: AsyncSession, person: Person, fact: EventData, now: datetime) -> None:
    await outbox.publish(
        session, fact, stream=person.case_id, tenant=person.tenant, case=person.case_id, now=now
    )


def _wanted(
    live: Clock | None, birth_date: date | None, now: datetime, calendar: Calendar
) -> tuple[str, datetime] | None:
    today = calendar.day_of(now)
    if birth_date is None:
        return None
    passed = [kind for kind, age in BIRTHDAYS.items() if years_after(birth_date, age) <= today]
    if live is not None and live.kind in passed:
        # Corrected, while the clock ran, to a birthday that has passed: they must still be asked.
        return passed[-1], monday_after(today, calendar)
    following = next_birthday(birth_date, today)
    return None if following is None else (following[0], monday_after(following[1], calendar))


async def _start(
    session: AsyncSession, person: Person, *, kind: str, due_at: datetime, now: datetime
) -> None:
    policy = await policies.for_case(session, case_id=person.case_id)
    await clocks.start(
        session,
        kind=kind,
        subject=person.id,
        tenant=person.tenant,
        case=person.case_id,
        owner=await coordinator_or_manager(session, person.case_id),
        now=now,
        # A birthday that is already near when it becomes known is announced at once.
        limit=policy.until(
            due_at,
            warn_at=max(now, policy.before(due_at, policy.settings.coming_of_age_warn))
            if kind in COMING_OF_AGE
            else None,
        ),
        workflow_id=coming_of_age_workflow_id(person.id),
    )


async def _live(session: AsyncSession, person_id: UUID) -> Clock | None:
    for kind in BIRTHDAYS:
        found = await clocks.find(session, kind=kind, subject=person_id)
        if found is not None and found.state in ("running", "paused"):
            return found
    return None


async def _reachable(
    session: AsyncSession, vault: Vault, person: Person, fields: PersonFields, now: datetime
) -> bool:
    if fields.email is None or not is_email(fields.email):
        return False
    link = await queries.link_of(session, tenant=person.tenant, person_id=person.id)
    if link is not None and link.revoked_at is not None:
        return False
    today = await profiles.today(session, tenant=person.tenant, now=now)
    return await queries.consent_allows(session, vault, person=person, purpose=Purpose.MAIL, today=today)
