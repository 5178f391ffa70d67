"""(a) what receiving a referral costs; (e) whether a page of cases costs the same among many."""

import asyncio
import contextlib
import dataclasses
import itertools
import json
import os
import pickle
import statistics
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
from sqlalchemy import event, text

from deploy.local.ports import free_port
from services.intake.api import create_app
from shared.auth import LOCAL_ISSUER, Issuer, Role
from shared.database import Database
from shared.runtime import connected
from shared.settings import Settings
from tests.bench.filled import few_and_many
from tests.bench.load import prepared, requests_per_second
from tests.bench.measure import Result, compare
from tests.support.eventually import eventually

ROOT = Path(__file__).parents[2]
_REQUESTS, _CONNECTIONS = 400, 8
_PAGES = 30

REFERRAL: dict[str, Any] = {
    "kind": "professional",
    "themes": ["school-drop-out"],
    "question": "How can he go to school again and live at home, and who stands beside his mother?",
    "languages": ["nl", "ar"],
    "persons": [
        {
            "ref": "p1",
            "first_name": "Amir",
            "last_name": "Example",
            "birth_date": "2012-04-01",
            "role": "central",
            "language": "nl",
            "consent": {"referral": True, "date": "2026-01-05"},
        },
        {
            "ref": "p2",
            "first_name": "Salma",
            "last_name": "Example",
            "role": "representative",
            "language": "ar",
            "email": "salma@example.org",
            "parental_authority": True,
            "consent": {"referral": True, "date": "2026-01-05"},
        },
    ],
    "bottom_lines": ["He goes to school four days a week."],
}


class Office:
    """A tenant, a referring organisation, and tokens for their staff."""

    def __init__(self, settings: Settings) -> None:
        self.tenant, self.referring, self.referrer, self.manager = (uuid4() for _ in range(4))
        issuer = Issuer.load(settings.secrets_dir / "local_issuer_key", name=LOCAL_ISSUER)
        self.referrer_token = issuer.staff(
            person=self.referrer, organisation=self.referring, roles={Role.REFERRER}
        )
        self.manager_token = issuer.staff(
            person=self.manager, organisation=self.tenant, roles={Role.REGIONAL_MANAGER, Role.ADMINISTRATOR}
        )
        self.ops_token = issuer.staff(person=uuid4(), organisation=self.tenant, roles={Role.OPS})

    def headers(self, token: str) -> dict[str, str]:
        return {"authorization": f"Bearer {token}", "kring-tenant": str(self.tenant)}

    async def register(self, client: httpx2.AsyncClient) -> None:
        for organisation_id, kbo, is_tenant in (
            (self.tenant, "0403170701", True),
            (self.referring, "0206731645", False),
        ):
            answer = await client.post(
                "/v1/organisations",
                headers=self.headers(self.ops_token),
                json={
                    "organisation_id": str(organisation_id),
                    "name": "Benchmark",
                    "kbo_number": kbo,
                    "is_tenant": is_tenant,
                },
            )
            answer.raise_for_status()


async def receiving_referrals(settings: Settings, databases: Any, directory: Path) -> Result:
    """Compare `POST /v1/referrals` with a bare endpoint that writes by the same statements to the same database."""
    database: Database = await databases.fresh("intake")
    office = Office(settings)
    recording = directory / "statements.pickle"
    async with connected("intake", settings) as context:
        transport = httpx2.ASGITransport(create_app(context))
        async with httpx2.AsyncClient(transport=transport, base_url="http://bench") as client:
            await office.register(client)
            await _record(context.database, client, office, recording)
    ours_port, bare_port = free_port(), free_port()
    url = database.engine.url.render_as_string(hide_password=False)
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "KRING_STAFF_LIMIT": "0",
        # Counted, and never too many.
        "KRING_ANONYMOUS_LIMIT": "1000000000",
        "KRING_DATABASE_URL": settings.database_url.get_secret_value(),
        "KRING_BROKER_URL": settings.broker_url.get_secret_value(),
        "KRING_SECRETS_DIR": str(settings.secrets_dir),
        "KRING_LOCAL": "true",
        "KRING_LOG_LEVEL": "INFO",
        "KRING_HTTP_PORT": str(ours_port),
    }
    ours = [sys.executable, "-m", "deploy.cli", "serve", "intake", "--role", "api"]
    bare = [sys.executable, "-m", "tests.bench.bare", str(recording), str(bare_port)]
    log = directory / "intake.log"
    async with _process(ours, environment, ours_port, log), _process(bare, environment, bare_port, log):
        ours_requests = _requests(office.headers(office.referrer_token))
        bare_requests = _requests({})

        async def load(port: int, requests: Iterator[bytes]) -> float:
            return await requests_per_second(
                port=port, requests=requests, count=_REQUESTS, connections=_CONNECTIONS, status=201
            )

        return await compare(
            "a. POST /v1/referrals",
            unit="requests per second",
            ours=lambda: load(ours_port, ours_requests),
            baseline=lambda: load(bare_port, bare_requests),
            aim=0.8,
            better="higher",
            note=f"{_REQUESTS} requests over {_CONNECTIONS} connections; bare: FastAPI, the same writes."
            " What limits it is processor time: the bare side reads nothing, checks no token, makes no keys,"
            " seals and logs nothing",
        )


