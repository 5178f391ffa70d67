"""The caller: a member of staff, a person of a case, or another service of the platform."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

# A caller who names no tenant and has no organisation gets the tenant that owns no rows.
NO_TENANT = UUID(int=0)


class Role(StrEnum):
    """The role of a member of staff at their own organisation."""

    REFERRER = "referrer"
    COORDINATOR = "coordinator"
    REGIONAL_MANAGER = "regional-manager"
    TRAINER = "trainer"
    FINANCE = "finance"
    ADMINISTRATOR = "administrator"
    DPO = "dpo"
    OPS = "ops"
    INTEGRATION = "integration"


class Kind(StrEnum):
    """How the caller is authenticated: an account, a personal link, or the platform's own key."""

    STAFF = "staff"
    PERSON = "person"
    SERVICE = "service"


# Ops works for the installation and not for one organisation.
PLATFORM_ROLES = frozenset({Role.OPS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The caller, the organisation they belong to, and the tenant they act at."""

    kind: Kind
    id: UUID
    tenant: UUID
    organisation: UUID | None = None
    roles: frozenset[Role] = field(default_factory=frozenset)
    case: UUID | None = None
    case_role: str | None = None
    # Of a person: the generation of the link that they came with.
    link: int = 0
    # Of a person: as of the exchange of their link, and only if their birth date is known.
    under_twelve: bool = False
    # As of the exchange of their link: the central persons under twelve over whom they hold authority.
    decides_for: frozenset[UUID] = frozenset()
    service: str | None = None
    purpose: str | None = None

    @property
    def is_of_tenant(self) -> bool:
        """Tell whether the tenant is the principal's own organisation (else: party, person or stranger)."""
        return self.organisation is not None and self.organisation == self.tenant

    @property
    def label(self) -> str:
        """Return what identifies the principal in keys and audit logs: kind and id."""
        return f"{self.kind}:{self.id}"

    def has(self, *roles: Role) -> bool:
        """Tell whether the principal has any of these roles."""
        return not self.roles.isdisjoint(roles)
