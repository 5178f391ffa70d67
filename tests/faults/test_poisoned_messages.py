"""Messages that a running service cannot deal with, and what `kring dead-letters` lets a person do about them."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import aio_pika
import asyncpg
import pytest
import pytest_asyncio

from deploy.local.part import OWN_PROGRAMS
from deploy.local.platform import Platform
from deploy.watch.watch import settings_of
from shared import dead_letters
from shared.events import intake
from tests.support.erased import decide
from tests.support.eventually import eventually
from tests.support.signed import signed

pytestmark = pytest.mark.timeout(180)

SERVICE = "network"
TYPE = "intake.coordinator.assigned.v1"
QUEUE = f"{SERVICE}/{TYPE}"
CANARY = "Fatima Canary"
NO_ID = "0198b5a2-0000-7000-8000-00000000dead"


@dataclass(frozen=True)
class Answer:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str


class Kring:
    """The command line of a platform, its broker, and the database of the one service that runs on it."""

    def __init__(self, platform: Platform) -> None:
        self._environment = platform.environment
        self._settings = settings_of(platform)

    async def dead_letters(self, *arguments: str) -> Answer:
        """Type `kring dead-letters ...` in a process of its own."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "deploy.cli", "dead-letters", *arguments),
            env={"PATH": os.environ["PATH"], **OWN_PROGRAMS, **self._environment},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        answer = Answer(process.returncode or 0, out.decode(), err.decode())
        assert CANARY not in answer.out + answer.err
        return answer

    async def listed(self) -> list[dict[str, Any]]:
        """Return what the list says, as a program reads it."""
        answer = await self.dead_letters("list", "--json")
        assert answer.code == 0, answer
        found: list[dict[str, Any]] = json.loads(answer.out)
        return found

    async def one_letter(self) -> dict[str, Any]:
        """Wait for a dead letter and return it."""

        async def dead() -> bool:
            return bool(await dead_letters.listed(self._settings, services=[SERVICE]))

        await eventually(dead, "the message to die")
        (letter,) = await self.listed()
        return letter

    async def decide(self, body: dict[str, Any]) -> None:
        """Decide what an event tells of, as intake has before it publishes the event."""
        fact = intake.CoordinatorAssigned.model_validate(body["data"])
        await decide(self._settings, fact, tenant=UUID(body["tenant"]))

    async def publish(self, body: dict[str, Any], *, message_id: UUID) -> None:
        """Put a message into the service's own queue, as the broker would."""
        url = self._settings.broker_url.get_secret_value()
        async with await aio_pika.connect(url) as connection:
            channel = await connection.channel()
            encoded = json.dumps(body).encode()
            message = aio_pika.Message(
                encoded,
                headers=dict(signed(self._settings.secrets_dir, TYPE, encoded)),
                content_type="application/cloudevents+json",
                message_id=str(message_id),
                type=TYPE,
            )
            await channel.default_exchange.publish(message, routing_key=QUEUE, mandatory=True)

    async def query(self, statement: str, *values: object) -> list[Any]:
        """Ask the service's database."""
        url = self._settings.database_of(SERVICE).replace("+asyncpg", "")
        connection = await asyncpg.connect(url)
        try:
            return list(await connection.fetch(statement, *values))
        finally:
            await connection.close()

    async def outcome(self, event_id: UUID) -> str | None:
        """Return what the service noted about an event."""
        found = await self.query("SELECT outcome FROM inbox WHERE event_id = $1", event_id)
        return str(found[0]["outcome"]) if found else None


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kring() -> AsyncIterator[Kring]:
    """One service on a platform of its own."""
    extra = {"KRING_RETRY_SCALE": "0.01"}
    async with Platform(skipped_time=True, services=[SERVICE], extra=extra) as platform:
        yield Kring(platform)


def assigned(event_id: UUID, **data: Any) -> dict[str, Any]:
    """Return an event as it travels."""
    return {
        "specversion": "1.0",
        "id": str(event_id),
        "source": "urn:kring:intake",
        "type": TYPE,
        "time": "2026-03-02T09:00:00Z",
        "tenant": str(uuid4()),
        "caseid": data["case_id"],
        "sequence": "1",
        "data": data,
    }


