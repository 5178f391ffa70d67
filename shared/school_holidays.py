"""School holidays of the communities of Belgium: a day in them suits some families better and others not at all.

The Flemish ones follow from Easter and the calendar, by the rules of the Flemish decision of 31 August 2001 on the
organisation of the school year in secondary education, so they are known for every year. The French Community settles
its own by decree, two years ahead: what it settled stands in a table, to which each new school year is added when it is
published at enseignement.be; of a day after that nothing is known, and pages say so. The German-speaking Community
settles its own as well: none of them stand here, and who goes by them has none marked.

An organisation enters what is not here itself: a school year that was published since, another community's, or the
days on which the schools around it are closed besides.
"""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Literal

Community = Literal["flemish", "french", "none"]
_WEEK = timedelta(weeks=1)
_SATURDAY = 5
_JULY, _AUGUST, _NOVEMBER = 7, 8, 11

# The first and the last day of each, from a Monday to a Sunday.
_FRENCH = (
    (date(2025, 7, 5), date(2025, 8, 24)),
    (date(2025, 10, 20), date(2025, 11, 2)),
    (date(2025, 12, 22), date(2026, 1, 4)),
    (date(2026, 2, 16), date(2026, 3, 1)),
    (date(2026, 4, 27), date(2026, 5, 10)),
    (date(2026, 7, 4), date(2026, 8, 23)),
)


def is_school_holiday(
    day: date, community: Community, entered: Collection[tuple[date, date]] = ()
) -> bool | None:
    """Tell whether a day is in the school holidays of a community; None if that is unknown.

    Without a community (`none`) no day is marked. `entered`: holidays that an organisation entered itself, as (first,
    last) days; where the community's are not known yet, other days up to the last of them count as school days.
    """
    if any(first <= day <= last for first, last in entered):
        return True
    settled = _settled(day, community)
    if settled is None and any(day <= last for _first, last in entered) and day > _FRENCH[0][0]:
        return False
    return settled


def _settled(day: date, community: Community) -> bool | None:
    if community == "french":
        if not _FRENCH[0][0] <= day <= _FRENCH[-1][1]:
            return None
        return any(first <= day <= last for first, last in _FRENCH)
    if community == "flemish":
        return day.month in (_JULY, _AUGUST) or any(
            first <= day < first + length
            for year in (day.year - 1, day.year)
            for first, length in _flemish(year)
        )
    return False


def known_until(community: Community) -> date | None:
    """Return the last day for which a community's school holidays are known; None if they always are."""
    return _FRENCH[-1][1] if community == "french" else None


def _flemish(year: int) -> list[tuple[date, timedelta]]:
    """Return the first Monday of each holiday that begins in a year, except summer, and its length."""
    all_saints, christmas, easter = date(year, _NOVEMBER, 1), date(year, 12, 25), _easter(year)
    sunday = all_saints.weekday() == _SATURDAY + 1
    autumn = all_saints + timedelta(days=1) if sunday else _monday(all_saints)
    winter = _monday(christmas) + (_WEEK if christmas.weekday() >= _SATURDAY else timedelta())
    carnival = _monday(easter) - 6 * _WEEK
    # In the first fortnight of April, unless Easter is later.
    spring = _monday(date(year, 4, 7))
    if easter < date(year, 4, 1):
        spring = easter + timedelta(days=1)
    elif easter > date(year, 4, 15):
        spring = _monday(easter) - _WEEK
    return [(carnival, _WEEK), (spring, 2 * _WEEK), (autumn, _WEEK), (winter, 2 * _WEEK)]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _easter(year: int) -> date:
    """Return Easter Sunday, by the anonymous Gregorian algorithm (Meeus, Astronomical Algorithms, chapter 8)."""
    century, of_century = divmod(year, 100)
    leaps, rest = divmod(century, 4)
    moon = (19 * (year % 19) + century - leaps - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    quarter, left = divmod(of_century, 4)
    weekday = (32 + 2 * rest + 2 * quarter - moon - left) % 7
    shift = (year % 19 + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)
