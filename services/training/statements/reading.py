"""Reading a statement file in a process of its own.

A parser's time and memory for a hostile file are unpredictable, and libxml2 keeps the names that it has seen
for as long as its process lives.
"""

from pydantic import TypeAdapter

from services.training.statements import Statement, StatementNotReadable, read
from shared import limited_process
from shared.errors import FactValue

# Processor seconds and address space: several times what the largest honest file takes.
_SECONDS, _MEGABYTES = 20, 512
# The result, or (detail, facts) of StatementNotReadable.
_answers = TypeAdapter[Statement | tuple[str, dict[str, FactValue]]](
    Statement | tuple[str, dict[str, FactValue]]
)


async def read_limited(content: bytes, *, seconds: int = _SECONDS, megabytes: int = _MEGABYTES) -> Statement:
    """Return the entries of a file. Raises: StatementNotReadable, also if reading takes too much time or memory."""
    try:
        written = await limited_process.run(__name__, content, seconds=seconds, megabytes=megabytes)
    except limited_process.TooMuchWork:
        raise StatementNotReadable(
            "Reading the file takes more time or memory than a statement does", reason="too-much-work"
        ) from None
    answer = _answers.validate_json(written)
    if isinstance(answer, Statement):
        return answer
    detail, facts = answer
    raise StatementNotReadable(detail, **facts)


def _work(content: bytes) -> bytes:
    try:
        return _answers.dump_json(read(content))
    except StatementNotReadable as refused:
        return _answers.dump_json((refused.detail, refused.facts))


if __name__ == "__main__":
    limited_process.serve(_work)
