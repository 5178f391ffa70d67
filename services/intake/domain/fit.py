"""The order in which coordinators are asked: only independent ones, then by the family's wishes, then by load."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.intake.domain.codes import Gender


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """The family's wishes for a coordinator. They exclude nobody: they only set the order."""

    languages: tuple[str, ...] = ()
    gender: Gender | None = None
    culture: str | None = None


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """What matching needs to know about a coordinator."""

    id: UUID
    languages: tuple[str, ...]
    gender: str | None
    cultures: tuple[str, ...]
    load: int
    max_load: int
    tied_to: frozenset[UUID]


def in_order_of_fit(
    candidates: Sequence[Candidate],
    *,
    wishes: Wishes,
    parties: Collection[UUID],
    not_again: Collection[UUID],
    first: UUID | None = None,
    last: Collection[UUID] = (),
) -> list[Candidate]:
    """Return the coordinators who may be asked, best first: most languages, then gender, culture, least load.

    Coordinators tied to a party are not independent; `not_again` were asked before, or left the case for a
    reason; `first`, who knows the family already, comes before all others, and `last` after them.
    """
    suitable = [
        candidate
        for candidate in candidates
        if candidate.tied_to.isdisjoint(parties)
        and candidate.id not in not_again
        and candidate.load < candidate.max_load
    ]
    return sorted(
        suitable,
        key=lambda candidate: (candidate.id != first, candidate.id in last, _rank(candidate, wishes)),
    )


def _rank(candidate: Candidate, wishes: Wishes) -> tuple[int, bool, bool, int, UUID]:
    missing = sum(language not in candidate.languages for language in wishes.languages)
    wrong_gender = wishes.gender is not None and candidate.gender != wishes.gender
    other_culture = wishes.culture is not None and _plain(wishes.culture) not in map(
        _plain, candidate.cultures
    )
    return missing, wrong_gender, other_culture, candidate.load, candidate.id


def _plain(word: str) -> str:
    return " ".join(word.casefold().split())
