"""What people answered about each purpose, and whether something may be done: the single place that decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from services.network.domain import PersonState, Purpose
from services.network.domain.consents import (
    AgeGroup,
    Someone,
    Voice,
    Word,
    allows,
    voices,
)
from services.network.models import Consent, LegalBasis, Person, PersonFields
from services.network.queries import no_contacts, texts
from services.network.queries.no_contacts import Pairs
from shared.http import PageRequest, Rows, paginate
from shared.vault import Vault

Key = tuple[UUID, str, UUID | None]


@dataclass(frozen=True)
class Picture:
    """Who is asked in a case, and each one's latest answers."""

    people: dict[UUID, Someone]
    last: dict[Key, Consent]
    versions: dict[Purpose, int]
    today: date
    apart: Pairs = frozenset()

    def group(self, person_id: UUID) -> AgeGroup:
        """Return a person's age group today."""
        return self.people[person_id].group(self.today)

    def word(self, person_id: UUID, purpose: Purpose, concerns: UUID | None) -> Word | None:
        """Return a person's latest answer about a purpose."""
        row = self.last.get((person_id, purpose, concerns))
        if row is None and purpose == Purpose.REFERRAL:
            # A consent given at the referral counts for every child that it names.
            row = self.last.get((person_id, purpose, None))
        if row is None:
            return None
        return Word(given=row.given, version=row.version, stale=self.is_stale(row), at=row.created_at)

    def is_stale(self, consent: Consent) -> bool:
        """Tell whether the text has changed since this answer."""
        return consent.version < self.versions[Purpose(consent.purpose)]

    def voices(self, person_id: UUID, purpose: Purpose) -> list[Voice]:
        """Return whose answers count for a person, and what each said."""
        someone = self.people[person_id]
        others = self.people.values() if someone.central else ()
        return voices(
            someone,
            others,
            lambda speaker, concerns: self.word(speaker, purpose, concerns),
            today=self.today,
        )

    def allows(self, person_id: UUID, purpose: Purpose) -> bool:
        """Tell whether something may be done with or for a person, for a purpose."""
        return allows(purpose, self.group(person_id), self.voices(person_id, purpose))

    def may_read_file_of(self, reader: UUID, child: UUID) -> bool:
        """Tell whether a person may read the file about a central person.

        Under twelve the holders of parental authority may; from twelve on the young person, and a holder only
        with their permission; of an adult only they themselves. Never a person they must not be brought in
        contact with.
        """
        about, asks = self.people.get(child), self.people.get(reader)
        if about is None or asks is None or frozenset((reader, child)) in self.apart:
            return False
        group = about.group(self.today)
        if reader == child:
            return group != AgeGroup.UNDER_TWELVE
        if not asks.holds_authority_over(about, self.today):
            return False
        permission = self.word(child, Purpose.FILE_ACCESS, reader)
        return group == AgeGroup.UNDER_TWELVE or (
            permission is not None and permission.given and not permission.stale
        )

    def may_ask_for(self, asker: UUID, child: UUID, *, to_read: bool) -> bool:
        """Tell whether a person may make a request about a central person's data.

        A young person's permission is to read: changing or erasing their data they request themselves.
        """
        if not self.may_read_file_of(asker, child):
            return False
        return to_read or asker == child or self.group(child) == AgeGroup.UNDER_TWELVE


async def picture(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    case_id: UUID,
    today: date,
    only: Person | None = None,
) -> Picture:
    """Return who is asked in a case and what they answered; `only`: just what this one person depends on."""
    said = select(Consent).where(Consent.tenant == tenant)
    apart: Pairs = frozenset()
    found: Sequence[Person]
    if only is None:
        people = select(Person).where(
            Person.tenant == tenant, Person.case_id == case_id, Person.state == PersonState.ACTIVE
        )
        found = (await session.execute(people.order_by(Person.created_at, Person.id))).scalars().all()
        said = said.where(Consent.case_id == case_id)
        apart = await no_contacts.pairs(session, tenant=tenant, case_id=case_id)
    else:
        found, said = [only], said.where(Consent.person_id == only.id)
    opened = await vault.open_readable(session, found)
    last = said.ext(distinct_on(Consent.person_id, Consent.purpose, Consent.concerns)).order_by(
        Consent.person_id,
        Consent.purpose,
        Consent.concerns,
        Consent.created_at.desc(),
        Consent.id.desc(),
    )
    rows = (await session.execute(last)).scalars().all()
    return Picture(
        people={person.id: _someone(person, fields) for person, fields in zip(found, opened, strict=True)},
        last={(row.person_id, row.purpose, row.concerns): row for row in rows},
        versions=await texts.current_versions(session, tenant=tenant),
        today=today,
        apart=apart,
    )


