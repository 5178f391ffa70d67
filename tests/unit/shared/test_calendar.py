"""Working days, the day's end, and invitations."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar as CalendarFile
from icalendar import Component

from shared.calendar import (
    BELGIUM,
    BRUSSELS,
    Appointment,
    Calendar,
    calendar_feed,
    calendar_invitation,
    years_after,
)


class TestIsWorkingDay:
    @pytest.mark.parametrize(
        ("day", "working"),
        [
            (date(2026, 11, 20), True),
            (date(2026, 11, 21), False),
            (date(2026, 11, 11), False),  # Armistice Day
            (date(2026, 7, 21), False),  # National Day
            (date(2027, 3, 29), False),  # Easter Monday
            (date(2027, 5, 6), False),  # Ascension Day
            (date(2028, 1, 3), True),
        ],
    )
    def test_knows_weekends_and_belgian_holidays(self, day: date, working: bool) -> None:
        assert BELGIUM.is_working_day(day) is working

    def test_takes_a_moment_for_its_day_in_brussels(self) -> None:
        sunday_evening_utc = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
        assert BELGIUM.is_working_day(sunday_evening_utc)


class TestAddWorkingDays:
    @pytest.mark.parametrize(
        ("start", "count", "expected"),
        [
            (date(2026, 11, 20), 1, date(2026, 11, 23)),
            (date(2026, 11, 21), 1, date(2026, 11, 23)),
            (date(2026, 12, 24), 1, date(2026, 12, 28)),
            (date(2026, 4, 2), 3, date(2026, 4, 8)),
            (date(2026, 11, 23), -1, date(2026, 11, 20)),
            (date(2026, 11, 21), 0, date(2026, 11, 21)),
        ],
    )
    def test_skips_weekends_and_holidays(self, start: date, count: int, expected: date) -> None:
        assert BELGIUM.add_working_days(start, count) == expected

    def test_keeps_the_time_of_day_across_summer_time(self) -> None:
        friday = datetime(2026, 3, 27, 9, tzinfo=BRUSSELS)
        monday = BELGIUM.add_working_days(friday, 1)
        assert monday.astimezone(BRUSSELS) == datetime(2026, 3, 30, 9, tzinfo=BRUSSELS)
        assert monday - friday == timedelta(days=3) - timedelta(hours=1)

    @given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(1, 60))
    def test_ends_on_a_working_day_with_that_many_since(self, start: date, count: int) -> None:
        end = BELGIUM.add_working_days(start, count)
        passed = [start + timedelta(days=n) for n in range(1, (end - start).days + 1)]
        assert sum(BELGIUM.is_working_day(day) for day in passed) == count
        assert BELGIUM.is_working_day(end)


class TestCalendar:
    """An organisation's own: another country, a part of it, another time zone."""

    def test_counts_by_the_holidays_of_its_country(self) -> None:
        day_before = date(2026, 7, 13)
        assert BELGIUM.add_working_days(day_before, 1) == date(2026, 7, 14)
        assert Calendar("FR").add_working_days(day_before, 1) == date(2026, 7, 15)

    def test_counts_by_the_holidays_of_its_part_of_the_country(self) -> None:
        corpus_christi = date(2026, 6, 4)
        assert Calendar("DE").is_working_day(corpus_christi)
        assert not Calendar("DE", "BY").is_working_day(corpus_christi)

    def test_has_the_same_hour_in_winter_and_summer(self) -> None:
        days = (date(2026, 1, 15), date(2026, 7, 15))
        assert [BELGIUM.at(day, time(9)).hour for day in days] == [8, 7]

    def test_goes_by_its_own_clock(self) -> None:
        lisbon = Calendar("PT", None, "Europe/Lisbon")
        late = datetime(2026, 1, 15, 23, 30, tzinfo=UTC)
        assert (lisbon.day_of(late), BELGIUM.day_of(late)) == (date(2026, 1, 15), date(2026, 1, 16))
        assert lisbon.end_of_day(date(2026, 1, 15)) == datetime(2026, 1, 16, tzinfo=UTC)
        assert lisbon.add_length(datetime(2026, 1, 15, 9, tzinfo=UTC), "1wd").hour == 9


class TestEndOfDay:
    def test_is_midnight_in_brussels(self) -> None:
        assert BELGIUM.end_of_day(date(2026, 1, 15)) == datetime(2026, 1, 15, 23, tzinfo=UTC)
        assert BELGIUM.end_of_day(date(2026, 7, 15)) == datetime(2026, 7, 15, 22, tzinfo=UTC)

    def test_knows_the_day_of_23_hours(self) -> None:
        assert BELGIUM.end_of_day(date(2026, 3, 29)) - BELGIUM.end_of_day(date(2026, 3, 28)) == timedelta(
            hours=23
        )


def appointment(*, sequence: int = 0) -> Appointment:
    return Appointment(
        uid="01987f1e@kring.invalid",
        sequence=sequence,
        starts_at=datetime(2026, 12, 4, 17, 30, tzinfo=UTC),
        ends_at=datetime(2026, 12, 4, 20, 30, tzinfo=UTC),
        calendar=BELGIUM,
        summary="Samen rond de tafel; met koffie, en thee",
        stamped_at=datetime(2026, 11, 20, 10, tzinfo=UTC),
        organiser_address="kring@kring.invalid",
        attendee_address="gast@example.invalid",
        organiser_name="Kring Noord",
        place="Buurthuis, zaal 2",
    )


def event_of(raw: bytes) -> tuple[Component, Component]:
    calendar = CalendarFile.from_ical(raw)
    return calendar, calendar.walk("VEVENT")[0]


