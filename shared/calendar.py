"""Organisations' calendars: working days, durations, the end of a day; and calendar files for people's own."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, StringConstraints

if TYPE_CHECKING:
    from holidays import HolidayBase
    from icalendar import Event, Timezone

BRUSSELS = ZoneInfo("Europe/Brussels")

Day = TypeVar("Day", date, datetime)
# What the time until a deadline is counted in; `set-day`: in nothing, as it is a day that people know.
Unit = Literal["working-days", "days", "hours", "set-day"]
_SATURDAY, _A_DAY = 5, timedelta(days=1)
_PRODUCT = "-//Kring//Kring//NL"


@lru_cache(maxsize=64)
def _holidays(country: str, subdivision: str | None) -> "HolidayBase":
    from holidays import country_holidays

    return country_holidays(country, subdiv=subdivision)


@dataclass(frozen=True)
class Calendar:
    """The holidays and time zone that an organisation works by.

    `country`: ISO 3166-1, two letters; `subdivision`: a part of it with holidays of its own, by its name in the
    library `holidays`; `time_zone`: IANA. Times are returned in UTC.
    """

    country: str = "BE"
    subdivision: str | None = None
    time_zone: str = BRUSSELS.key

    @property
    def zone(self) -> ZoneInfo:
        """Return the time zone."""
        return ZoneInfo(self.time_zone)

    def local(self, time: datetime) -> datetime:
        """Return a time in local time."""
        return time.astimezone(self.zone)

    def day_of(self, time: date | datetime) -> date:
        """Return the local day of a time, or the day itself."""
        return self.local(time).date() if isinstance(time, datetime) else time

    def at(self, day: date, hour: time) -> datetime:
        """Return the moment of a local time of day on a day."""
        return datetime.combine(day, hour, tzinfo=self.zone).astimezone(UTC)

    def end_of_day(self, day: date | datetime) -> datetime:
        """Return when a day (or the local day of a time) ends."""
        return self.at(self.day_of(day) + _A_DAY, time.min)

    def is_working_day(self, day: date | datetime) -> bool:
        """Tell whether a day (of a time: its local day) is neither in the weekend nor a public holiday."""
        local = self.day_of(day)
        return local.weekday() < _SATURDAY and not self.is_public_holiday(local)

    def is_public_holiday(self, day: date | datetime) -> bool:
        """Tell whether a day (of a time: its local day) is a public holiday."""
        return self.day_of(day) in _holidays(self.country, self.subdivision)

    def add_working_days(self, start: Day, count: int) -> Day:
        """Return `start` moved by a number of working days; the day of `start` itself is never counted.

        A time keeps its local time of day, also across a change to or from summer time.
        """
        if isinstance(start, datetime):
            local = self.local(start)
            return self.at(self._moved(local.date(), count), local.time())
        return self._moved(start, count)

    def _moved(self, day: date, count: int) -> date:
        step = _A_DAY if count >= 0 else -_A_DAY
        left = abs(count)
        while left:
            day += step
            if self.is_working_day(day):
                left -= 1
        return day

    def working_days(self, after: date, until: date) -> int:
        """Return how many working days come after a day, until another: none if that is no later."""
        days = (after + timedelta(days=ahead) for ahead in range(1, (until - after).days + 1))
        return sum(map(self.is_working_day, days))

    def resumed(self, deadline: datetime, *, paused_at: datetime, now: datetime, unit: Unit) -> datetime:
        """Return the time to which a pause that ends now moves a deadline.

        What was left of it is counted again: as many days or working days, from today, to the same local time of
        day; or exactly as many hours. A deadline in days is then still to come, on a working day. One that had
        passed stays as late as it was, and a pause within a day moves nothing that is to come. A set day stays,
        and is now if it passed.
        """
        if unit == "set-day":
            return max(deadline, now)
        if unit == "hours" or deadline <= paused_at:
            return deadline + (now - paused_at)
        began, today = self.day_of(paused_at), self.day_of(now)
        if began == today and deadline > now:
            return deadline
        # The end of a day belongs to that day.
        last = self.local(deadline - datetime.resolution)
        if unit == "days":
            day = self._moved(today + (last.date() - began) - _A_DAY, 1)
        elif left := self.working_days(began, last.date()):
            day = self._moved(today, left)
        else:
            day = self._moved(today - _A_DAY, 1)
        resumed = self.at(day, last.time()) + datetime.resolution
        return resumed if resumed > now else self.add_working_days(resumed, 1)

    def add_length(self, start: datetime, length: str) -> datetime:
        """Return the time a length after `start`: days keep the local time of day, hours are exact."""
        return self._move(start, length, 1)

    def subtract_length(self, end: datetime, length: str) -> datetime:
        """Return the time a length before `end`, counted in the same way."""
        return self._move(end, length, -1)

    def _move(self, start: datetime, length: str, sign: int) -> datetime:
        parts = _parts_of(length)
        if "working" in parts:
            return self.add_working_days(start, sign * parts["working"])
        weeks = parts.get("weeks", 0) + parts.get("short_weeks", 0)
        days = timedelta(days=parts.get("days", 0) + parts.get("short_days", 0), weeks=weeks)
        moved = (self.local(start) + sign * days).astimezone(UTC)
        exact = {name: parts.get(name, 0) for name in ("hours", "minutes", "seconds")}
        return moved + sign * timedelta(**exact)


# The calendar of an organisation that set none.
BELGIUM = Calendar()


def age_on(birth_date: date, day: date) -> int:
    """Return the age in whole years on a day."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def years_after(day: date, years: int) -> date:
    """Return the same day some years later, also for birthdays: 29 February becomes 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


_LENGTH = re.compile(
    r"(?:(?P<working>\d{1,3})wd|(?P<short_days>\d{1,4})d|(?P<short_weeks>\d{1,3})w"
    r"|P(?=.)(?:(?P<weeks>\d{1,3})W)?(?:(?P<days>\d{1,4})D)?"
    r"(?:T(?=.)(?:(?P<hours>\d{1,4})H)?(?:(?P<minutes>\d{1,5})M)?(?:(?P<seconds>\d{1,6})S)?)?)",
    re.ASCII,
)


def _parts_of(length: str) -> dict[str, int]:
    found = _LENGTH.fullmatch(length)
    if found is None:
        raise ValueError("must be a length such as 3wd (working days), 10d, 6w, PT12H or P1DT6H")
    return {name: int(value) for name, value in found.groupdict().items() if value is not None}


def unit_of(length: str) -> Unit:
    """Return what a length is counted in. Raises: ValueError if it is malformed."""
    parts = _parts_of(length)
    if "working" in parts:
        return "working-days"
    return "hours" if parts.keys() & {"hours", "minutes", "seconds"} else "days"


def parse_length(length: str) -> str:
    """Return a length as given. Raises: ValueError if it is malformed."""
    _parts_of(length)
    return length


# "3wd" working days, "10d" days, "6w" weeks, or an ISO 8601 duration of weeks and smaller; set by organisations.
Length = Annotated[str, StringConstraints(max_length=24), AfterValidator(parse_length)]


_ANY_MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def at_most(longest: timedelta) -> AfterValidator:
    """Return a validator of lengths: positive, and at most this."""

    def check(length: str) -> str:
        if not _ANY_MONDAY < BELGIUM.add_length(_ANY_MONDAY, length) <= _ANY_MONDAY + longest:
            raise ValueError(f"must be longer than nothing and at most {longest.days} days")
        return length

    return AfterValidator(check)


@dataclass(frozen=True, kw_only=True)
class Appointment:
    """What a calendar file needs. Summary, place and names are personal data: they go into mails only."""

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    calendar: Calendar
    summary: str
    stamped_at: datetime
    organiser_address: str
    attendee_address: str | None
    organiser_name: str | None = None
    place: str | None = None
    description: str | None = None
    url: str | None = None
    categories: tuple[str, ...] = field(default=())
    cancelled: bool = False


def calendar_invitation(
    appointment: Appointment, *, method: Literal["REQUEST", "CANCEL", "PUBLISH"] = "REQUEST"
) -> bytes:
    """Return an iCalendar file that adds an appointment to a calendar, moves it, or removes it.

    Moving or cancelling repeats the uid with a higher sequence. `PUBLISH` is for downloads: it invites nobody,
    and needs no attendee.
    """
    return _file([appointment], method=method)


def calendar_feed(appointments: Sequence[Appointment]) -> bytes:
    """Return an iCalendar file of appointments that calendar programs poll (RFC 7986: every hour)."""
    return _file(appointments, method="PUBLISH", refresh=timedelta(hours=1))


def _file(
    appointments: Sequence[Appointment],
    *,
    method: Literal["REQUEST", "CANCEL", "PUBLISH"],
    refresh: timedelta | None = None,
) -> bytes:
    from icalendar import Calendar as CalendarFile

    calendar = CalendarFile()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", method)
    if refresh is not None:
        calendar.add("refresh-interval", refresh, parameters={"value": "DURATION"})
    zones: dict[str, Timezone] = {}
    for appointment in appointments:
        zone = _zone_of(appointment.calendar, appointment.starts_at)
        if zone is not None:
            zones.setdefault(appointment.calendar.time_zone, zone)
        calendar.add_component(_event(appointment, cancels=method == "CANCEL", in_zone=zone is not None))
    for zone in zones.values():
        calendar.add_component(zone)
    return bytes(calendar.to_ical())


def _event(appointment: Appointment, *, cancels: bool, in_zone: bool) -> "Event":
    from icalendar import Event, vCalAddress, vText

    event = Event()
    event.add("uid", appointment.uid)
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", appointment.stamped_at.astimezone(UTC))
    for name, at in (("dtstart", appointment.starts_at), ("dtend", appointment.ends_at)):
        event.add(name, _shown(at, appointment.calendar) if in_zone else at.astimezone(UTC))
    event.add("summary", appointment.summary)
    event.add("status", "CANCELLED" if cancels or appointment.cancelled else "CONFIRMED")
    for name, value in (
        ("location", appointment.place),
        ("description", appointment.description),
        ("url", appointment.url),
    ):
        if value is not None:
            event.add(name, value)
    if appointment.categories:
        event.add("categories", list(appointment.categories))
    organiser = vCalAddress(f"mailto:{appointment.organiser_address}")
    if appointment.organiser_name is not None:
        organiser.params["CN"] = vText(appointment.organiser_name)
    event["organizer"] = organiser
    if appointment.attendee_address is not None:
        attendee = vCalAddress(f"mailto:{appointment.attendee_address}")
        # Answers go through the personal link: a reply by calendar would reach an unread mailbox.
        attendee.params["RSVP"] = vText("FALSE")
        event.add("attendee", attendee, encode=False)
    return event


def _shown(time: datetime, calendar: Calendar) -> datetime:
    """Return a time in local time, or in UTC in the hour that occurs twice, which no zone can express."""
    local = calendar.local(time)
    return (
        time.astimezone(UTC)
        if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
        else local
    )


def _zone_of(calendar: Calendar, around: datetime) -> "Timezone | None":
    """Return a zone as Outlook reads it: both halves, each with the rule by which it starts every year (RFC 5545).

    None if clock changes follow no such rule, as in Morocco.
    """
    from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

    year = calendar.local(around).year
    changes, following = (_changes(calendar.zone, each) for each in (year - 1, year))
    if [change.rule for change in changes] != [change.rule for change in following]:
        return None
    zone = Timezone()
    zone.add("tzid", calendar.time_zone)
    for change in changes or [_Change(datetime(1970, 1, 1, tzinfo=UTC), calendar.zone)]:
        half = TimezoneDaylight() if change.is_summer else TimezoneStandard()
        half.add("tzname", change.name)
        half.add("dtstart", change.shown)
        half.add("tzoffsetfrom", change.before)
        half.add("tzoffsetto", change.after)
        if changes:
            half.add("rrule", change.rule)
        zone.add_component(half)
    return zone


@dataclass(frozen=True)
class _Change:
    """One change of the clocks."""

    at: datetime
    zone: ZoneInfo

    @property
    def before(self) -> timedelta:
        return self._offset(self.at - timedelta(seconds=1))

    @property
    def after(self) -> timedelta:
        return self._offset(self.at)

    @property
    def shown(self) -> datetime:
        """The local time of day before the change, without a zone."""
        return (self.at + self.before).replace(tzinfo=None)

    @property
    def is_summer(self) -> bool:
        return bool(self.at.astimezone(self.zone).dst())

    @property
    def name(self) -> str:
        return self.at.astimezone(self.zone).tzname() or self.zone.key

    @property
    def rule(self) -> dict[str, str | int]:
        """Its yearly rule: on the last (-1SU) or for example the second (2SU) Sunday of a month."""
        day = self.shown
        is_last = (day + timedelta(days=7)).month != day.month
        which = -1 if is_last else (day.day + 6) // 7
        return {"freq": "yearly", "bymonth": day.month, "byday": f"{which}{day:%a}"[:-1].upper()}

    def _offset(self, time: datetime) -> timedelta:
        return time.astimezone(self.zone).utcoffset() or timedelta()


@lru_cache(maxsize=64)
def _changes(zone: ZoneInfo, year: int) -> list[_Change]:
    """Return the clock changes of a year."""
    changes = []
    hour = datetime(year, 1, 1, tzinfo=UTC)
    while hour.year == year:
        following = hour + timedelta(hours=1)
        if hour.astimezone(zone).utcoffset() != following.astimezone(zone).utcoffset():
            changes.append(_Change(following, zone))
        hour = following
    return changes
