"""What an organisation may set."""

import pytest
from pydantic import ValidationError

from services.scheduling.settings import Policy


class TestPolicy:
    def test_has_the_usual_lengths(self) -> None:
        assert (Policy().conference_target, Policy().poll_closes) == ("8w", "8d")

    def test_has_first_contact_within_a_week_and_a_conference_within_days_if_it_is_urgent(self) -> None:
        assert (Policy().first_contact, Policy().urgent_target) == ("5wd", "4d")

    def test_has_a_talk_with_the_referrer_within_a_week(self) -> None:
        assert (Policy().baseline_talk_warn, Policy().baseline_talk) == ("3wd", "5wd")

    @pytest.mark.parametrize(
        "lengths",
        [
            {"conference_target": "5w"},
            {"poll_chase": "8d"},
            {"urgent_warn": "5d"},
            {"poll_closes": "soon"},
            {"poll_closes": 8},
            {"poll_open": "8d"},
        ],
    )
    def test_refuses_a_warning_that_comes_too_late_and_what_is_no_length(
        self, lengths: dict[str, str]
    ) -> None:
        with pytest.raises(ValidationError):
            Policy.model_validate(lengths)

    def test_may_be_short(self) -> None:
        assert Policy(poll_chase="PT1S", poll_closes="PT2S").poll_closes == "PT2S"
