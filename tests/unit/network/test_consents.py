"""Whose consent counts, from which birthday on, and the texts that Kring comes with."""

import re
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from services.network.domain import Purpose
from services.network.domain.consents import (
    AUDIENCES,
    AgeGroup,
    Someone,
    Voice,
    Word,
    age_group,
    allows,
    bracket_of,
    differ,
    is_complete,
    monday_after,
    next_birthday,
    voices,
)
from services.network.queries.texts import shipped
from shared.calendar import BELGIUM, years_after
from shared.ids import derived
from shared.languages import LANGUAGES

TODAY = date(2026, 3, 2)
CHILD, MOTHER, FATHER, AUNT = (derived(name) for name in ("child", "mother", "father", "aunt"))
YOUNG, TEEN, GROWN = date(2016, 1, 5), date(2012, 1, 5), date(2000, 1, 5)


def somebody(person: UUID, **known: object) -> Someone:
    values = {"central": False, "birth_date": None, "parental_authority": False, **known}
    return Someone(person_id=person, **values)  # type: ignore[arg-type]


def family(born: date | None, *, over: frozenset[UUID] | None = None) -> list[Someone]:
    return [
        somebody(CHILD, central=True, birth_date=born),
        somebody(MOTHER, parental_authority=True, authority_over=over),
        somebody(FATHER, parental_authority=True),
        somebody(AUNT),
    ]


def heard(born: date | None, **said: bool) -> list[Voice]:
    names = {CHILD: "child", MOTHER: "mother", FATHER: "father"}

    def word(speaker: UUID, _concerns: UUID | None) -> Word | None:
        given = said.get(names[speaker])
        at = datetime(2026, 3, 1, tzinfo=UTC)
        return None if given is None else Word(given=given, version=1, stale=False, at=at)

    people = family(born)
    return voices(people[0], people, word, today=TODAY)


class TestAge:
    @pytest.mark.parametrize(
        ("born", "day", "group"),
        [
            (date(2014, 3, 3), date(2026, 3, 2), AgeGroup.UNDER_TWELVE),
            (date(2014, 3, 3), date(2026, 3, 3), AgeGroup.TWELVE_TO_SEVENTEEN),
            (date(2008, 3, 3), date(2026, 3, 2), AgeGroup.TWELVE_TO_SEVENTEEN),
            (date(2008, 3, 3), date(2026, 3, 3), AgeGroup.ADULT),
            (date(2008, 2, 29), date(2026, 2, 28), AgeGroup.TWELVE_TO_SEVENTEEN),
            (date(2008, 2, 29), date(2026, 3, 1), AgeGroup.ADULT),
            (None, date(2026, 3, 1), AgeGroup.UNKNOWN),
        ],
    )
    def test_changes_on_the_birthday_itself(self, born: date | None, day: date, group: AgeGroup) -> None:
        assert age_group(born, day) == group

    def test_the_birthday_is_the_first_day_of_the_new_age(self) -> None:
        for born in (date(2008, 2, 29), date(2008, 3, 3), date(2007, 12, 31)):
            for age in (12, 18):
                day = years_after(born, age)
                assert age_group(born, day) != age_group(born, date.fromordinal(day.toordinal() - 1))

    def test_the_youngest_of_whom_the_age_is_known_decides_the_bracket(self) -> None:
        day, six, seven, grown = date(2026, 3, 2), date(2019, 3, 3), date(2019, 3, 2), date(2008, 3, 2)
        assert bracket_of([grown, seven, None, six], day) == "under-seven"
        assert bracket_of([grown, seven, None], day) == "minor"
        assert bracket_of([grown, None], day) is None
        assert bracket_of([], day) is None

    def test_the_next_birthday_that_matters_is_seven_twelve_then_eighteen_then_none(self) -> None:
        born = date(2014, 3, 3)
        assert next_birthday(born, date(2021, 3, 2)) == ("turns-7", date(2021, 3, 3))
        assert next_birthday(born, date(2026, 3, 2)) == ("turns-12", date(2026, 3, 3))
        assert next_birthday(born, date(2026, 3, 3)) == ("turns-18", date(2032, 3, 3))
        assert next_birthday(born, date(2032, 3, 3)) is None
        assert next_birthday(None, date(2032, 3, 3)) is None

    def test_what_is_published_is_a_monday_whatever_the_birthday(self) -> None:
        for offset in range(14):
            day = date.fromordinal(date(2026, 3, 2).toordinal() + offset)
            due = BELGIUM.local(monday_after(day, BELGIUM))
            assert (due.weekday(), due.hour) == (0, 9)
            assert 1 <= (due.date() - day).days <= 7