def _requests(headers: dict[str, str]) -> Iterator[bytes]:
    """Yield referrals of different children: an answer names the other referrals of the same one."""
    central, mother = REFERRAL["persons"]
    for number in itertools.count():
        persons = [central | {"last_name": f"Example {number:06}"}, mother]
        body = json.dumps(REFERRAL | {"persons": persons}).encode()
        yield prepared("POST", "/v1/referrals", headers=headers, body=body)


async def _record(database: Database, client: httpx2.AsyncClient, office: Office, recording: Path) -> None:
    sent: list[tuple[str, Any]] = []

    # What SQLAlchemy's event hands over.
    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith(("INSERT", "WITH")):
            sent.append((statement, parameters))

    async def post() -> None:
        answer = await client.post(
            "/v1/referrals", headers=office.headers(office.referrer_token), json=REFERRAL
        )
        answer.raise_for_status()

    await post()
    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    await post()
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)
    kept = {office.tenant, office.referring, office.referrer, UUID(int=0)}
    recording.write_bytes(pickle.dumps((sent, kept)))


@contextlib.asynccontextmanager
async def _process(
    command: list[str], environment: dict[str, str], port: int, log: Path
) -> AsyncIterator[None]:
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *command, env=environment, cwd=ROOT, stdout=output, stderr=output
        )
    try:

        async def listens() -> bool:
            if process.returncode is not None:
                raise RuntimeError(f"{command[2]} ended: {log.read_text()[-1500:]}")
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                return False
            writer.close()
            return True

        await eventually(listens, "the server to listen", seconds=30)
        yield
    finally:
        process.terminate()
        await process.wait()


_FILL = text(
    """
    WITH made AS (
        SELECT gen_random_uuid() AS case_id, gen_random_uuid() AS referral_id, now() - n * interval '1 minute' AS at
        FROM generate_series(1, :count) n
    ), referrals AS (
        INSERT INTO referral SELECT (jsonb_populate_record(one.row, jsonb_build_object(
            'id', made.referral_id, 'case_id', made.case_id, 'created_at', made.at))).*
        FROM made, (SELECT referral AS row FROM referral LIMIT 1) one
    )
    INSERT INTO "case" SELECT (jsonb_populate_record(one.row, jsonb_build_object(
        'id', made.case_id, 'referral_id', made.referral_id, 'created_at', made.at))).*
    FROM made, (SELECT "case" AS row FROM "case" LIMIT 1) one
    """
)


async def listing_cases(settings: Settings, databases: Any) -> list[Result]:
    """Compare a page of 100 cases among 100,000 with the same among 1,000, and with the same without row policies."""
    await databases.fresh("intake")
    office = Office(settings)
    async with connected("intake", settings) as context:
        transport = httpx2.ASGITransport(create_app(context))
        async with httpx2.AsyncClient(transport=transport, base_url="http://bench") as client:
            await office.register(client)
            answer = await client.post(
                "/v1/referrals", headers=office.headers(office.referrer_token), json=REFERRAL
            )
            referral_id = answer.raise_for_status().json()["referral_id"]
            manager = office.headers(office.manager_token)
            (await client.post(f"/v1/referrals/{referral_id}/accept", headers=manager)).raise_for_status()
        owned_few, owned_many = await few_and_many(settings, databases, "intake", _FILL)
        few, many = (
            Database.connect(
                settings.database_for("intake", name=name), application_name="bench", pool_size=4
            )
            for name in ("few", "many")
        )
        databases.adopt(few)
        databases.adopt(many)
        del owned_few

        @contextlib.asynccontextmanager
        async def listing(database: Database) -> AsyncIterator[httpx2.AsyncClient]:
            app = create_app(dataclasses.replace(context, database=database))
            async with httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app), base_url="http://bench", headers=manager
            ) as found:
                yield found

        async with (
            listing(few) as among_few,
            listing(many) as among_many,
            listing(owned_many) as above_policies,
        ):
            depth = await compare(
                "e. page of 100 cases among 100,000",
                unit="milliseconds (median)",
                ours=lambda: _list(among_many, pages=9),
                baseline=lambda: _list(among_few, pages=9),
                aim=1.2,
                better="lower",
                note=f"first pages and pages deep in the list; baseline: the same among 1,000; {_PAGES} a round",
            )
            policies = await compare(
                "f. page of 100 cases with row policies",
                unit="milliseconds (median)",
                ours=lambda: _list(among_many, pages=9),
                baseline=lambda: _list(above_policies, pages=9),
                aim=1.1,
                better="lower",
                note=f"baseline: the same as the owner, for whom no policy holds; {_PAGES} a round",
            )
            return [depth, policies]


async def _list(client: httpx2.AsyncClient, *, pages: int) -> float:
    times = []
    cursor: str | None = None
    for number in range(_PAGES):
        parameters = {"limit": "100"} | ({"cursor": cursor} if cursor else {})
        started = time.perf_counter()
        answer = await client.get("/v1/cases", params=parameters)
        times.append((time.perf_counter() - started) * 1000)
        page = answer.raise_for_status().json()
        if len(page["items"]) != 100:
            raise RuntimeError(f"{len(page['items'])} cases on a page")
        cursor = None if number % pages == pages - 1 else page["next"]
    return statistics.median(times)
