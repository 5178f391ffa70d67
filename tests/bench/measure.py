"""Interleaved rounds of a measure and its baseline, their medians, and the ratio held against an aim."""

import statistics
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

Round = Callable[[], Awaitable[float]]


@dataclass
class Result:
    """What came of one measure. `ratio` is ours to the baseline's, in the unit named."""

    name: str
    unit: str
    ours: float
    baseline: float
    ratio: float
    aim: float
    better: Literal["higher", "lower"]
    rounds: int
    note: str = ""
    extra: dict[str, float] = field(default_factory=dict)

    @property
    def met(self) -> bool:
        """Say whether the ratio reaches its aim."""
        return self.ratio >= self.aim if self.better == "higher" else self.ratio <= self.aim

    @property
    def aim_in_words(self) -> str:
        """Return what the ratio should be."""
        return f"{'at least' if self.better == 'higher' else 'at most'} {self.aim}"

    def as_report(self) -> dict[str, object]:
        """Return the measure for the report file."""
        return {
            "name": self.name,
            "unit": self.unit,
            "median": self.ours,
            "baseline_median": self.baseline,
            "ratio": round(self.ratio, 3),
            "aim": self.aim_in_words,
            "met": self.met,
            "rounds": self.rounds,
            "note": self.note,
            **self.extra,
        }


async def compare(
    name: str,
    *,
    unit: str,
    ours: Round,
    baseline: Round,
    aim: float,
    better: Literal["higher", "lower"],
    rounds: int = 7,
    note: str = "",
) -> Result:
    """Run both in turn, changing who goes first, after one unmeasured round of each, and compare the medians."""
    await baseline()
    await ours()
    measured: dict[str, list[float]] = {"ours": [], "baseline": []}
    for number in range(rounds):
        order = [("ours", ours), ("baseline", baseline)]
        for label, run in order if number % 2 else reversed(order):
            measured[label].append(await run())
    mine, bare = statistics.median(measured["ours"]), statistics.median(measured["baseline"])
    return Result(name, unit, round(mine, 4), round(bare, 4), mine / bare, aim, better, rounds, note)
