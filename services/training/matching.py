"""Suggests whose payment it could be, by comparing its names with registrations. Pure; the work is bounded."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from rapidfuzz import fuzz

from services.training.names import words_of

_MOST_SUGGESTIONS = 3
_MOST_COMPARED = 40
# The earliest added are kept: words shared by more people distinguish nobody.
_MOST_OF_A_KEY = 200
_MOST_WORDS_OF_TEXT = 24
_PLACE_BONUS = 5
_AMOUNT_BONUS = 5
_PLACE_FITS = 85
_MOST = 100
# Candidates are found by the start of their words, and by the rest: a slip is rarely in both.
_HEAD = 3


@dataclass(frozen=True)
class Candidate:
    """A registration that a payment without a communication could be for."""

    registration_id: UUID
    name: str
    place: str
    price: Decimal


@dataclass(frozen=True)
class Suggestion:
    """A guess, with its score (0 to 100). Only a person may turn it into a match."""

    registration_id: UUID
    score: int


@dataclass(frozen=True)
class _Known:
    candidate: Candidate
    words: tuple[str, ...]
    place: str


@dataclass
class Candidates:
    """Everybody who may pay to one account, indexed by the words of their names."""

    _known: list[_Known] = field(default_factory=list)
    _by_key: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, candidate: Candidate) -> None:
        """Add a candidate to the index."""
        words = words_of(candidate.name)
        self._known.append(_Known(candidate, words, " ".join(words_of(candidate.place))))
        for key in {key for word in words for key in _keys_of(word)}:
            if len(self._by_key[key]) < _MOST_OF_A_KEY:
                self._by_key[key].append(len(self._known) - 1)

    def suggest(self, *, payer: str, text: str, amount: Decimal, threshold: int) -> list[Suggestion]:
        """Return the registrations whose participant's name is in the payer's name or in the text, best first."""
        names = tuple(dict.fromkeys(words_of(payer)))
        there = tuple(dict.fromkeys(words_of(text, _MOST_WORDS_OF_TEXT)))
        scored = [
            (_score(known, names, there, amount), known.candidate.registration_id)
            for known in self._like(names + there)
        ]
        best = sorted(
            (found for found in scored if found[0] >= threshold), key=lambda found: (-found[0], found[1])
        )
        return [
            Suggestion(registration_id, min(_MOST, round(score)))
            for score, registration_id in best[:_MOST_SUGGESTIONS]
        ]

    def _like(self, words: Iterable[str]) -> Iterable[_Known]:
        """Return the candidates that share most with some words."""
        shared: Counter[int] = Counter()
        for key in dict.fromkeys(key for word in words for key in _keys_of(word)):
            shared.update(self._by_key.get(key, ()))
        return [self._known[at] for at, _ in shared.most_common(_MOST_COMPARED)]


def _keys_of(word: str) -> tuple[str, ...]:
    return (f"^{word[:_HEAD]}", f"{word[-_HEAD:]}$")


def _score(known: _Known, names: tuple[str, ...], there: tuple[str, ...], amount: Decimal) -> float:
    fit = max(
        fuzz.ratio(" ".join(sorted(known.words)), " ".join(sorted(names))),
        _fit_in(known.words, there),
        _fit_in(known.words, names),
    )
    if known.place and fuzz.partial_ratio(known.place, " ".join(there)) > _PLACE_FITS:
        fit += _PLACE_BONUS
    if amount == known.candidate.price:
        fit += _AMOUNT_BONUS
    return fit


def _fit_in(words: tuple[str, ...], there: tuple[str, ...]) -> float:
    # Each word of the name against its best word of the text: people write "Peeters An Gent" or "opleiding An
    # Peeters".
    if not there or not words:
        return 0.0
    best = [max(fuzz.ratio(word, other) for other in there) for word in words]
    weights = [len(word) for word in words]
    return sum(fit * weight for fit, weight in zip(best, weights, strict=True)) / sum(weights)
