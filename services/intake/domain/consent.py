"""Who must have agreed before somebody is referred, and who is a minor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.intake.domain.errors import CentralPersonMissing, ConsentMissing, DateNotPossible, RefUsedTwice
from shared.ages import ADULT_FROM, OWN_DECISIONS_FROM
from shared.calendar import age_on


@dataclass(frozen=True, kw_only=True)
class Referred:
    """What the rules need to know about a person in a referral."""

    ref: str
    is_central: bool
    birth_date: date | None
    parental_authority: bool
    agreed: bool
    agreed_on: date | None = None


def is_minor(birth_date: date | None, day: date) -> bool:
    """Tell whether a person is known to be under eighteen."""
    return birth_date is not None and age_on(birth_date, day) < ADULT_FROM


def of_adults(persons: Sequence[Referred], *, today: date) -> bool:
    """Tell whether every central person is known to be an adult."""
    born = [person.birth_date for person in persons if person.is_central]
    return all(day is not None and age_on(day, today) >= ADULT_FROM for day in born)


def check_persons(persons: Sequence[Referred], *, today: date) -> None:
    """Check that a referral's persons are valid. Raises: CentralPersonMissing, RefUsedTwice, DateNotPossible."""
    if not any(person.is_central for person in persons):
        raise CentralPersonMissing
    if len({person.ref for person in persons}) < len(persons):
        raise RefUsedTwice
    dates = [day for person in persons for day in (person.birth_date, person.agreed_on) if day is not None]
    if any(day > today for day in dates):
        raise DateNotPossible


def check_consent(persons: Sequence[Referred], *, today: date) -> None:
    """Check that everyone whose consent is needed gave it. Raises: ConsentMissing."""
    holder_agreed = any(person.parental_authority and person.agreed for person in persons)
    for person in persons:
        if not person.is_central:
            continue
        # A person without a known birth date is not treated as too young to be asked.
        asked_too = person.birth_date is None or age_on(person.birth_date, today) >= OWN_DECISIONS_FROM
        if asked_too and not person.agreed:
            raise ConsentMissing
        if is_minor(person.birth_date, today) and not holder_agreed:
            raise ConsentMissing
