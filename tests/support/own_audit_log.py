"""How much somebody sees of who looked, in any service's house."""

from typing import Any
from uuid import UUID


async def own_and_whole(house: Any, case: Any, person: UUID) -> tuple[int, int]:
    """Return how many entries of their own somebody sees, and then how many as one whom the case is about.

    Each look is one more entry of their own.
    """
    seen = []
    for role in ("circle", "central"):
        token = house.context.issuer.person(person=person, tenant=case.tenant, case=case.id, case_role=role)
        answer = await house.ask("GET", "/v1/me/audit-log?limit=200", {"authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text
        seen.append(len(answer.json()["items"]))
    return seen[0], seen[1]