class TestAPoisonedMessage:
    async def test_is_listed_shown_replayed_and_discarded_without_telling_a_value(self, kring: Kring) -> None:
        assert await kring.dead_letters("list") == Answer(0, "No dead letters.\n", "")
        event_id = uuid4()
        nobody = assigned(event_id, case_id=str(uuid4()), assignment_no=1, coordinator_id=CANARY)
        await kring.publish(nobody, message_id=event_id)

        letter = await kring.one_letter()
        cause = f"not a {TYPE}: data.coordinator_id"
        known = {"service": SERVICE, "id": str(event_id), "type": TYPE, "queue": QUEUE, "attempts": 1}
        assert letter.items() >= {**known, "kind": "malformed", "cause": cause}.items()
        told = await kring.dead_letters("list")
        assert told.out.splitlines() == [
            f"{SERVICE}: 1 because of {cause} (malformed)",
            f"  {event_id}  {TYPE}  {letter['died_at']}  after 1 attempts",
            "1 dead letters.",
        ]
        shown = await kring.dead_letters("show", str(event_id))
        assert (shown.code, json.loads(shown.out)) == (0, {**letter, "event": None})

        assert await kring.dead_letters("replay", str(event_id)) == Answer(0, "1 sent back.\n", "")
        again = await kring.one_letter()
        assert again["cause"] == cause

        assert await kring.dead_letters("discard", "--cause", "another") == Answer(1, "0 thrown away.\n", "")
        done = await kring.dead_letters("discard", "--cause", cause, "--json")
        assert (done.code, json.loads(done.out)) == (0, {"count": 1})
        assert await kring.listed() == []

    async def test_arrives_when_it_is_replayed_after_what_ailed_it_was_mended(self, kring: Kring) -> None:
        await kring.query("ALTER TABLE case_coordinator RENAME TO mislaid")
        event_id, case_id, coordinator_id = uuid4(), uuid4(), uuid4()
        event = assigned(
            event_id, case_id=str(case_id), assignment_no=1, coordinator_id=str(coordinator_id), name=CANARY
        )
        await kring.decide(event)
        await kring.publish(event, message_id=event_id)

        letter = await kring.one_letter()
        assert (letter["kind"], letter["attempts"]) == ("bug", 5)
        assert letter["cause"].startswith("UndefinedTableError at ")
        assert await kring.outcome(event_id) == "dead"
        shown = json.loads((await kring.dead_letters("show", str(event_id))).out)
        assert UUID(shown["event"]["data"]["coordinator_id"]) == coordinator_id

        await kring.query("ALTER TABLE mislaid RENAME TO case_coordinator")
        assert await kring.dead_letters("replay", "--all") == Answer(0, "1 sent back.\n", "")

        async def handled() -> bool:
            return await kring.outcome(event_id) == "handled"

        await eventually(handled, "the event to be dealt with")
        kept = await kring.query("SELECT coordinator_id FROM case_coordinator WHERE case_id = $1", case_id)
        assert [row["coordinator_id"] for row in kept] == [coordinator_id]
        assert await kring.listed() == []

    async def test_must_be_named_by_who_asks_for_it(self, kring: Kring) -> None:
        nothing = Answer(1, "", f"kring: There is no dead letter with the id {NO_ID}.\n")
        assert await kring.dead_letters("show", NO_ID) == nothing
        unsaid = Answer(1, "", "kring: Say which: the id of one, --cause CAUSE, or --all.\n")
        assert await kring.dead_letters("discard") == unsaid
        assert await kring.dead_letters("replay", NO_ID, "--all") == unsaid
        assert await kring.dead_letters("replay", NO_ID) == Answer(1, "0 sent back.\n", "")
        assert await kring.dead_letters("discard", "--all") == Answer(0, "0 thrown away.\n", "")
        named = await kring.dead_letters("list", "--service", SERVICE, "--json")
        assert named == Answer(0, "[]\n", "")
