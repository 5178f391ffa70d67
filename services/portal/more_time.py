"""The extensions of a preparation: until when, why, by whom."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from services.portal.client import Answer, Items, Operation
from services.portal.staff import StaffVisit
from services.portal.staff_words import LONGER
from services.portal.wording import mark as _
from shared.auth import Role


class MoreTimeGiven(Answer):
    """An extension of a preparation."""

    extended_by: UUID
    created_at: datetime
    before_at: datetime
    target_at: datetime
    reason: str


class Given(Protocol):
    """A conference whose preparation may have been extended."""

    @property
    def more_time(self) -> Sequence[MoreTimeGiven]:
        """The extensions, in order."""


class CoordinatorName(Answer):
    """A coordinator by name."""

    coordinator_id: UUID
    first_name: str
    last_name: str


COORDINATORS = Operation("intake", "GET", "/v1/coordinators", Items[CoordinatorName])


async def more_time_of(visit: StaffVisit, given: Given) -> list[str]:
    """Return each extension in words, in order; empty if there were none."""
    if not given.more_time:
        return []
    names = {visit.principal.id: visit.say(_("jij"))}
    # Regional managers see their coordinators' names.
    if visit.has(Role.REGIONAL_MANAGER):
        for each in await visit.ask_all(COORDINATORS):
            names.setdefault(each.coordinator_id, f"{each.first_name} {each.last_name}".strip())
    dates, somebody = await visit.dates(), visit.say(_("een coördinator"))
    return [
        visit.say(_("Meer tijd tot {day}: {reason} (eerst tot {before}; {who}, {on})")).format(
            # Until the end of those days.
            day=dates.day(each.target_at - timedelta(seconds=1)),
            before=dates.day(each.before_at - timedelta(seconds=1)),
            reason=visit.word(LONGER, each.reason),
            who=names.get(each.extended_by) or somebody,
            on=dates.day(each.created_at),
        )
        for each in given.more_time
    ]
