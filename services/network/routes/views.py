"""Builds response bodies from rows."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.network import queries
from services.network.models import Invitation, Person, PersonFields
from services.network.queries.no_contacts import kept_from, pairs
from services.network.schemas import InvitationAndDelivery, InvitationView, PersonView
from shared.vault import Vault

_SHOWN = PersonView.model_fields.keys() & PersonFields.model_fields.keys()


def invitation_view(invitation: Invitation) -> InvitationView:
    """Return an invitation as everyone concerned may see it."""
    return InvitationView(
        invitation_id=invitation.id,
        state=invitation.state,
        answer=invitation.answer,
        mode=invitation.mode,
        via=invitation.via,
        sent_at=invitation.created_at,
        reminded_at=invitation.reminded_at,
        answered_at=invitation.answered_at,
    )


async def person_views(
    session: AsyncSession, vault: Vault, people: Sequence[tuple[Person, Invitation | None]]
) -> list[PersonView]:
    """Return people as their coordinator sees them, opened with one request to the key store."""
    opened = await vault.open_readable(session, [person for person, _ in people])
    cases = {(person.tenant, person.case_id) for person, _ in people}
    apart = frozenset[frozenset[UUID]]().union(
        *[await pairs(session, tenant=tenant, case_id=case_id) for tenant, case_id in cases]
    )
    delivered = await queries.invitation_deliveries(session, person_ids=[person.id for person, _ in people])
    return [
        _person_view(
            person,
            None if invitation is None else _with_delivery(invitation, delivered.get(person.id)),
            fields,
            not_with=kept_from(apart, person.id),
        )
        for (person, invitation), fields in zip(people, opened, strict=True)
    ]


def _with_delivery(invitation: Invitation, delivery: str | None) -> InvitationAndDelivery:
    return InvitationAndDelivery(**invitation_view(invitation).model_dump(), delivery=delivery)


def _person_view(
    person: Person,
    invitation: InvitationAndDelivery | None,
    fields: PersonFields | None,
    *,
    not_with: list[UUID],
) -> PersonView:
    known = {} if fields is None else fields.model_dump(include=set(_SHOWN))
    return PersonView(
        person_id=person.id,
        role=person.role,
        side=person.side,
        proposed_by=person.proposed_by,
        widened=person.widened,
        required=person.required,
        serves=person.serves,
        version=person.version,
        state=person.state,
        not_with=not_with,
        invitation=invitation,
        **known,
    )