class TestCalendarInvitation:
    def test_can_be_read_back(self) -> None:
        calendar, event = event_of(calendar_invitation(appointment()))
        assert calendar["METHOD"] == "REQUEST"
        assert event["SUMMARY"] == "Samen rond de tafel; met koffie, en thee"
        assert event.decoded("dtstart") == datetime(2026, 12, 4, 18, 30, tzinfo=ZoneInfo("Europe/Brussels"))
        assert event["ATTENDEE"] == "mailto:gast@example.invalid"
        assert event["ORGANIZER"].params["CN"] == "Kring Noord"

    @pytest.mark.parametrize(
        ("method", "status"), [("REQUEST", "CONFIRMED"), ("CANCEL", "CANCELLED")], ids=["moved", "cancelled"]
    )
    def test_repeats_the_uid_with_a_higher_sequence(
        self, method: Literal["REQUEST", "CANCEL"], status: str
    ) -> None:
        _, first = event_of(calendar_invitation(appointment()))
        calendar, later = event_of(calendar_invitation(appointment(sequence=1), method=method))
        assert calendar["METHOD"] == method
        assert later["STATUS"] == status
        assert later["UID"] == first["UID"]
        assert (int(str(first["SEQUENCE"])), int(str(later["SEQUENCE"]))) == (0, 1)

    @pytest.mark.parametrize(
        ("zone", "halves"),
        [
            (
                "Europe/Brussels",
                {("DAYLIGHT", "BYDAY=-1SU;BYMONTH=3"), ("STANDARD", "BYDAY=-1SU;BYMONTH=10")},
            ),
            ("America/New_York", {("DAYLIGHT", "BYDAY=2SU;BYMONTH=3"), ("STANDARD", "BYDAY=1SU;BYMONTH=11")}),
            ("Australia/Sydney", {("DAYLIGHT", "BYDAY=1SU;BYMONTH=10"), ("STANDARD", "BYDAY=1SU;BYMONTH=4")}),
            ("Asia/Tokyo", {("STANDARD", None)}),
        ],
    )
    def test_brings_both_halves_of_the_zone_with_their_yearly_rules_as_outlook_asks(
        self, zone: str, halves: set[tuple[str, str | None]]
    ) -> None:
        raw = calendar_invitation(replace(appointment(), calendar=Calendar(time_zone=zone)))
        [found] = CalendarFile.from_ical(raw).walk("VTIMEZONE")
        rules = {half.name: half.get("rrule") for half in found.subcomponents}
        assert {
            (name, rule and rule.to_ical().decode().removeprefix("FREQ=YEARLY;"))
            for name, rule in rules.items()
        } == halves
        assert len(raw) < 1500

    @pytest.mark.parametrize("zone", ["Africa/Casablanca", "Europe/Brussels"])
    def test_names_a_time_in_utc_where_no_rule_or_clock_tells_which_it_is(self, zone: str) -> None:
        # In Brussels clocks show half past two twice on this day; in Morocco they are changed around ramadan.
        twice = [datetime(2027, 10, 31, hour, 30, tzinfo=UTC) for hour in (0, 1)]
        starts = [
            event_of(
                calendar_invitation(
                    replace(appointment(), calendar=Calendar(time_zone=zone), starts_at=start)
                )
            )[1]["DTSTART"].to_ical()
            for start in twice
        ]
        assert starts == [b"20271031T003000Z", b"20271031T013000Z"]

    @pytest.mark.parametrize(
        "zone", ["Europe/Brussels", "America/New_York", "Australia/Sydney", "Asia/Tokyo"]
    )
    @pytest.mark.parametrize("month", [1, 4, 7, 11])
    def test_says_the_same_to_a_program_that_knows_the_zone_from_the_file_alone(
        self, zone: str, month: int
    ) -> None:
        starts_at = datetime(2027, month, 20, 17, 30, tzinfo=UTC)
        written = replace(
            appointment(sequence=3),
            calendar=Calendar(time_zone=zone),
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=3),
        )
        for raw in (calendar_invitation(written), calendar_feed([written])):
            [event] = vobject.readOne(raw.decode()).vevent_list
            assert event.dtstart.value.utcoffset() == starts_at.astimezone(ZoneInfo(zone)).utcoffset()
            assert (event.dtstart.value, event.dtend.value) == (written.starts_at, written.ends_at)
            assert (event.uid.value, event.sequence.value) == (written.uid, "3")
            assert (event.summary.value, event.location.value) == (written.summary, written.place)

    def test_uses_the_line_ends_that_calendars_ask(self) -> None:
        raw = calendar_invitation(appointment())
        assert raw.endswith(b"END:VCALENDAR\r\n")
        assert b"\n" not in raw.replace(b"\r\n", b"")


class TestSubtractLength:
    @pytest.mark.parametrize("length", ["3d", "2w", "PT5H", "P1DT6H", "3wd"])
    def test_undoes_what_was_added(self, length: str) -> None:
        start = datetime(2026, 3, 24, 8, tzinfo=UTC)
        assert BELGIUM.subtract_length(BELGIUM.add_length(start, length), length) == start

    def test_keeps_the_time_of_day_across_the_change_to_summer_time(self) -> None:
        end = datetime(2026, 3, 30, 7, tzinfo=UTC)
        assert BELGIUM.subtract_length(end, "2d") == datetime(2026, 3, 28, 8, tzinfo=UTC)

    def test_counts_working_days_back_over_a_weekend(self) -> None:
        monday = datetime(2026, 1, 12, 9, tzinfo=UTC)
        assert BELGIUM.subtract_length(monday, "1wd") == datetime(2026, 1, 9, 9, tzinfo=UTC)


class TestYearsAfter:
    def test_knows_leap_years(self) -> None:
        assert years_after(date(2028, 2, 29), 1) == date(2029, 3, 1)
        assert years_after(date(2028, 2, 29), 4) == date(2032, 2, 29)
