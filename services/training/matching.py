"""Whose payment is it: communications found in texts, and how well a name fits. Pure functions over strings."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from rapidfuzz import fuzz, utils

from services.training.domain import is_communication

# Three, four and five digits, with whatever people and banks put around and between them; a longer run of
# digits is an account or an invoice number.
_WRITTEN = re.compile(r"(?<!\d)(\d{3})[\s./\\-]{0,3}(\d{4})[\s./\\-]{0,3}(\d{5})(?!\d)", re.ASCII)
_MOST_SUGGESTIONS = 3
_PLACE_BONUS = 5
_AMOUNT_BONUS = 5
_MOST = 100


@dataclass(frozen=True)
class Candidate:
    """A registration that a payment without a communication could be for."""

    registration_id: UUID
    name: str
    place: str
    price: Decimal


@dataclass(frozen=True)
class Suggestion:
    """A guess, with how well it fits (0 to 100). Only a person may turn it into a match."""

    registration_id: UUID
    score: int


def communications_in(text: str) -> list[str]:
    """Return the valid structured communications (twelve digits) that a text holds, in order, each once."""
    found = ("".join(parts) for parts in _WRITTEN.findall(text))
    return list(dict.fromkeys(digits for digits in found if is_communication(digits)))


def suggest(
    candidates: Sequence[Candidate],
    *,
    payer: str,
    text: str,
    amount: Decimal,
    threshold: int,
) -> list[Suggestion]:
    """Return the registrations whose participant's name is in the payer's name or in the text, best first."""
    payer, text = utils.default_process(payer), utils.default_process(text)
    if not payer and not text:
        return []
    scored = sorted(
        _scored(candidates, payer, text, amount),
        key=lambda item: (-item.score, item.registration_id),
    )
    return [item for item in scored if item.score >= threshold][:_MOST_SUGGESTIONS]


def _scored(candidates: Sequence[Candidate], payer: str, text: str, amount: Decimal) -> Iterator[Suggestion]:
    for candidate in candidates:
        name = utils.default_process(candidate.name)
        if not name:
            continue
        fit = max(fuzz.token_sort_ratio(name, payer), _fit_in_text(name, text))
        place = utils.default_process(candidate.place)
        if place and fuzz.partial_ratio(place, text) > 85:
            fit += _PLACE_BONUS
        if amount == candidate.price:
            fit += _AMOUNT_BONUS
        yield Suggestion(candidate.registration_id, min(_MOST, round(fit)))


def _fit_in_text(name: str, text: str) -> float:
    # Each word of the name against its best word of the text: people write "Peeters An Gent" or "opleiding An Peeters".
    words, there = name.split(), text.split()
    if not there:
        return 0.0
    best = [max(fuzz.ratio(word, other) for other in there) for word in words]
    weights = [len(word) for word in words]
    return sum(fit * weight for fit, weight in zip(best, weights, strict=True)) / sum(weights)
