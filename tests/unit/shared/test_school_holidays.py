"""Which days are in the school holidays of a community."""

from datetime import date, timedelta

import pytest

from shared.school_holidays import Community, is_school_holiday, known_until


def span(first: str, last: str) -> set[date]:
    begin = date.fromisoformat(first)
    return {begin + timedelta(days=day) for day in range((date.fromisoformat(last) - begin).days + 1)}


# As published for these school years, in every way that a rule differs.
FLEMISH = [
    ("2023-02-20", "2023-02-26"),
    ("2023-04-03", "2023-04-16"),
    ("2024-02-12", "2024-02-18"),
    ("2024-04-01", "2024-04-14"),
    ("2025-04-07", "2025-04-20"),
    ("2025-10-27", "2025-11-02"),
    ("2025-12-22", "2026-01-04"),
    ("2026-02-16", "2026-02-22"),
    ("2026-04-06", "2026-04-19"),
    ("2026-07-01", "2026-08-31"),
    ("2026-11-02", "2026-11-08"),
]
FRENCH = [("2025-10-20", "2025-11-02"), ("2025-12-22", "2026-01-04"), ("2026-02-16", "2026-03-01")]


@pytest.mark.parametrize(
    ("community", "first", "last"),
    [("flemish", *days) for days in FLEMISH] + [("french", *days) for days in FRENCH],
)
def test_begin_and_end_as_published(community: Community, first: str, last: str) -> None:
    days = span(first, last)
    assert all(is_school_holiday(day, community) for day in days)
    assert is_school_holiday(min(days) - timedelta(days=1), community) is False
    assert is_school_holiday(max(days) + timedelta(days=1), community) is False


def test_is_not_known_of_days_that_are_not_settled() -> None:
    assert is_school_holiday(date(2040, 2, 14), "french") is None
    last = known_until("french")
    assert last is not None
    assert is_school_holiday(last, "french") is True
    assert is_school_holiday(last + timedelta(days=1), "french") is None


def test_are_known_of_every_day_by_a_rule_and_marked_for_no_community_on_none() -> None:
    assert known_until("flemish") is known_until("none") is None
    assert is_school_holiday(date(2026, 2, 17), "none") is False


def test_what_an_organisation_entered_counts_beside_what_is_known_and_up_to_its_end() -> None:
    entered = [(date(2026, 10, 19), date(2026, 11, 1)), (date(2026, 12, 21), date(2027, 1, 3))]
    for day, marked in (
        (date(2026, 10, 19), True),
        (date(2027, 1, 3), True),
        # Between what it entered there is school; after that nothing is known.
        (date(2026, 11, 2), False),
        (date(2027, 1, 4), None),
        # What was settled stays.
        (date(2026, 2, 16), True),
        (date(2026, 6, 1), False),
    ):
        assert is_school_holiday(day, "french", entered) is marked
    assert is_school_holiday(date(2026, 10, 20), "none", entered) is True
    assert is_school_holiday(date(2027, 1, 4), "none", entered) is False
