"""The routes by which an organisation reads and changes its policy of a service."""

from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Query

from shared.http.gates import Officer, PolicyKeeper
from shared.http.models import ReadVersion, RequestModel, ResponseModel
from shared.http.openapi import problems
from shared.http.paging import DEFAULT_LIMIT, MAX_LIMIT
from shared.http.routing import Now, Router, Session
from shared.policies import Policies, PolicyInForce, PolicySettings

P = TypeVar("P", bound=PolicySettings)


class PolicyChange(RequestModel, Generic[P]):
    """The new policy; settings that are left out get their defaults."""

    version: ReadVersion
    settings: P


class PolicyView(ResponseModel, Generic[P]):
    """A version of the policy. Version 1 is the defaults; `set_at` and `set_by` are null if nobody set it."""

    version: int
    settings: P
    set_at: datetime | None
    set_by: UUID | None


class PolicyVersions(ResponseModel, Generic[P]):
    """Versions of the policy, the newest first."""

    items: list[PolicyView[P]]


def policy_router(policies: Policies[P], *, setter: Any = PolicyKeeper, reader: Any = PolicyKeeper) -> Router:
    """Return the routes, open to these role gates."""
    router = Router(tags=["policy"])
    settings_type = policies.settings
    view = PolicyView[settings_type]  # type: ignore[valid-type]
    versions = PolicyVersions[settings_type]  # type: ignore[valid-type]
    change = PolicyChange[settings_type]  # type: ignore[valid-type]

    @router.get("/v1/policy", response_model=view, responses=problems(404))
    async def read_policy(
        principal: reader,
        session: Session,
        version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    ) -> PolicyInForce[P]:
        """Read the current policy, or one version."""
        if version is None:
            return await policies.in_force(session, tenant=principal.tenant)
        return await policies.version(session, tenant=principal.tenant, version=version)

    @router.get("/v1/policy/versions", response_model=versions)
    async def list_versions(
        principal: reader,
        session: Session,
        before: Annotated[
            int | None, Query(ge=1, le=2**31 - 1, description="Only versions before this one.")
        ] = None,
        limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    ) -> dict[str, list[PolicyInForce[P]]]:
        """List all versions, the newest first, or those before one: who set it, and when."""
        found = await policies.versions(session, tenant=principal.tenant, before=before, most=limit)
        return {"items": found}

    @router.put("/v1/policy", response_model=view)
    async def change_policy(
        body: change,
        principal: setter,
        session: Session,
        now: Now,
    ) -> PolicyInForce[P]:
        """Put settings in force. Open cases keep the settings they began with.

        Safeguards stay as the data protection officer set them.
        """
        own = settings_type.fields_beside_safeguards()
        return await policies.change(
            session,
            tenant=principal.tenant,
            version=body.version,
            settings=body.settings,
            own=own,
            set_by=principal.id,
            now=now,
        )

    if settings_type.SAFEGUARDS:

        @router.put("/v1/policy/safeguards", response_model=view)
        async def change_safeguards(
            body: change,
            principal: Officer,
            session: Session,
            now: Now,
        ) -> PolicyInForce[P]:
            """Set the settings that protect people from those who set the rest; the rest stays."""
            own = settings_type.SAFEGUARDS
            return await policies.change(
                session,
                tenant=principal.tenant,
                version=body.version,
                settings=body.settings,
                own=own,
                set_by=principal.id,
                now=now,
            )

    return router
