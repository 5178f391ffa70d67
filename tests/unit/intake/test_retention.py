"""How long a file is kept, from what is known of it."""

from datetime import date

import pytest

from services.intake.domain.retention import FileKind, Lengths, keep_until, kind_of

LENGTHS = Lengths(youth_until_age=35, case_years=5, plan_without_meeting_years=4, referral_years=1)
NO_YOUTH_HELP = Lengths(youth_until_age=None, case_years=5, plan_without_meeting_years=4, referral_years=1)
OVER = date(2026, 6, 15)


class TestKind:
    @pytest.mark.parametrize(
        ("minors", "without_meeting", "lengths", "kind"),
        [
            (True, False, LENGTHS, FileKind.YOUTH),
            (True, True, LENGTHS, FileKind.YOUTH),
            (False, False, LENGTHS, FileKind.ADULT),
            (False, True, LENGTHS, FileKind.PLAN_WITHOUT_MEETING),
            (True, False, NO_YOUTH_HELP, FileKind.ADULT),
            (True, True, NO_YOUTH_HELP, FileKind.PLAN_WITHOUT_MEETING),
        ],
    )
    def test_is_youth_help_only_where_the_organisation_says_so(
        self, minors: bool, without_meeting: bool, lengths: Lengths, kind: FileKind
    ) -> None:
        assert kind_of(minors=minors, plan_without_meeting=without_meeting, lengths=lengths) == kind


class TestKeepUntil:
    @pytest.mark.parametrize(
        "births", [[date(2012, 1, 1)], [date(2012, 12, 31)], [date(2009, 5, 5), date(2012, 7, 1)]]
    )
    def test_counts_from_the_youngest_to_the_end_of_a_year(self, births: list[date]) -> None:
        found = keep_until(FileKind.YOUTH, over_on=OVER, central_births=births, lengths=LENGTHS)
        assert found == date(2047, 12, 31)

    def test_tells_no_birthday(self) -> None:
        found = {
            keep_until(FileKind.YOUTH, over_on=OVER, central_births=[date(2012, month, 9)], lengths=LENGTHS)
            for month in range(1, 13)
        }
        assert len(found) == 1

    def test_takes_the_longest_where_no_birth_can_be_read(self) -> None:
        found = keep_until(FileKind.YOUTH, over_on=OVER, central_births=[], lengths=LENGTHS)
        assert found == date(2061, 12, 31)

    def test_never_keeps_a_youth_shorter_than_others(self) -> None:
        lengths = Lengths(youth_until_age=18, case_years=5, plan_without_meeting_years=4, referral_years=1)
        found = keep_until(FileKind.YOUTH, over_on=OVER, central_births=[date(2008, 7, 1)], lengths=lengths)
        assert found == date(2031, 6, 15)

    @pytest.mark.parametrize(
        ("kind", "until"),
        [
            (FileKind.ADULT, date(2031, 6, 15)),
            (FileKind.PLAN_WITHOUT_MEETING, date(2030, 6, 15)),
            (FileKind.REFERRAL, date(2027, 6, 15)),
        ],
    )
    def test_counts_other_files_from_their_end(self, kind: FileKind, until: date) -> None:
        births = [date(2015, 1, 1)]
        assert keep_until(kind, over_on=OVER, central_births=births, lengths=LENGTHS) == until
