"""A few cases of a year in the life, with parts dying under them; SEED=7 repeats a run, CASES=40 makes it larger."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import pytest

from deploy.catalogue import consumers
from deploy.watch.watch import Watch
from shared.events import intake, network, plans, scheduling
from tests.faults.counting import lost_or_doubled
from tests.faults.year import live, wrong_emails

CASES = int(os.environ.get("CASES", "3"))
SEED = int(os.environ.get("SEED", "7"))
KILLS = max(3, CASES // 4)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.timeout(900 if CASES < 10 else 7200)
class TestAYearInTheLife:
    async def test_ends_every_case_and_loses_doubles_or_repeats_nothing(self) -> None:
        outcome = await live(cases=CASES, seed=SEED, kills=KILLS)
        assert outcome.wrong == [], f"seed {SEED}"
        assert outcome.states.total() == CASES
        assert outcome.states.keys() <= {"closed", "withdrawn"}
        assert outcome.killed.total() == KILLS


class TestWrongEmails:
    async def test_are_those_after_a_stop_after_an_answer_and_those_that_were_written_twice(self) -> None:
        case, stopped, person, agreement, poll = (uuid4() for _ in range(5))
        events = [
            _event(intake.CaseWithdrawn.TYPE, stopped),
            _event(network.InvitationAnswered.TYPE, case, person_id=str(person)),
            _event(plans.AgreementDone.TYPE, case, agreement_id=str(agreement)),
            _event(scheduling.PollAnswered.TYPE, case, person_id=str(person), poll_id=str(poll)),
        ]
        about = f'{{"agreement_id": "{agreement}"}}'
        dates, other_dates = (f'{{"poll_id": "{each}"}}' for each in (poll, uuid4()))
        right = [
            _email("invitation-reminder", case, person, hours=-1),
            _email("agreement-due", case, person, about, hours=-1),
            _email("invitation-reminder", case, uuid4(), hours=1),
            _email("case-stopped", stopped, person, hours=1),
            _email("poll-reminder", case, person, other_dates, hours=1),
            _email("poll-reminder", case, uuid4(), dates, hours=1),
            _email("poll-reminder", stopped, person, hours=1) | {"state": "cancelled"},
        ]
        wrong = [
            _email("invitation-reminder", case, person, '{"link_target": "again"}', hours=1),
            _email("agreement-reminder", case, uuid4(), about, hours=1),
            _email("poll-reminder", case, person, dates, hours=1),
            _email("review", stopped, person, hours=1),
            _email("case-stopped", stopped, person, hours=2),
        ]
        assert await wrong_emails(_watch(events, right)) == []
        assert sorted(
            each.split(" ", 2)[0] for each in await wrong_emails(_watch(events, right + wrong))
        ) == [
            "agreement-reminder",
            "case-stopped",
            "invitation-reminder",
            "poll-reminder",
            "review",
        ]


class TestLostOrDoubled:
    async def test_is_what_was_not_heard_once_and_what_was_not_sent_as_it_was_decided(self) -> None:
        event = SimpleNamespace(id=uuid4(), type=intake.CaseWithdrawn.TYPE)
        heard = [SimpleNamespace(service=each, event=event) for each in consumers()[event.type]]
        sent = {"id": uuid4(), "kind": "case-stopped", "service": "network", "state": "sent"}
        email = SimpleNamespace(message_id=f"<{sent['id']}@kring.example>", kind="case-stopped")

        async def found(outcomes: list[Any], messages: list[Any], emails: list[Any]) -> int:
            async def decided() -> list[Any]:
                return messages

            ledger = SimpleNamespace(events=[event], outcomes=outcomes, messages=decided)
            watch = SimpleNamespace(ledger=ledger, inbox=SimpleNamespace(emails=emails))
            return len(await lost_or_doubled(cast("Watch", watch)))

        assert await found(heard, [sent], [email]) == 0
        for outcomes, messages, emails in (
            (heard[1:], [sent], [email]),
            ([*heard, heard[0]], [sent], [email]),
            (heard, [sent], []),
            (heard, [], [email]),
            (heard, [sent, sent | {"id": uuid4(), "state": "queued"}], [email]),
        ):
            assert await found(outcomes, messages, emails) == 1


def _event(event_type: str, case: object, **data: str) -> SimpleNamespace:
    return SimpleNamespace(type=event_type, case_id=case, time=NOON, data=data)


def _email(kind: str, case: object, to: object, parameters: str = "{}", *, hours: int) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "kind": kind,
        "recipient": to,
        "case_id": case,
        "parameters": parameters,
        "state": "sent",
        "queued_at": NOON + timedelta(hours=hours),
    }


def _watch(events: Sequence[SimpleNamespace], messages: Sequence[dict[str, Any]]) -> Watch:
    async def decided() -> Sequence[dict[str, Any]]:
        return messages

    return cast(
        "Watch", SimpleNamespace(ledger=SimpleNamespace(events=events, messages=decided), messages=decided)
    )
