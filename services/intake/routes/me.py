"""The caller, as this installation knows them."""

from services.intake import permissions
from services.intake.permissions import Colleague
from services.intake.queries import register as reads
from services.intake.schemas.register import Account, CoordinatorToCall
from shared.auth import Role
from shared.http import Deps, Person, Router, Session, problems

router = Router(tags=["register"])


@router.get("/v1/me")
async def read_me(principal: Colleague, session: Session, deps: Deps) -> Account:
    """Read who you are here: what your token says, and what the organisation entered about you."""
    organisation = member = None
    if principal.organisation is not None:
        organisation = await reads.organisation(session, organisation_id=principal.organisation)
        member = await reads.staff_member(
            session,
            tenant=principal.tenant,
            organisation_id=principal.organisation,
            staff_id=principal.id,
        )
    coordinator = await reads.coordinator(session, tenant=principal.tenant, coordinator_id=principal.id)
    known = [row for row in (coordinator, member) if row is not None][:1]
    contact = next(iter(await deps.vault.open_readable(session, known)), None)
    return Account(
        id=principal.id,
        organisation_id=principal.organisation,
        organisation=None if organisation is None else organisation.name,
        tenant_id=principal.tenant,
        roles=sorted(principal.roles),
        entered_roles=[] if member is None else [Role(role) for role in member.roles],
        is_coordinator=coordinator is not None,
        first_name=None if contact is None else contact.first_name,
        last_name=None if contact is None else contact.last_name,
        email=None if contact is None else contact.email,
        language=None if contact is None else contact.language,
        languages=[] if coordinator is None else coordinator.languages,
    )


@router.get("/v1/me/coordinator", responses=problems(404))
async def read_my_coordinator(principal: Person, session: Session, deps: Deps) -> CoordinatorToCall:
    """Read whom to call about your case: its coordinator now, by name and number."""
    case = await permissions.own_case(session, principal)
    known = case.coordinator_id and await reads.coordinator(
        session, tenant=case.tenant, coordinator_id=case.coordinator_id
    )
    contact = next(iter(await deps.vault.open_readable(session, [known] if known else [])), None)
    return CoordinatorToCall(
        first_name=None if contact is None else contact.first_name,
        last_name=None if contact is None else contact.last_name,
        phone=None if contact is None else contact.phone,
    )
