"""Training, populated: a session with a price, who registered for it, and a payment of somebody unknown."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from shared.database import Database
from shared.settings import Settings
from tests.access.cast import Cast
from tests.access.world import Try, World, content, strings
from tests.integration.training.bank import Line, statement
from tests.support.world import NOW
from tests.support.world.training import Training, participant

HERE, THERE = "the tenant", "elsewhere"


@asynccontextmanager
async def world(settings: Settings, database: Database) -> AsyncIterator[World]:
    """Yield training, populated."""
    async with Training.open(settings) as plain:
        cast = Cast()
        training = replace(plain, tenant=cast.tenant)
        here = await _furnished(training, HERE)
        there = await _furnished(replace(plain, tenant=cast.elsewhere), THERE)
        yield World(
            service="training",
            http=training.http,
            owner=database,
            cast=cast,
            ids=here,
            ids_elsewhere=there,
            marks={"elsewhere": strings(there.values())},
            contents={
                f"{what} of {whose}": content(what, whose)
                for what in ("participants", "payers")
                for whose in (HERE, THERE)
            },
            tries=_tries(here),
        )


async def _furnished(training: Training, whose: str) -> dict[str, str]:
    """A course with a session, a registration that is to be paid, and a payment that nobody knows."""
    session = await training.session(capacity=5)
    words, payer = content("participants", whose), content("payers", whose)
    registered = await training.register(session, words, last_name=words, email=f"{words}@voorbeeld.example")
    second = await training.register(session, words, last_name=words, email=f"2{words}@voorbeeld.example")
    asked = await training.ask_for_place(session, words, last_name=words, email=f"3{words}@voorbeeld.example")
    imported = await training.import_file(statement(Line(payer=payer, text=payer)))
    listed = await training.ask("GET", "/v1/courses", training.anyone)
    return {
        "course_id": listed.json()["items"][0]["course_id"],
        "session_id": session,
        "registration_id": registered["registration_id"],
        "second_id": second["registration_id"],
        "token": await training.token_of(asked),
        "own_token": await training.token_of(second["registration_id"]),
        "statement_id": imported["statement_id"],
        "payment_id": imported["payments"][0]["payment_id"],
    }


def _tries(ids: dict[str, str]) -> dict[str, Try]:
    starts = NOW + timedelta(days=30)
    planned = {
        "starts_at": starts.isoformat(),
        "ends_at": (starts + timedelta(hours=7)).isoformat(),
        "place": "Rupelmeer",
        "capacity": 3,
    }
    bodies: dict[str, Any] = {
        "POST /v1/courses": {"title": "Nieuw", "language": "nl"},
        "POST /v1/courses/{course_id}/sessions": planned,
        "PUT /v1/sessions/{session_id}": {"version": 1, **planned},
        "POST /v1/sessions/{session_id}/cancel": {"version": 1},
        "POST /v1/sessions/{session_id}/registrations": participant("Nieuw"),
        "POST /v1/registrations/confirm": {"token": ids["token"]},
        "POST /v1/own-registration": {"token": ids["own_token"]},
        "POST /v1/own-registration/cancel": {"token": ids["own_token"]},
        "POST /v1/payments/{payment_id}/match": {"registration_id": ids["registration_id"]},
        "POST /v1/payments/{payment_id}/divide": {
            "shares": [
                {"registration_id": ids[one], "amount": "10.00"} for one in ("registration_id", "second_id")
            ],
            "accept_amount": True,
        },
        "POST /v1/payments/{payment_id}/settle": {"by": "refund"},
        "PUT /v1/policy": {"version": 1, "settings": {}},
        "POST /v1/dead-letters/replay": {"letter_ids": ["none"]},
        "POST /v1/dead-letters/discard": {"letter_ids": ["none"]},
    }
    tries = {row: Try(send={"json": body}) for row, body in bodies.items()}
    over = ("POST /v1/registrations/{registration_id}/cancel", "trainer")
    erase = "POST /v1/registrations/{registration_id}/erase"
    tries[erase] = Try(send={"json": {"reason": "asked"}}, first=(over,))
    tries["GET /v1/registrations/{registration_id}/erasure"] = Try(first=(over, (erase, "dpo")))
    tries["POST /v1/statements"] = Try(send={"content": statement(Line(text="nieuw", payer="Nieuw"))})
    return tries
