"""A made-up case, who is what to it, and the events by which services hear of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from shared.events import intake, network, plans, scheduling
from shared.events.base import EventData
from shared.ids import uuid7
from tests.support.world.clock import NOW


@dataclass(kw_only=True)
class Case:
    """A case of a tenant: ids only. A service's world fills in what it makes itself: the conference, the poll, ..."""

    tenant: UUID
    id: UUID = field(default_factory=uuid7)
    referral_id: UUID = field(default_factory=uuid7)
    coordinator: UUID = field(default_factory=uuid7)
    central: UUID = field(default_factory=uuid7)
    mother: UUID = field(default_factory=uuid7)
    aunt: UUID = field(default_factory=uuid7)
    neighbour: UUID = field(default_factory=uuid7)
    teacher: UUID = field(default_factory=uuid7)
    referring: UUID | None = field(default_factory=uuid7)
    mandated: UUID | None = field(default_factory=uuid7)
    bottom_lines: tuple[UUID, ...] = field(default_factory=lambda: (uuid7(), uuid7()))
    conference: UUID = field(default_factory=uuid7)
    poll: UUID = field(default_factory=uuid7)
    # The dates of the poll, earliest first.
    options: list[UUID] = field(default_factory=list)

    @property
    def circle(self) -> list[UUID]:
        """Return who takes part in conferences."""
        return [self.central, self.aunt, self.neighbour, self.teacher]

    @property
    def roles(self) -> dict[UUID, network.PersonRole]:
        """Return the roles of those who take part."""
        return {
            self.central: "central",
            self.aunt: "circle",
            self.neighbour: "circle",
            self.teacher: "professional",
        }

    def opened(self, track: Literal["normal", "urgent"] = "normal") -> intake.CaseOpened:
        """The case was opened."""
        return intake.CaseOpened(
            case_id=self.id,
            referral_id=self.referral_id,
            track=track,
            referring_organisation=self.referring,
            mandated_organisation=self.mandated,
        )

    def baseline(self) -> intake.BaselineRecorded:
        """The bottom lines were recorded."""
        lines = tuple(intake.BottomLineRef(bottom_line_id=line, version=1) for line in self.bottom_lines)
        return intake.BaselineRecorded(case_id=self.id, version=1, bottom_lines=lines)

    def assigned(self, number: int = 1, coordinator: UUID | None = None) -> intake.CoordinatorAssigned:
        """The coordinator was assigned, or another one."""
        return intake.CoordinatorAssigned(
            case_id=self.id, assignment_no=number, coordinator_id=coordinator or self.coordinator
        )

    def released(self) -> intake.CoordinatorReleased:
        """The coordinator's task is done."""
        return intake.CoordinatorReleased(
            case_id=self.id, assignment_no=1, coordinator_id=self.coordinator, reason="task-done"
        )

    def replaced(self, former: UUID) -> list[EventData]:
        """Somebody else was assigned next and released again; then the coordinator was assigned anew."""
        released = intake.CoordinatorReleased(
            case_id=self.id, assignment_no=2, coordinator_id=former, reason="unavailable"
        )
        return [self.assigned(2, former), released, self.assigned(3)]

    def withdrawn(self) -> intake.CaseWithdrawn:
        """The family withdrew."""
        return intake.CaseWithdrawn(case_id=self.id, reason="family-wish", by="central-person")

    def people(self, roles: dict[UUID, network.PersonRole] | None = None) -> list[network.PersonAdded]:
        """Those who take part, or others, became persons of the case."""
        return [
            network.PersonAdded(case_id=self.id, person_id=person, role=role)
            for person, role in (roles or self.roles).items()
        ]

    def ready(self, *newcomers: network.CircleMember, without: UUID | None = None) -> network.CircleReady:
        """The circle is ready; the central person and the aunt are required."""
        members: Iterable[network.CircleMember] = (
            network.CircleMember(person_id=self.central, role="central", required=True),
            network.CircleMember(person_id=self.aunt, role="circle", required=True),
            network.CircleMember(person_id=self.neighbour, role="circle"),
            network.CircleMember(person_id=self.teacher, role="professional", mode="online"),
            *newcomers,
        )
        return network.CircleReady(
            case_id=self.id, members=tuple(member for member in members if member.person_id != without)
        )

    def planned(self, *, conference: UUID | None, version: int = 1) -> plans.PlanRecorded:
        """The circle's plan was written down, from a conference or without a meeting."""
        return plans.PlanRecorded(
            case_id=self.id,
            plan_id=uuid7(),
            version=version,
            conference_id=conference,
            agreement_ids=(),
            review_on=NOW.date(),
            needs_acceptance=False,
        )

    def met(self, number: int = 1) -> scheduling.ConferenceHeld:
        """The circle met at the case's conference and made a plan."""
        return scheduling.ConferenceHeld(
            case_id=self.id,
            conference_id=self.conference,
            conference_no=number,
            preparation_no=number,
            held_on=NOW.date(),
            outcome="plan",
            invited=4,
            attended=4,
        )
