"""Rules of network that need nothing but themselves."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.network import domain
from services.network.domain import Candidate, ready_circle

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ADA, BEN, CAS = UUID(int=1), UUID(int=2), UUID(int=3)


def _someone(person: UUID, **changes: object) -> Candidate:
    values = {"person_id": person, "role": "circle", "required": False, "answer": "yes", "mode": "in-person"}
    return Candidate(**(values | changes))  # type: ignore[arg-type]


class TestReadyCircle:
    def test_takes_the_central_person_without_an_answer_but_not_with_a_no(self) -> None:
        central = _someone(ADA, role="central", answer=None, mode=None)
        others = [_someone(BEN), _someone(CAS, mode="online")]
        members = ready_circle([central, *others], required=None)
        assert [(member.person_id, member.required, member.mode) for member in members] == [
            (ADA, True, "in-person"),
            (BEN, False, "in-person"),
            (CAS, False, "online"),
        ]
        unwilling = _someone(ADA, role="central", answer="no", mode="absent")
        assert [member.person_id for member in ready_circle([unwilling, *others], required=None)] == [
            BEN,
            CAS,
        ]

    def test_requires_exactly_whom_it_is_told(self) -> None:
        people = [_someone(ADA, role="central"), _someone(BEN, required=True), _someone(CAS)]
        members = ready_circle(people, required=[CAS])
        assert [member.person_id for member in members if member.required] == [CAS]

    def test_leaves_out_who_is_silent_and_says_when_nobody_is_left(self) -> None:
        people = [_someone(ADA), _someone(BEN, answer=None, mode=None)]
        with pytest.raises(domain.CircleTooSmall):
            ready_circle(people, required=None)
        with pytest.raises(domain.RequiredNotInCircle):
            ready_circle([*people, _someone(CAS)], required=[BEN])


class TestWidening:
    @pytest.mark.parametrize(("proposer", "widens"), [(None, False), ("central", False), ("circle", True)])
    def test_is_being_proposed_by_another_than_a_central_person(
        self, proposer: str | None, widens: bool
    ) -> None:
        assert domain.is_widening(proposer) is widens


class TestModeOf:
    def test_who_says_no_is_absent_and_who_says_yes_is_not(self) -> None:
        assert domain.mode_of("no", "in-person") == "absent"
        assert domain.mode_of("yes", None) == "in-person"
        assert domain.mode_of("yes", "letter") == "letter"
        with pytest.raises(domain.ModeNeeded):
            domain.mode_of("yes", "absent")


class TestCheckLink:
    def _check(self, **changes: object) -> None:
        values = {
            "now": NOW,
            "expires_at": NOW + timedelta(days=1),
            "revoked_at": None,
            "proves": True,
            "proves_older": False,
        }
        domain.check_link(**(values | changes))  # type: ignore[arg-type]

    def test_lets_in_what_proves_itself_in_time(self) -> None:
        self._check()

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"proves": False}, domain.UnknownLink),
            ({"proves": False, "proves_older": True}, domain.LinkReplaced),
            ({"revoked_at": NOW}, domain.LinkRevoked),
            ({"expires_at": NOW}, domain.LinkExpired),
            # Who cannot prove a link is not told that it was withdrawn.
            ({"proves": False, "revoked_at": NOW, "expires_at": NOW}, domain.UnknownLink),
        ],
    )
    def test_says_why_not(self, changes: dict[str, object], error: type[Exception]) -> None:
        with pytest.raises(error):
            self._check(**changes)


def test_one_invitation_has_one_workflow() -> None:
    invitation = uuid4()
    assert domain.invitation_workflow_id(invitation) == f"invitation/{invitation}"
