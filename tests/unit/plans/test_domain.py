"""The rules of plans."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from services.plans.domain import (
    AgreementSettled,
    AgreementState,
    CheckInNotDue,
    CheckInSettled,
    CheckInState,
    LinesNotComplete,
    PlanAcceptance,
    check_recording,
    check_settling,
    ends_follow_up,
    judge,
    owner_now,
)
from services.plans.domain.dates import DateOutOfRange, ReviewTooLate, check_dates
from services.plans.settings import Policy
from shared.errors import DomainError

TODAY = date(2026, 3, 2)
HOME, SCHOOL = uuid4(), uuid4()


class TestJudge:
    @pytest.mark.parametrize(
        ("home", "school", "outcome"),
        [
            (True, True, PlanAcceptance.ACCEPTED),
            (True, False, PlanAcceptance.PARTLY_ACCEPTED),
            (False, False, PlanAcceptance.REFUSED),
        ],
    )
    def test_weighs_every_line(self, home: bool, school: bool, outcome: PlanAcceptance) -> None:
        assert judge(bottom_lines=[HOME, SCHOOL], met={HOME: home, SCHOOL: school}, lines=2) is outcome

    def test_accepts_a_plan_where_nothing_was_laid_down(self) -> None:
        assert judge(bottom_lines=[], met={}, lines=0) is PlanAcceptance.ACCEPTED

    @pytest.mark.parametrize(
        ("met", "lines"),
        [({HOME: True}, 1), ({HOME: True, uuid4(): True}, 2), ({HOME: True, SCHOOL: True}, 3)],
    )
    def test_wants_each_line_once(self, met: dict[object, bool], lines: int) -> None:
        with pytest.raises(LinesNotComplete):
            judge(bottom_lines=[HOME, SCHOOL], met=met, lines=lines)  # type: ignore[arg-type]


class TestCheckDates:
    def test_takes_an_agreement_that_was_due_before_the_plan_was_written_down(self) -> None:
        check_dates(today=TODAY, due=[TODAY - timedelta(days=3)], review_on=TODAY, review_until=TODAY)

    @pytest.mark.parametrize(
        ("review_on", "refusal"),
        [
            (TODAY - timedelta(days=1), DateOutOfRange),
            (TODAY + timedelta(days=31), ReviewTooLate),
            (date.max, ReviewTooLate),
        ],
    )
    def test_wants_a_review_that_comes_in_time(self, review_on: date, refusal: type[DomainError]) -> None:
        with pytest.raises(refusal):
            check_dates(today=TODAY, due=[], review_on=review_on, review_until=TODAY + timedelta(days=30))

    @pytest.mark.parametrize("due_on", [date.min, date.max])
    def test_refuses_another_life(self, due_on: date) -> None:
        with pytest.raises(DateOutOfRange):
            check_dates(today=TODAY, due=[due_on], review_on=TODAY, review_until=TODAY)


class TestCheckSettling:
    def test_lets_what_lapsed_be_done_after_all(self) -> None:
        check_settling(AgreementState.LAPSED, to=AgreementState.DONE)

    @pytest.mark.parametrize(
        ("state", "to"),
        [
            (AgreementState.DONE, AgreementState.LAPSED),
            (AgreementState.DONE, AgreementState.DONE),
            (AgreementState.LAPSED, AgreementState.LAPSED),
            (AgreementState.REPLACED, AgreementState.DONE),
            (AgreementState.CANCELLED, AgreementState.DONE),
        ],
    )
    def test_settles_once(self, state: AgreementState, to: AgreementState) -> None:
        with pytest.raises(AgreementSettled):
            check_settling(state, to=to)


class TestCheckRecording:
    DUE = datetime(2026, 3, 30, 9, tzinfo=UTC)
    WEEK_BEFORE = DUE - timedelta(days=7)

    def test_lets_the_coordinator_call_a_week_early(self) -> None:
        check_recording("four-weeks", CheckInState.PLANNED, asked_at=self.DUE, now=self.WEEK_BEFORE)
        earlier = self.WEEK_BEFORE - timedelta(seconds=1)
        with pytest.raises(CheckInNotDue):
            check_recording("four-weeks", CheckInState.PLANNED, asked_at=self.DUE, now=earlier)
        check_recording("four-weeks", CheckInState.PLANNED, closes=True, asked_at=self.DUE, now=earlier)

    def test_lets_the_year_take_its_time(self) -> None:
        with pytest.raises(CheckInNotDue):
            check_recording("twelve-months", CheckInState.PLANNED, asked_at=self.DUE, now=self.WEEK_BEFORE)

    @pytest.mark.parametrize("state", [CheckInState.RECORDED, CheckInState.CANCELLED])
    def test_records_once(self, state: CheckInState) -> None:
        with pytest.raises(CheckInSettled):
            check_recording("four-weeks", state, asked_at=self.DUE, now=self.DUE)


class TestEndsFollowUp:
    @pytest.mark.parametrize(
        ("kind", "decision", "outcome"),
        [
            ("twelve-months", "continue", "followed-up"),
            ("twelve-months", "close", "followed-up"),
            ("three-months", "close", "closed-early"),
            ("four-weeks", "adjust", None),
            ("twelve-months", "adjust", None),
            ("review", "new-conference", None),
        ],
    )
    def test_ends_with_the_year_or_when_closed(self, kind: str, decision: str, outcome: str | None) -> None:
        assert ends_follow_up(kind, decision) == outcome


class TestOwnerNow:
    def test_is_the_manager_where_the_one_planned_has_gone(self) -> None:
        assert owner_now("coordinator", coordinator=False, monitor=True) == "regional-manager"
        assert owner_now("monitor", coordinator=True, monitor=False) == "regional-manager"
        assert owner_now("monitor", coordinator=False, monitor=True) == "monitor"


class TestPolicy:
    def test_finds_the_length_to_each_check(self) -> None:
        assert [
            Policy().until(kind) for kind in ("four-weeks", "three-months", "six-months", "twelve-months")
        ] == [
            "4w",
            "91d",
            "182d",
            "365d",
        ]
