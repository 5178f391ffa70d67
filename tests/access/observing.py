"""Trying every row of the table as everybody, and what came of it."""

from collections import defaultdict
from dataclasses import dataclass, field

import httpx2

from tests.access.cast import Headers
from tests.access.world import Try, World, gate_of, refusal


@dataclass
class Observed:
    """What was seen when everybody tried everything."""

    # Row, asker, outcome.
    outcomes: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    # Which rows were really carried out by somebody.
    done: set[str] = field(default_factory=set)
    # What is sealed, and who saw it in any answer.
    seen: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    # Refusals that tell that something exists: they differ from what is said of an id that nobody has.
    telling: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


async def observe(world: World, rows: list[str], everybody: dict[str, Headers]) -> Observed:
    """Let everybody try every row, each from the same beginning."""
    found = Observed()
    for row in rows:
        for asker in everybody:
            await _try(world, row, asker, everybody=everybody, found=found)
    return found


async def _try(world: World, row: str, asker: str, *, everybody: dict[str, Headers], found: Observed) -> None:
    headers, first = everybody[asker], world.tries.get(row, Try()).first
    for step, who in first:
        prepared = await world.http.request(headers=everybody[who], **world.request(step, who))
        assert prepared.is_success, (row, step, prepared.text)
    answer = await _ask(world, row, asker, headers)
    done = answer.is_success
    assert done or answer.status_code < 500, (row, asker, answer.text)
    found.outcomes[row][asker] = world.outcome(gate_of(row), answer)
    for what, words in world.contents.items():
        if words in answer.text:
            found.seen[what].add(asker)
    if done:
        found.done.add(row)
    if first or (answer.is_success and not row.startswith("GET ")):
        await world.restore()
    if answer.status_code == 404 and "{" in row:
        of_nothing = await _ask(world, row, asker, headers, world.nobodys_ids())
        if refusal(of_nothing) != refusal(answer):
            found.telling[row].add(asker)


async def _ask(
    world: World, row: str, asker: str, headers: Headers, ids: dict[str, str] | None = None
) -> httpx2.Response:
    request = world.request(row, asker, ids)
    return await world.http.request(headers=headers, **request)
