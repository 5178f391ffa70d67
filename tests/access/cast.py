"""Everyone who asks: what each of them is to one case, "this case", of one tenant.

What somebody may do in another's case is seen from the other side: those of another case, and those of another
organisation, ask about this case.
"""

from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from shared.auth import LOCAL_ISSUER, Issuer, Role
from shared.ids import derived

Headers = dict[str, str]
_AT_THE_TENANT = [role for role in Role if role not in (Role.COORDINATOR, Role.REFERRER)]


def who(name: str) -> UUID:
    """Return the id of a made-up person or organisation."""
    return derived("access", name)


@dataclass
class Cast:
    """The ids of everybody, the same in all services; the two cases are named when a service knows them."""

    tenant: UUID = field(default_factory=lambda: who("tenant"))
    elsewhere: UUID = field(default_factory=lambda: who("tenant elsewhere"))
    # Refers, and is an organisation that runs conferences itself.
    school: UUID = field(default_factory=lambda: who("referring body"))
    mandated: UUID = field(default_factory=lambda: who("mandated body"))
    other_school: UUID = field(default_factory=lambda: who("referring body of another case"))
    # An organisation with which the circle shared its plan.
    shared_with: UUID = field(default_factory=lambda: who("organisation it was shared with"))
    case: UUID = field(default_factory=lambda: who("this case"))
    other_case: UUID = field(default_factory=lambda: who("another case"))
    case_elsewhere: UUID = field(default_factory=lambda: who("case elsewhere"))

    def askers(self, secrets_dir: Path) -> dict[str, Headers]:
        """Return the headers of everybody, by what they are to this case."""
        local = Issuer.load(secrets_dir / "local_issuer_key", name=LOCAL_ISSUER)
        tokens = self._coordinators(local) | self._referrers(local) | self._people(secrets_dir)
        for role in Role:
            if role in _AT_THE_TENANT:
                tokens[role.value] = local.staff(person=who(role), organisation=self.tenant, roles={role})
            tokens[f"{role} elsewhere"] = local.staff(
                person=who(f"{role} elsewhere"), organisation=self.elsewhere, roles={role}
            )
        platform = Issuer.load(secrets_dir / "network" / "signing_key")
        for name, purpose in (
            ("service that copies persons", "copy-persons"),
            ("service that makes somebody's copy", "copy-for-person"),
            ("service that erases a person", "erase-person"),
            ("service without a purpose here", "none"),
        ):
            tokens[name] = platform.service(service="network", purpose=purpose, tenant=self.tenant)
        tokens["service elsewhere"] = platform.service(
            service="network", purpose="copy-persons", tenant=self.elsewhere
        )
        everybody = {name: {"authorization": f"Bearer {token}"} for name, token in tokens.items()}
        everybody["nobody"] = {}
        return {name: headers | {"kring-tenant": str(self.tenant)} for name, headers in everybody.items()}

    def _coordinators(self, local: Issuer) -> dict[str, str]:
        # Coordinators work for many: they belong to no organisation, or are employed by one.
        found = {
            "coordinator": None,
            "former coordinator": None,
            "coordinator without a case": None,
            "coordinator of another case": None,
            "coordinator employed by the tenant": self.tenant,
        }
        return {
            name: local.staff(person=who(name), organisation=organisation, roles={Role.COORDINATOR})
            for name, organisation in found.items()
        }

    def _referrers(self, local: Issuer) -> dict[str, str]:
        found = {
            "referrer": self.school,
            "colleague of the referrer": self.school,
            "mandated professional": self.mandated,
            "referrer of another case": self.other_school,
            "professional it was shared with": self.shared_with,
            "referrer of the tenant": self.tenant,
        }
        tokens = {
            name: local.staff(person=who(name), organisation=organisation, roles={Role.REFERRER})
            for name, organisation in found.items()
        }
        tokens["manager of the referring body"] = local.staff(
            person=who("manager of the referring body"),
            organisation=self.school,
            roles={Role.REGIONAL_MANAGER, Role.ADMINISTRATOR, Role.DPO, Role.FINANCE, Role.TRAINER},
        )
        return tokens

    def _people(self, secrets_dir: Path) -> dict[str, str]:
        platform = Issuer.load(secrets_dir / "network" / "signing_key")
        here = {name: (self.tenant, self.case, role) for name, role in PEOPLE.items()}
        others = {
            "person of another case": (self.tenant, self.other_case, "central"),
            "person elsewhere": (self.elsewhere, self.case_elsewhere, "central"),
        }
        return {
            name: platform.person(
                person=who(name),
                tenant=tenant,
                case=case,
                case_role=role,
                under_twelve=name == "central child under twelve",
                decides_for=[who("central child under twelve")] if name == "representative" else [],
            )
            for name, (tenant, case, role) in (here | others).items()
        }


# The people of this case, and their roles in it. The neighbour is the plan's monitor.
PEOPLE = {
    "central person": "central",
    "central minor": "central",
    "central child under twelve": "central",
    "representative": "representative",
    "neighbour": "circle",
    "advocate": "advocate",
    "professional of the circle": "professional",
    "interpreter": "interpreter",
    "person removed from the circle": "circle",
}
REMOVED = "person removed from the circle"