def _someone(person: Person, fields: PersonFields | None) -> Someone:
    over = None if fields is None else fields.authority_over
    return Someone(
        person_id=person.id,
        central=person.role == "central",
        birth_date=None if fields is None else fields.birth_date,
        parental_authority=fields is not None and bool(fields.parental_authority),
        authority_over=None if over is None else frozenset(over),
    )


async def picture_of(session: AsyncSession, vault: Vault, *, person: Person, today: date) -> Picture:
    """Return what decides for one person: for anybody but a central person, their own answers alone."""
    only = None if person.role == "central" and person.state == PersonState.ACTIVE else person
    return await picture(session, vault, tenant=person.tenant, case_id=person.case_id, today=today, only=only)


async def reading_along(session: AsyncSession, vault: Vault, *, child: Person, today: date) -> list[str]:
    """Return the first names of those who may read along with a child under twelve: the holders of authority."""
    seen = await picture_of(session, vault, person=child, today=today)
    readers = [each for each in seen.people if seen.may_read_file_of(each, child.id)]
    found = select(Person).where(Person.tenant == child.tenant, Person.id.in_(readers))
    people = (await session.execute(found.order_by(Person.created_at, Person.id))).scalars().all()
    opened = await vault.open_readable(session, people)
    return [fields.first_name for fields in opened if fields is not None]


async def decides_for(session: AsyncSession, vault: Vault, *, person: Person, today: date) -> frozenset[UUID]:
    """Return the central persons under twelve for whom a person decides: those whose file they may read."""
    (fields,) = await vault.open_readable(session, [person])
    if fields is None or not fields.parental_authority:
        return frozenset()
    seen = await picture(session, vault, tenant=person.tenant, case_id=person.case_id, today=today)
    young = [each for each in seen.people if seen.group(each) == AgeGroup.UNDER_TWELVE]
    return frozenset(
        child for child in young if child != person.id and seen.may_read_file_of(person.id, child)
    )


@dataclass(frozen=True, slots=True)
class InCare:
    """A central person about whose data somebody may make requests; `only_to_read`: for a copy alone."""

    person_id: UUID
    first_name: str
    only_to_read: bool


async def in_care(session: AsyncSession, vault: Vault, *, person: Person, today: date) -> list[InCare]:
    """Return the minors about whose data a holder of parental authority may make requests, in the order of the case."""
    (fields,) = await vault.open_readable(session, [person])
    if fields is None or not fields.parental_authority:
        return []
    seen = await picture(session, vault, tenant=person.tenant, case_id=person.case_id, today=today)
    children = [each for each in seen.people if each != person.id and seen.may_read_file_of(person.id, each)]
    found = select(Person).where(Person.tenant == person.tenant, Person.id.in_(children))
    people = (await session.execute(found.order_by(Person.created_at, Person.id))).scalars().all()
    opened = await vault.open_readable(session, people)
    return [
        InCare(child.id, known.first_name, not seen.may_ask_for(person.id, child.id, to_read=False))
        for child, known in zip(people, opened, strict=True)
        if known is not None
    ]


async def consent_allows(
    session: AsyncSession, vault: Vault, *, person: Person, purpose: Purpose, today: date
) -> bool:
    """Tell whether something may be done with or for a person, for a purpose, as things stand today.

    Ask at the moment of acting, whatever was decided before: invitations and mails do, and anything that hands
    personal data to another organisation must.
    """
    return (await picture_of(session, vault, person=person, today=today)).allows(person.id, purpose)


async def may_ask_for(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    case_id: UUID,
    asker: UUID,
    child: UUID,
    to_read: bool,
    today: date,
) -> bool:
    """Tell whether a person of a case may make a request about a central person's data (see `Picture`)."""
    seen = await picture(session, vault, tenant=tenant, case_id=case_id, today=today)
    return seen.may_ask_for(asker, child, to_read=to_read)


