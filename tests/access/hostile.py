"""An input of each kind on which the platform once failed, for generated requests: which finding, and what is sent.

tests/cases.yaml names the tests that prove each mending; these go to every operation of every service.
"""

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

# By finding: the text that takes the place of every text of a request.
TEXTS: Mapping[str, str] = {
    "attack 5: names of many one-letter words": "a " * 40,
    "attack 6, 7: what belongs to another organisation": "0203430576",
    "attack 10: advertisements and line ends in a name": "Win now https://example.test\r\nBcc: x@example.test",
    "attack 10 again: words that a header would decode": "=?utf-8?q?Ann=0d=0aBcc=3A_x=40example.org?=",
    "attack 10 again: other ends of a line": "One line\r-> Pay here: https://example.test\u2028[image: a.png | a]",
    "attack 16: elements and document types": "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>" + "<a/>" * 20,
    "attack 21: control characters in what logs keep": "\x1b[2J\x07\x7f",
    "flow: joiners and marks of direction": "\u0645\u06cc\u200c\u0631\u0627 \u202e\u2066Ann\u200f",
    "flow: blanks that are none": "\u00a0Ann\u202f\u3000de\u00adVos\u200b\ufeff",
    "flow: half an address": ".a..b@example.1",
    "flow: a telephone number with brackets": "(09)\u00a0123\u201145\u00a067",
    "flow: a language with its country": "NL-be",
    "flow: a time in the place of a day": "2027-01-05T00:00:00+02:00",
    "flow: a day that is none": "2026-02-30",
    "flow: a day long past": "0001-01-01",
    "flow: a day far ahead": "9999-12-31",
    "flow: an hour that there is twice": "2027-10-31T02:30:00",
    "use 11: an account whose bank nobody listed": "BE68 5390 0754 7034",
    "statement 8: a communication with letters and a lost zero": "+++O00/0000/0O101+++",
    "statement 9: a name in other letters": "Oleksandr \u041a\u043e\u0432\u0430\u043b\u044c \u0141\u00f8\u00df",
    "statement 13: a placeholder for a reference": "NOTPROVIDED",
    "NUL": "a\x00b",
    "nothing": "",
    "blanks": " \t\n",
    "very long": "x" * 20_000,
}
# By finding: the number that takes the place of every number.
NUMBERS: Mapping[str, Any] = {
    "statement 2: an amount below nothing": -1,
    "statement 3: an amount with three decimals": 20.005,
    "a whole number beyond 64 bits": 2**63,
    "a whole number of hundreds of digits": 10**400,
    "zero": 0,
}


def broken(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield a body that is JSON in ways that no parser should take: what is wrong, and the bytes."""
    yield "a name twice", b'{"a": 1, "a": 2}'
    yield "a name twice, inside", b'{"a": [{"b": 1, "\\u0062": 2}]}'
    yield "no UTF-8", b'{"a": "\xff\xfe"}'
    yield "half a surrogate", b'{"a": "\\ud800"}'
    yield "lists in lists", b"[" * 900 + b"]" * 900
    yield "lists in lists without end", b"[" * 100_000
    for number in (b"NaN", b"Infinity", b"-Infinity", b"1" * 5_000, b"1e999"):
        yield f"the number {number[:9].decode()}", b'{"a": ' + number + b"}"
    yield "cut off", body[: len(body) // 2] or b"{"
    yield "twice", body + body


def with_hostile(value: Any, text: str, number: Any) -> Any:
    """Return a body or the parameters of a request with other texts and numbers, and the same fields."""
    if isinstance(value, Mapping):
        return {name: with_hostile(each, text, number) for name, each in value.items()}
    if isinstance(value, list):
        return [with_hostile(each, text, number) for each in value]
    if isinstance(value, str):
        return text
    return value if isinstance(value, bool) or not isinstance(value, int | float) else number


def pairs() -> Iterator[tuple[str, str, Any]]:
    """Yield findings with a text and a number, without end; each text meets each number sooner or later."""
    for turn in count():
        (finding, text), (other, number) = _at(TEXTS, turn), _at(NUMBERS, turn)
        yield f"{finding}; {other}", text, number


def _at(table: Mapping[str, Any], turn: int) -> tuple[str, Any]:
    return list(table.items())[turn % len(table)]


# By finding: what is said beside a request.
HEADERS: Mapping[str, Mapping[str, str]] = {
    "flow: a version in a header": {"if-match": '"1"'},
    "attack 1 to 9: another organisation": {"kring-tenant": "00000000-0000-7000-8000-000000000000"},
    "use 17: no organisation": {"kring-tenant": ""},
    "attack 11: a chosen address": {"x-forwarded-for": "203.0.113.9, 2001:db8::1"},
    "attack 21: a chosen id of the request": {"x-request-id": "x" * 500},
    "attack 17: the same key again": {"idempotency-key": "a-key-that-everybody-sends"},
}