class TestWhoIsAsked:
    @pytest.mark.parametrize(
        ("born", "needed"),
        [
            (YOUNG, {MOTHER, FATHER}),
            (TEEN, {CHILD, MOTHER, FATHER}),
            (GROWN, {CHILD}),
            # Of whom no birth date is known, nobody can say that they are too young to be asked.
            (None, {CHILD}),
        ],
    )
    def test_depends_on_the_age(self, born: date | None, needed: set[UUID]) -> None:
        assert {voice.person_id for voice in heard(born) if voice.needed} == needed

    def test_a_parent_of_one_child_is_not_asked_about_another(self) -> None:
        people = family(TEEN, over=frozenset({AUNT}))
        found = voices(people[0], people, lambda _speaker, _concerns: None, today=TODAY)
        assert [voice.person_id for voice in found] == [CHILD, FATHER]


class TestWhatItComesTo:
    def test_each_holder_says_yes_and_the_young_person_too(self) -> None:
        assert not is_complete(AgeGroup.TWELVE_TO_SEVENTEEN, heard(TEEN, mother=True, father=True))
        assert is_complete(AgeGroup.TWELVE_TO_SEVENTEEN, heard(TEEN, mother=True, father=True, child=True))
        assert is_complete(AgeGroup.UNDER_TWELVE, heard(YOUNG, mother=True, father=True))

    def test_nobody_can_have_agreed_for_a_minor_whose_holders_are_unknown(self) -> None:
        alone = [Voice(person_id=CHILD, speaks="self", needed=False, word=None)]
        assert not is_complete(AgeGroup.UNDER_TWELVE, alone)

    def test_one_no_stops_it(self) -> None:
        said = heard(TEEN, mother=True, father=False, child=True)
        assert differ(said)
        assert not allows(Purpose.SHARE_PLAN, AgeGroup.TWELVE_TO_SEVENTEEN, said)
        assert not allows(Purpose.RESEARCH, AgeGroup.TWELVE_TO_SEVENTEEN, said)

    def test_from_twelve_on_the_young_person_decides_whether_they_come(self) -> None:
        assert allows(Purpose.TAKING_PART, AgeGroup.TWELVE_TO_SEVENTEEN, heard(TEEN, father=False))
        assert not allows(Purpose.TAKING_PART, AgeGroup.TWELVE_TO_SEVENTEEN, heard(TEEN, child=False))
        assert not allows(Purpose.TAKING_PART, AgeGroup.UNDER_TWELVE, heard(YOUNG, father=False))

    def test_a_childs_own_no_counts_at_any_age(self) -> None:
        said = heard(YOUNG, mother=True, father=True, child=False)
        assert not allows(Purpose.TAKING_PART, AgeGroup.UNDER_TWELVE, said)

    def test_silence_is_no_objection_but_never_a_yes_to_research(self) -> None:
        assert allows(Purpose.SHARE_PLAN, AgeGroup.ADULT, heard(GROWN))
        assert not allows(Purpose.RESEARCH, AgeGroup.ADULT, heard(GROWN))
        assert allows(Purpose.RESEARCH, AgeGroup.ADULT, heard(GROWN, child=True))


class TestTexts:
    @pytest.mark.parametrize("purpose", Purpose)
    def test_are_there_for_everyone_in_every_language(self, purpose: Purpose) -> None:
        wanted = {(audience, language) for audience in AUDIENCES[purpose] for language in LANGUAGES}
        versions = [version for known, version in shipped() if known == purpose]
        assert versions == list(range(1, len(versions) + 1))
        assert all(set(shipped()[purpose, version]) == wanted for version in versions)

    @pytest.mark.parametrize(("purpose", "version"), sorted(shipped()))
    def test_are_short_and_plain(self, purpose: Purpose, version: int) -> None:
        for (_, language), words in shipped()[purpose, version].items():
            assert len(words.title) <= 100
            assert not words.title.startswith("#")
            sentences = [part for part in re.split(r"(?<=[.?!])\s+", words.body) if part]
            assert max(len(sentence.split()) for sentence in sentences) <= 27, (purpose, language)
            assert len(words.body) <= 900
