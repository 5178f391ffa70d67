"""Generated requests, good and bad, to every operation as everybody: nothing breaks, all answers are documented."""

import asyncio
from pathlib import Path

import pytest

from shared.services import SERVICES
from tests.access.conftest import Populated
from tests.access.sending import prepared
from tests.support.generated import generate

# Of each operation.
_EXAMPLES = 6


@pytest.mark.timeout(240)
@pytest.mark.parametrize("service", SERVICES)
async def test_are_answered_as_documented(service: str, populated: Populated, secrets_dir: Path) -> None:
    async with populated(service) as world:
        schema, sender = await prepared(world, secrets_dir)
        for mode, attempt in sender.usual:
            # In a thread of its own, because what generates the requests waits for each answer.
            await asyncio.to_thread(generate, schema, mode, attempt, max_examples=_EXAMPLES)
    assert sender.sent > 50 * _EXAMPLES
