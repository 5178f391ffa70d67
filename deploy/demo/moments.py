"""How a story speaks of time, in Brussels: "day 12 14:00" counts from its first day, "3d" and "3wd" from now."""

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from shared.calendar import BRUSSELS, add_working_days

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CLOCK = r"(?P<{0}hour>[01]?\d|2[0-3]):(?P<{0}minute>[0-5]\d)"
_DAY = re.compile(rf"day (?P<day>\d{{1,4}})(?: {_CLOCK.format('')})?")
_SPAN = re.compile(rf"day (?P<day>\d{{1,4}}) {_CLOCK.format('')} ?- ?{_CLOCK.format('to_')}")
_LENGTH = re.compile(r"(?P<count>\d{1,4}) ?(?P<unit>s|min|h|d|wd|w)")
_UNITS = {
    "s": timedelta(seconds=1),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_MORNING = time(9, 0)


class _Written(ABC):
    """Something that is written as text in a story."""

    @classmethod
    @abstractmethod
    def parse(cls, text: Any) -> Any:
        """Return what the text says. Raises: ValueError."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema: an instance, or text to parse."""
        return core_schema.no_info_plain_validator_function(
            lambda value: value if isinstance(value, cls) else cls.parse(value)
        )


@dataclass(frozen=True)
class DayTime(_Written):
    """A moment of the story: its day (0 is the first) and time of day; without a time, that day at nine."""

    day: int
    at: time = _MORNING

    @classmethod
    def parse(cls, text: Any) -> "DayTime":
        """Read "day 12" or "day 12 14:00"."""
        found = _DAY.fullmatch(str(text).strip())
        if found is None:
            raise ValueError('a moment is written "day 12" or "day 12 14:00"')
        at = time(int(found["hour"]), int(found["minute"])) if found["hour"] else _MORNING
        return cls(int(found["day"]), at)

    def since(self, start: datetime) -> datetime:
        """Return the moment, in UTC, in a story that began at `start`."""
        return datetime.combine(self.date_since(start), self.at, BRUSSELS).astimezone(UTC)

    def date_since(self, start: datetime) -> date:
        """Return its date in a story that began at `start`."""
        return start.astimezone(BRUSSELS).date() + timedelta(days=self.day)


@dataclass(frozen=True)
class Span(_Written):
    """Some hours of one day of the story."""

    day: int
    begin: time
    end: time

    @classmethod
    def parse(cls, text: Any) -> "Span":
        """Read "day 40 14:00 - 17:30"."""
        found = _SPAN.fullmatch(str(text).strip())
        if found is None:
            raise ValueError('hours are written "day 40 14:00 - 17:30"')
        begin = time(int(found["hour"]), int(found["minute"]))
        end = time(int(found["to_hour"]), int(found["to_minute"]))
        if end <= begin:
            raise ValueError("it must end after it begins")
        return cls(int(found["day"]), begin, end)

    def since(self, start: datetime) -> tuple[datetime, datetime]:
        """Return when it begins and ends, in UTC, in a story that began at `start`."""
        return DayTime(self.day, self.begin).since(start), DayTime(self.day, self.end).since(start)


@dataclass(frozen=True)
class Length(_Written):
    """A length of time; working days skip weekends and Belgian holidays."""

    count: int
    unit: str

    @classmethod
    def parse(cls, text: Any) -> "Length":
        """Read "30min", "2h", "3d", "2w" or "3wd"."""
        found = _LENGTH.fullmatch(str(text).strip())
        if found is None:
            raise ValueError('a length is written "30min", "2h", "3d", "2w" or (working days) "3wd"')
        return cls(int(found["count"]), found["unit"])

    def after(self, moment: datetime) -> datetime:
        """Return the moment this much later; days keep the time of day in Brussels."""
        if self.unit == "wd":
            return add_working_days(moment, self.count)
        if self.unit in ("d", "w"):
            local = moment.astimezone(BRUSSELS)
            day = local.date() + self.count * _UNITS[self.unit]
            return datetime.combine(day, local.time(), BRUSSELS).astimezone(UTC)
        return moment + self.count * _UNITS[self.unit]


def first_weekday_after(moment: datetime, *, weekday: str, at: time = _MORNING) -> datetime:
    """Return the first moment after `moment` on this weekday at this time in Brussels, in UTC."""
    day = moment.astimezone(BRUSSELS).date()
    day += timedelta(days=(WEEKDAYS.index(weekday) - day.weekday()) % 7)
    begins = datetime.combine(day, at, BRUSSELS)
    if begins <= moment:
        begins = datetime.combine(day + timedelta(days=7), at, BRUSSELS)
    return begins.astimezone(UTC)
