"""Who must have agreed before somebody is referred."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.consent import Referred, check_consent, check_persons, is_minor
from services.intake.domain.errors import (
    CentralPersonMissing,
    ConsentMissing,
    DateNotPossible,
    RefUsedTwice,
)
from shared.calendar import age_on

TODAY = date(2026, 3, 2)


def child(age: int, *, agreed: bool = True) -> Referred:
    born = TODAY.replace(year=TODAY.year - age)
    return Referred(ref="child", is_central=True, birth_date=born, parental_authority=False, agreed=agreed)


def mother(*, agreed: bool = True) -> Referred:
    return Referred(ref="mother", is_central=False, birth_date=None, parental_authority=True, agreed=agreed)


class TestAge:
    @pytest.mark.parametrize(
        ("born", "day", "age"),
        [
            (date(2014, 3, 2), date(2026, 3, 2), 12),
            (date(2014, 3, 3), date(2026, 3, 2), 11),
            (date(2008, 2, 29), date(2026, 2, 28), 17),
            (date(2008, 2, 29), date(2026, 3, 1), 18),
        ],
    )
    def test_counts_birthdays(self, born: date, day: date, age: int) -> None:
        assert age_on(born, day) == age

    @given(st.dates(date(1900, 1, 1), TODAY), st.integers(0, 40_000))
    def test_never_shrinks(self, born: date, days: int) -> None:
        later = TODAY + timedelta(days=days)
        assert 0 <= age_on(born, TODAY) <= age_on(born, later)

    def test_an_unknown_birth_date_is_no_minor(self) -> None:
        assert not is_minor(None, TODAY)


class TestConsent:
    @pytest.mark.parametrize("age", [12, 15, 17])
    def test_young_people_and_a_holder_of_authority_both_agree(self, age: int) -> None:
        check_consent([child(age), mother()], today=TODAY)
        for people in (
            [child(age, agreed=False), mother()],
            [child(age), mother(agreed=False)],
            [child(age)],
        ):
            with pytest.raises(ConsentMissing):
                check_consent(people, today=TODAY)

    def test_under_twelve_a_holder_agrees(self) -> None:
        check_consent([child(11, agreed=False), mother()], today=TODAY)
        with pytest.raises(ConsentMissing):
            check_consent([child(11), mother(agreed=False)], today=TODAY)

    def test_adults_agree_for_themselves(self) -> None:
        check_consent([child(18)], today=TODAY)
        with pytest.raises(ConsentMissing):
            check_consent([child(18, agreed=False), mother()], today=TODAY)

    def test_whose_age_is_not_known_is_asked(self) -> None:
        somebody = Referred(ref="x", is_central=True, birth_date=None, parental_authority=False, agreed=False)
        with pytest.raises(ConsentMissing):
            check_consent([somebody, mother()], today=TODAY)

    def test_every_central_person_counts(self) -> None:
        brother = child(14, agreed=False)
        with pytest.raises(ConsentMissing):
            check_consent([child(16), brother, mother()], today=TODAY)


class TestPersons:
    def test_a_referral_is_about_somebody(self) -> None:
        with pytest.raises(CentralPersonMissing):
            check_persons([mother()], today=TODAY)

    def test_refs_tell_people_apart(self) -> None:
        with pytest.raises(RefUsedTwice):
            check_persons([child(14), child(15)], today=TODAY)

    def test_nobody_is_born_or_agrees_tomorrow(self) -> None:
        tomorrow = TODAY + timedelta(days=1)
        unborn = Referred(
            ref="x", is_central=True, birth_date=tomorrow, parental_authority=False, agreed=True
        )
        hasty = Referred(
            ref="x",
            is_central=True,
            birth_date=None,
            parental_authority=False,
            agreed=True,
            agreed_on=tomorrow,
        )
        for person in (unborn, hasty):
            with pytest.raises(DateNotPossible):
                check_persons([person], today=TODAY)
