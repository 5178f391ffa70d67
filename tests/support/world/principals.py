"""Headers of everybody who can ask: staff of any organisation, people of a case, other services."""

from collections.abc import Collection
from pathlib import Path
from uuid import UUID

from shared.auth import LOCAL_ISSUER, Issuer, Role
from shared.services import SERVICE_WITH_LINKS, SERVICES

Headers = dict[str, str]


class Principals:
    """Makes tokens with the keys of a platform on one machine."""

    def __init__(self, secrets_dir: Path) -> None:
        self._local = Issuer.load(secrets_dir / "local_issuer_key", name=LOCAL_ISSUER)
        self._services = {name: Issuer.load(secrets_dir / name / "signing_key") for name in SERVICES}

    def staff(self, person: UUID, organisation: UUID | None, *roles: Role, tenant: UUID | None) -> Headers:
        """Return the headers of somebody with these roles at an organisation (None: at none), who asks a tenant."""
        token = self._local.staff(person=person, organisation=organisation, roles=set(roles))
        return _headers(token, tenant)

    def person(
        self,
        person: UUID,
        *,
        tenant: UUID,
        case: UUID,
        role: str,
        link: int = 0,
        under_twelve: bool = False,
        decides_for: Collection[UUID] = (),
    ) -> Headers:
        """Return the headers of somebody who came through their personal link."""
        token = self._services[SERVICE_WITH_LINKS].person(
            person=person,
            tenant=tenant,
            case=case,
            link=link,
            case_role=role,
            under_twelve=under_twelve,
            decides_for=decides_for,
        )
        return _headers(token, None)

    def service(self, purpose: str, *, tenant: UUID, service: str = "network") -> Headers:
        """Return the headers of a service that asks for a purpose."""
        token = self._services[service].service(service=service, purpose=purpose, tenant=tenant)
        return _headers(token, None)


def _headers(token: str, tenant: UUID | None) -> Headers:
    headers = {"authorization": f"Bearer {token}"}
    return headers if tenant is None else headers | {"kring-tenant": str(tenant)}
