"""Knowing workflows from events, and from a history whether one has work in hand."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

from deploy.watch.ledger import Event
from deploy.watch.workflows import work_in_hand, workflow_id_after

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
    def test_a_clock_that_starts_starts_the_workflow_that_waits_for_it(self) -> None:
        started = event("plans.clock.started.v1", kind="check-in", wakes=f"follow-up/{CASE}")
        assert workflow_id_after(started) == f"follow-up/{CASE}"

    def test_a_clock_that_its_own_workflow_started_starts_none(self) -> None:
        assert workflow_id_after(event("plans.clock.started.v1", kind="check-in", wakes=None)) is None

    def test_other_events_start_none(self) -> None:
        assert workflow_id_after(event("plans.clock.paused.v1", wakes=f"follow-up/{CASE}")) is None
        assert workflow_id_after(event("network.circle.ready.v1")) is None


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
