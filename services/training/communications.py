"""Structured communications (OGM/VCS, twelve digits) in every form in which payers and banks write them."""

import re
from collections.abc import Iterator
from itertools import combinations, islice, pairwise

from services.training.domain import is_communication

_LENGTH = 12
# One that was dictated, retyped or stripped of zeros by a bank can have one digit too few or too many.
_SHORT, _LONG = _LENGTH - 1, _LENGTH + 1
# What people and banks put between digits, and between the halves of a text that a bank split.
_BETWEEN = re.compile(r"[\s./\\,;:_+*-]{0,4}")
_DIGITS = re.compile(r"[0-9]+")
# A letter that looks like a digit counts as one if it stands alone or beside a digit, not in a word.
_ALIKE = re.compile(r"(?<![^\W\d_])(?:[OoIl|]*[0-9][0-9OoIl|]*|[Oo]+)(?![^\W\d_])")
# The digits of a Belgian account are a valid communication too.
_ACCOUNT = re.compile(r"\bBE\d{2}(?:[ .-]?\d{4}){3}(?!\d)", re.IGNORECASE)
_LOOKS_LIKE = str.maketrans("OoIl|", "00111")
# ISO 11649: a creditor reference around a communication.
_CREDITOR_REFERENCE = re.compile(r"\bRF\s?(\d\d)((?:[\s/]?\d){12})(?!\d)", re.IGNORECASE)
# Real texts are short; a longer one was made to waste time.
_MOST_RUNS = 40
_MOST_UNCLEAR = 4


def communications_in(text: str) -> list[str]:
    """Return the valid communications in a text, in order, each once.

    Digits may be in groups of any size, and a letter may stand for the digit that it looks like; a longer run
    of digits is an account or an invoice number.
    """
    return list(dict.fromkeys(run for run in _runs(text, _LENGTH) if is_communication(run)))


def creditor_references_in(text: str) -> list[str]:
    """Return the valid communications inside the valid creditor references (RF) of a text."""
    found = []
    for check, digits in _CREDITOR_REFERENCE.findall(text):
        bare = "".join(filter(str.isdigit, digits))
        # R is 27 and F is 15.
        if int(f"{bare}2715{check}") % 97 == 1 and is_communication(bare):
            found.append(bare)
    return found


def nearly(text: str) -> set[str]:
    """Return the communications in a text that has one slip: a digit lost, added, wrong, or two swapped."""
    found: set[str] = set()
    for length in (_SHORT, _LENGTH, _LONG):
        unclear = [run for run in _runs(text, length) if not is_communication(run)]
        for run in unclear[:_MOST_UNCLEAR]:
            found.update(filter(is_communication, _one_slip_from(run)))
    lost = [run.zfill(_LENGTH) for size in range(3, _SHORT) for run in _runs(text, size)]
    found.update(run for run in lost if is_communication(run))
    return found


def _one_slip_from(run: str) -> Iterator[str]:
    digits = "0123456789"
    if len(run) == _SHORT:
        yield from (run[:at] + digit + run[at:] for at in range(len(run) + 1) for digit in digits)
    elif len(run) == _LONG:
        yield from (run[:at] + run[at + 1 :] for at in range(len(run)))
    else:
        yield from (run[:at] + digit + run[at + 1 :] for at in range(len(run)) for digit in digits)
        yield from (
            run[:at] + run[at + 1] + run[at] + run[at + 2 :]
            for at, (one, other) in enumerate(pairwise(run))
            if one != other
        )


def _runs(text: str, length: int) -> Iterator[str]:
    """Yield the concatenations of neighbouring groups of digits that have the right length."""
    text = _ACCOUNT.sub(" # ", text)
    yield from _runs_of(list(islice(_DIGITS.finditer(text), _MOST_RUNS)), text, length)
    yield from _runs_of(list(islice(_ALIKE.finditer(text), _MOST_RUNS)), text, length)


def _runs_of(groups: list[re.Match[str]], text: str, length: int) -> Iterator[str]:
    for first, last in combinations(range(len(groups) + 1), 2):
        taken = groups[first:last]
        size = sum(len(found.group()) for found in taken)
        if size != length:
            continue
        gaps = [text[one.end() : other.start()] for one, other in pairwise(taken)]
        if all(_BETWEEN.fullmatch(gap) for gap in gaps):
            yield "".join(found.group() for found in taken).translate(_LOOKS_LIKE)
