"""Generated requests for as long as is asked, others each time: `make fuzz`. No part of a run of all tests.

What it finds it says how to repeat: with the number that the requests were generated from.
"""

import asyncio
import time
from pathlib import Path
from secrets import randbelow

import pytest

from shared.services import SERVICES
from tests.access.conftest import Populated
from tests.access.sending import prepared
from tests.support.generated import generate

# Of each operation, in a round.
_EXAMPLES = 30


@pytest.mark.timeout(0)
@pytest.mark.parametrize("service", SERVICES)
async def test_go_on_being_answered_as_documented(
    service: str, populated: Populated, secrets_dir: Path, request: pytest.FixtureRequest
) -> None:
    seconds, seed = (request.config.getoption(name) for name in ("--fuzz-seconds", "--fuzz-seed"))
    until = time.monotonic() + (seconds or 0)

    def over() -> bool:
        return seed is None and time.monotonic() > until

    async with populated(service) as world:
        schema, sender = await prepared(world, secrets_dir)
        while True:
            number = randbelow(2**32) if seed is None else seed
            for mode, attempt in sender.ways:
                try:
                    await asyncio.to_thread(
                        generate,
                        schema,
                        mode,
                        attempt,
                        max_examples=_EXAMPLES,
                        seed=number,
                        over=over,
                    )
                except BaseException as failure:
                    failure.add_note(f"again: make fuzz SERVICE={service} SEED={number}")
                    raise
            if seed is not None or over():
                break
    assert sender.sent > 0
