"""Request bodies: what is taken, and what is never taken for something else."""

from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import AwareDatetime, Field, ValidationError

from shared.fields import Line, Text
from shared.http import RequestModel


class Colour(StrEnum):
    """A colour."""

    RED = "red"


class Part(RequestModel):
    """A part of a whole."""

    count: int
    remark: Text | None = None


class ByPost(RequestModel):
    """One of two ways."""

    way: Literal["post"]
    stamps: int


class ByHand(RequestModel):
    """The other way."""

    way: Literal["hand"]
    part: Part


class Whole(RequestModel):
    """A field of every type."""

    id: UUID
    day: date
    moment: AwareDatetime
    at: time
    amount: Decimal
    colour: Colour
    number: Annotated[int, Field(ge=0)]
    share: float
    yes: bool
    tags: set[Colour]
    words: tuple[str, ...]
    name: Line
    parts: list[Part]
    sent: Annotated[ByPost | ByHand, Field(discriminator="way")]
    labels: dict[str, str]
    later: date | None = None


GOOD: dict[str, Any] = {
    "id": "77e79cd6-ffff-46a1-8d7b-9b517cf64403",
    "day": "2026-01-31",
    "moment": "2026-01-31T18:00:00+01:00",
    "at": "18:00",
    "amount": "20.00",
    "colour": "red",
    "number": 1,
    "share": 1,
    "yes": True,
    "tags": ["red"],
    "words": ["a", "b"],
    "name": "  Zoë Ó Briain  ",
    "parts": [{"count": 1, "remark": "twee\nregels"}],
    "sent": {"way": "hand", "part": {"count": 1}},
    "labels": {"a": "b"},
}


class TestRequestModel:
    def test_takes_what_json_can_say(self) -> None:
        whole = Whole.model_validate(GOOD)
        assert whole.day == date(2026, 1, 31)
        assert whole.amount == Decimal("20.00")
        assert whole.tags == {Colour.RED}
        assert whole.name == "Zoë Ó Briain"
        assert isinstance(whole.sent, ByHand)

    def test_keeps_a_moment_as_it_is_told_later(self) -> None:
        for written in ("2026-01-31T18:00:00+01:00", "2026-01-31T17:00:00Z", "2026-02-01T07:00:00+14:00"):
            kept = Whole.model_validate(GOOD | {"moment": written})
            assert '"moment":"2026-01-31T17:00:00Z"' in kept.model_dump_json()

    def test_can_be_made_in_code(self) -> None:
        assert Whole(**{**GOOD, "day": date(2026, 1, 31), "at": time(18)}).at == time(18)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"number": True},
            {"number": "1"},
            {"number": 1.5},
            {"number": -1},
            {"share": "1"},
            {"share": float("inf")},
            {"share": float("nan")},
            {"yes": 1},
            {"yes": "yes"},
            {"amount": True},
            {"amount": "NaN"},
            {"day": 1},
            {"day": "1700000000"},
            {"day": "31/01/2026"},
            {"day": "0001-01-01"},
            # A moment is no day, also where it is midnight somewhere.
            {"day": "2027-01-05T00:00:00+02:00"},
            {"day": "2027-01-05T00:00:00Z"},
            {"day": "2027-01-05 00:00"},
            {"moment": "0001-01-01T00:00:00+14:00"},
            {"moment": "9999-12-31T23:59:59-12:00"},
            {"moment": 1700000000},
            {"moment": "1700000000"},
            {"moment": "2026-01-31T18:00:00"},
            {"at": 5},
            {"at": "5"},
            {"later": 0},
            {"id": 7},
            {"name": "two\nlines"},
            {"name": "nul\0"},
            {"name": "   "},
            {"name": "x" * 301},
            {"name": "\ud800"},
            {"words": ["nul\0"]},
            {"labels": {"a": "nul\0"}},
            {"labels": {"nul\0": "a"}},
            {"parts": [{"count": False}]},
            {"parts": [{"count": 1, "remark": "nul\0"}]},
            {"parts": [{"count": 1, "remark": "x" * 10_001}]},
            {"parts": [{"count": 1, "unknown": 1}]},
            {"sent": {"way": "hand", "part": {"count": "1"}}},
            {"sent": {"way": "pigeon"}},
            {"unknown": 1},
        ],
        ids=lambda wrong: str(wrong)[:60],
    )
    def test_takes_nothing_for_another_type(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValidationError) as caught:
            Whole.model_validate({**GOOD, **wrong})
        assert caught.value.error_count() == 1

    @pytest.mark.parametrize(
        "wrong",
        [
            {f"unknown {number}": 1 for number in range(1000)},
            {"parts": [{"count": 1, **{f"unknown {number}": 1 for number in range(1000)}}]},
        ],
        ids=["outside", "inside"],
    )
    def test_tells_not_each_of_a_thousand_fields_that_nobody_knows(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValidationError) as caught:
            Whole.model_validate({**GOOD, **wrong})
        assert caught.value.error_count() == 1

    def test_hides_what_was_sent(self) -> None:
        with pytest.raises(ValidationError) as caught:
            Part.model_validate({"count": "Jan Peeters"})
        assert "Peeters" not in str(caught.value)

    def test_describes_itself_by_formats(self) -> None:
        properties = Whole.model_json_schema()["properties"]
        assert properties["day"]["format"] == "date"
        assert properties["moment"]["format"] == "date-time"
        assert properties["number"] == {"minimum": 0, "title": "Number", "type": "integer"}
        assert properties["name"]["maxLength"] == 300
