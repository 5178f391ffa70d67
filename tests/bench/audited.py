"""(g, h, i) what it costs to write down who looked: the same requests on a service that writes nothing down."""

import contextlib
import dataclasses
import statistics
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from uuid import uuid4

import httpx2

from services.intake.api import create_app
from shared.database import Database
from shared.runtime import connected
from shared.settings import Settings
from tests.bench.http import REFERRAL, Office
from tests.bench.measure import Result, compare

_ROUND, _ROUNDS = 25, 31
_COORDINATORS = 100


async def tracing(settings: Settings, databases: Any) -> list[Result]:
    """Compare reading one case, a referral with its persons, and a list of 100 people, with and without audit log."""
    await databases.fresh("intake")
    office = Office(settings)
    # Nobody asks so much so fast but a benchmark.
    unlimited = settings.model_copy(update={"staff_limit": 0})
    async with connected("intake", unlimited) as context:
        # Not connected as services are: it has no recorder.
        silent = Database.connect(
            settings.database_for("intake"), application_name="bench", pool_size=settings.database_pool
        )
        databases.adopt(silent)
        manager = office.headers(office.manager_token)

        @contextlib.asynccontextmanager
        async def client(database: Database) -> AsyncIterator[httpx2.AsyncClient]:
            app = create_app(dataclasses.replace(context, database=database))
            async with httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app), base_url="http://bench", headers=manager
            ) as found:
                yield found

        async with client(context.database) as audited, client(silent) as unaudited:
            await office.register(audited)
            paths = await _furnished(audited, office)
            return [
                await compare(
                    f"{letter}. {name}, audited",
                    unit="milliseconds (median)",
                    ours=partial(_read, audited, path),
                    baseline=partial(_read, unaudited, path),
                    aim=aim,
                    better="lower",
                    rounds=_ROUNDS,
                    note=f"baseline: the same on connections that write no audit log; {_ROUND} a round",
                )
                for letter, name, path, aim in paths
            ]


async def _furnished(client: httpx2.AsyncClient, office: Office) -> list[tuple[str, str, str, float]]:
    referrer = office.headers(office.referrer_token)
    # Once a referral is a case, it is read by break-glass access only.
    accepted, waiting = [
        (await client.post("/v1/referrals", headers=referrer, json=REFERRAL)).raise_for_status().json()
        for _ in range(2)
    ]
    opened = await client.post(f"/v1/referrals/{accepted['referral_id']}/accept")
    case_id = opened.raise_for_status().json()["case_id"]
    for _ in range(_COORDINATORS):
        body = {
            "coordinator_id": str(uuid4()),
            "first_name": "Coordinator",
            "last_name": "Example",
            "email": "coordinator@example.org",
            "languages": ["nl"],
        }
        (await client.post("/v1/coordinators", json=body)).raise_for_status()
    return [
        ("g", "one case, facts only", f"/v1/cases/{case_id}", 1.8),
        ("h", "a referral with its persons", f"/v1/referrals/{waiting['referral_id']}", 1.5),
        ("i", f"a list of {_COORDINATORS} people", f"/v1/coordinators?limit={_COORDINATORS}", 1.4),
    ]


async def _read(client: httpx2.AsyncClient, path: str) -> float:
    times = []
    for _ in range(_ROUND):
        started = time.perf_counter()
        answer = await client.get(path)
        times.append((time.perf_counter() - started) * 1000)
        answer.raise_for_status()
    return statistics.median(times)