async def last_consent(
    session: AsyncSession, *, tenant: UUID, person_id: UUID, purpose: str, concerns: UUID | None = None
) -> Consent | None:
    """Return a person's latest answer about a purpose."""
    about = Consent.concerns.is_(None) if concerns is None else Consent.concerns == concerns
    query = (
        select(Consent)
        .where(Consent.tenant == tenant, Consent.person_id == person_id, Consent.purpose == purpose, about)
        .order_by(Consent.created_at.desc(), Consent.id.desc())
    )
    return (await session.execute(query.limit(1))).scalar_one_or_none()


async def said_yes(
    session: AsyncSession, *, tenant: UUID, purpose: Purpose, most: int
) -> list[tuple[int, str | None, int]]:
    """Return how many people's latest answer is yes, by version and language of the text they read, newest first."""
    last = (
        select(Consent.person_id, Consent.version, Consent.language, Consent.given)
        .ext(distinct_on(Consent.person_id, Consent.concerns))
        .where(Consent.tenant == tenant, Consent.purpose == purpose)
        .order_by(Consent.person_id, Consent.concerns, Consent.created_at.desc(), Consent.id.desc())
        .subquery()
    )
    people = func.count(last.c.person_id.distinct())
    query = (
        select(last.c.version, last.c.language, people)
        .where(last.c.given)
        .group_by(last.c.version, last.c.language)
        .order_by(last.c.version.desc(), people.desc(), last.c.language)
        .limit(most)
    )
    return [(version, language, count) for version, language, count in await session.execute(query)]


async def children_spoken_about(session: AsyncSession, *, tenant: UUID, person_id: UUID) -> Sequence[UUID]:
    """Return the children about whom a person ever answered as a holder of parental authority."""
    query = (
        select(Consent.concerns)
        .where(
            Consent.tenant == tenant,
            Consent.person_id == person_id,
            Consent.concerns.is_not(None),
            Consent.purpose != Purpose.FILE_ACCESS,
        )
        .distinct()
        .order_by(Consent.concerns)
    )
    return [child for child in (await session.execute(query)).scalars() if child is not None]


async def history(
    session: AsyncSession, *, tenant: UUID, person_id: UUID, page: PageRequest
) -> Rows[Consent]:
    """Return one page of all answers of a person, newest first."""
    query = select(Consent).where(Consent.tenant == tenant, Consent.person_id == person_id)
    return await paginate(session, query, page, time=Consent.created_at, id=Consent.id)


async def whole_history(session: AsyncSession, *, tenant: UUID, person_id: UUID) -> Sequence[Consent]:
    """Return all answers of a person, in order: for the copy of their data."""
    query = select(Consent).where(Consent.tenant == tenant, Consent.person_id == person_id)
    return (await session.execute(query.order_by(Consent.created_at, Consent.id))).scalars().all()


async def legal_basis(
    session: AsyncSession, *, tenant: UUID, person_id: UUID
) -> tuple[LegalBasis | None, int]:
    """Return the legal basis now, None if none was recorded, and how many there ever were."""
    rows = await legal_bases(session, tenant=tenant, person_id=person_id, page=PageRequest(limit=1))
    count = select(func.count()).where(LegalBasis.tenant == tenant, LegalBasis.person_id == person_id)
    return next(iter(rows.items), None), (await session.execute(count)).scalar_one()


async def legal_bases(
    session: AsyncSession, *, tenant: UUID, person_id: UUID, page: PageRequest
) -> Rows[LegalBasis]:
    """Return one page of a person's legal bases, newest first."""
    query = select(LegalBasis).where(LegalBasis.tenant == tenant, LegalBasis.person_id == person_id)
    return await paginate(session, query, page, time=LegalBasis.created_at, id=LegalBasis.id)


async def all_legal_bases(session: AsyncSession, *, tenant: UUID, person_id: UUID) -> Sequence[LegalBasis]:
    """Return all legal bases of a person, newest first: for the copy of their data."""
    query = select(LegalBasis).where(LegalBasis.tenant == tenant, LegalBasis.person_id == person_id)
    return (await session.scalars(query.order_by(LegalBasis.created_at.desc(), LegalBasis.id.desc()))).all()
