"""Reading a statement file in a process of its own: whatever a file does to its parsers ends with that process.

Of a hostile file a parser's time and memory cannot be told beforehand, and libxml2 keeps the names that it has seen for
as long as its process lives. `python -m services.training.statements.apart` reads a file from stdin and writes its
entries, or why it cannot be read, to stdout.
"""

import asyncio
import resource
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

from pydantic import TypeAdapter

from services.training.statements import Statement, StatementNotReadable, read
from shared.errors import FactValue

# Of the processor, and of addresses: several times what the largest honest file takes.
_SECONDS, _MEGABYTES = 20, 512
_ROOT = Path(__file__).parents[3]
# What was read, or (detail, facts) of StatementNotReadable.
_answers = TypeAdapter[Statement | tuple[str, dict[str, FactValue]]](
    Statement | tuple[str, dict[str, FactValue]]
)


async def read_apart(content: bytes, *, seconds: int = _SECONDS, megabytes: int = _MEGABYTES) -> Statement:
    """Return the entries of a file. Raises: StatementNotReadable, also if reading takes too much time or memory."""
    program = [sys.executable, "-m", __name__, str(seconds), str(megabytes)]
    reading = await asyncio.create_subprocess_exec(
        *program, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, cwd=_ROOT, env={}
    )
    try:
        written, _ = await reading.communicate(content)
    finally:
        # Whoever asked has gone, or it has ended by itself.
        if reading.returncode is None:
            reading.kill()
            await reading.wait()
    if reading.returncode:
        raise StatementNotReadable(
            "Reading the file takes more time or memory than a statement does", reason="too-much-work"
        )
    answer = _answers.validate_json(written)
    if isinstance(answer, Statement):
        return answer
    detail, facts = answer
    raise StatementNotReadable(detail, **facts)


def main() -> None:
    """Read the file on stdin within the limits; killed by the system, or out of memory, beyond them."""
    seconds, megabytes = map(int, sys.argv[1:])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    answer: Statement | tuple[str, dict[str, FactValue]]
    try:
        answer = read(sys.stdin.buffer.read())
    except StatementNotReadable as refused:
        answer = refused.detail, refused.facts
    sys.stdout.buffer.write(_answers.dump_json(answer))


if __name__ == "__main__":
    main()
