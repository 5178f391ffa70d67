"""Reading statement files in a process of its own."""

import asyncio
from pathlib import Path

import pytest

from services.training import statements
from services.training.statements import StatementNotReadable
from services.training.statements.reading import read_limited
from tests.integration.training.bank import Line, statement

# Each child of an entry is looked at for each thing that an entry may say.
SLOW = statement(inside=f"<Ntry>{'<x/>' * 1_500_000}</Ntry>")
# A parser keeps each name of an element for as long as its process lives.
LARGE = statement(inside="".join(f"<n{number:x}/>" for number in range(600_000)))


def readers() -> list[str]:
    """Return the processes that read a statement now."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return [line for line in lines if "services.training.statements.reading" in line]


class TestReadApart:
    async def test_reads_what_can_be_read(self) -> None:
        content = statement(Line(payer="Łukasz", text="dank"), Line(direction="DBIT"))
        assert await read_limited(content) == statements.read(content)

    async def test_says_why_a_file_cannot_be_read(self) -> None:
        with pytest.raises(StatementNotReadable) as refused:
            await read_limited("<?xml version='1.0'?><a>\xe9\xff".encode("latin-1") + b"\xc3\xa9")
        assert refused.value.facts == {"reason": "encoding", "byte": 24}

    @pytest.mark.parametrize(
        ("content", "limits"), [(SLOW, {"seconds": 1}), (LARGE, {"megabytes": 140})], ids=["slow", "large"]
    )
    async def test_ends_what_takes_too_much(self, content: bytes, limits: dict[str, int]) -> None:
        assert len((await read_limited(statement(Line()), **limits)).entries) == 1
        with pytest.raises(StatementNotReadable) as refused:
            await read_limited(content, **limits)
        assert refused.value.facts == {"reason": "too-much-work"}

    async def test_ends_with_the_request_that_it_is_for(self) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(read_limited(SLOW, seconds=33), 0.2)
        assert not [line for line in readers() if " 33 " in line]
