"""Readiness: however many ask, every part is asked once at a time."""

import asyncio

from shared.readiness import ANSWER_SECONDS, Readiness
from tests.support.eventually import eventually


class Machine:
    """A clock that stands, and a part that counts how often it is asked."""

    now = 0.0
    asked = 0
    answers = True

    def __init__(self) -> None:
        self.go_on = asyncio.Event()

    def time(self) -> float:
        return self.now

    async def check(self) -> None:
        self.asked += 1
        await self.go_on.wait()
        if not self.answers:
            raise OSError


class TestReadiness:
    async def test_asks_once_for_all_who_ask_at_once_also_if_the_first_goes_away(self) -> None:
        machine = Machine()
        readiness = Readiness({"part": machine.check}, clock=machine.time)
        waiting = [asyncio.create_task(readiness.parts()) for _ in range(300)]
        await eventually(lambda: machine.asked > 0, "the first asks")
        waiting[0].cancel()
        machine.go_on.set()

        answers = await asyncio.gather(*waiting[1:])

        assert machine.asked == 1
        assert answers == [{"part": True}] * 299

    async def test_asks_anew_when_its_answer_is_old_whatever_it_was(self) -> None:
        machine = Machine()
        machine.go_on.set()
        readiness = Readiness({"part": machine.check}, clock=machine.time)

        for answers in (False, True):
            machine.answers = answers
            assert await readiness.parts() == {"part": answers}
            machine.answers = not answers
            assert await readiness.parts() == {"part": answers}
            machine.now += ANSWER_SECONDS

        assert machine.asked == 2
