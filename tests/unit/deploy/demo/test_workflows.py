"""Knowing workflows from events, and from a history whether one has work in hand."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

from deploy.demo.ledger import Event
from deploy.demo.workflows import work_in_hand, workflow_id_after

CASE = UUID("0198b5a2-0000-7000-8000-0000000000c1")


def event(kind: str, /, **data: Any) -> Event:
    return Event(
        service=kind.partition(".")[0],
        position=1,
        id=CASE,
        type=kind,
        time=datetime(2026, 5, 4, tzinfo=UTC),
        case_id=CASE,
        tenant=None,
        data={"case_id": str(CASE), **data},
    )


def history(*names: str) -> list[HistoryEvent]:
    return [HistoryEvent(event_type=EventType.Value(f"EVENT_TYPE_{name}")) for name in names]


class TestWorkflowIdAfter:
    def test_an_opened_case_starts_its_first_assignment(self) -> None:
        assert workflow_id_after(event("intake.case.opened.v1")) == f"assignment/{CASE}/1"

    def test_a_released_coordinator_starts_the_next_if_one_must_be_found(self) -> None:
        released = event("intake.coordinator.released.v1", assignment_no=2, replace=True)
        assert workflow_id_after(released) == f"assignment/{CASE}/3"

    def test_a_coordinator_whose_task_is_done_starts_none(self) -> None:
        released = event("intake.coordinator.released.v1", assignment_no=2, replace=False)
        assert workflow_id_after(released) is None

    def test_other_events_start_none(self) -> None:
        assert workflow_id_after(event("network.circle.ready.v1")) is None

    def test_clocks_of_birthdays_and_files_begin_with_what_looks_after_them(self) -> None:
        birthday = event("network.clock.started.v1", kind="turns-18", clock_id="c")
        assert workflow_id_after(birthday) == "coming-of-age/c"
        kept = event("intake.clock.started.v1", kind="retention", clock_id="c")
        assert workflow_id_after(kept) == "retention/None"
        assert workflow_id_after(event("plans.clock.started.v1", kind="check-in", clock_id="c")) is None


class TestWorkInHand:
    def test_a_waiting_workflow_has_none(self) -> None:
        events = history("WORKFLOW_EXECUTION_STARTED", "WORKFLOW_TASK_SCHEDULED", "WORKFLOW_TASK_COMPLETED")
        assert work_in_hand(events) == ""

    @pytest.mark.parametrize(
        ("names", "expected"),
        [
            (("WORKFLOW_TASK_SCHEDULED",), "a workflow task"),
            (("WORKFLOW_TASK_SCHEDULED", "WORKFLOW_TASK_STARTED"), "a workflow task"),
            (
                ("WORKFLOW_TASK_SCHEDULED", "WORKFLOW_TASK_COMPLETED", "ACTIVITY_TASK_SCHEDULED"),
                "an activity",
            ),
        ],
    )
    def test_says_what_is_to_be_done(self, names: tuple[str, ...], expected: str) -> None:
        assert work_in_hand(history(*names)) == expected

    def test_a_task_that_failed_is_still_to_be_done_and_says_why(self) -> None:
        events = history("WORKFLOW_TASK_SCHEDULED", "WORKFLOW_TASK_FAILED")
        events[1].workflow_task_failed_event_attributes.failure.message = "no such thing"
        assert work_in_hand(events) == "a workflow task that failed before: no such thing"
