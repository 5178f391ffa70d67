"""(l) what a coordinator's pages cost beside the API calls that they need; (m) a board among many cases."""

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import httpx2
from sqlalchemy import text

from deploy.demo.player import UNDISTURBED, story_on
from deploy.demo.story import Story
from deploy.demo.things import Case, Referred
from deploy.local.platform import Platform
from deploy.stories.people import Cast
from services.portal import sessions
from services.portal.api import create_app
from services.portal.central_persons import CENTRAL_PERSONS
from services.portal.client import Operation
from services.portal.road import BASELINE, CASE, KNOWN, MEETINGS, PLANS
from services.portal.routes.cases import CASES
from services.portal.sessions import Secret, StaffMember
from shared.auth import LOCAL_ISSUER, Issuer, Role
from shared.context import Context
from shared.database import Database
from shared.runtime import connected
from shared.settings import Settings
from tests.bench.filled import few_and_many
from tests.bench.measure import Result, Round, compare

_TIMES = 40
_PROFILE = text(
    "INSERT INTO tenant_profile (tenant, version, name, country, time_zone)"
    " VALUES (:tenant, 1, 'Benchmark', 'BE', 'Europe/Brussels')"
)
_FILL = text(
    """
    INSERT INTO todo (id, tenant, service, kind, subject, case_id, owner, escalate_to, state, waiting, due_at,
                      changed_at, version)
    SELECT gen_random_uuid(), :tenant, 'intake', 'coordinator-search', gen_random_uuid(), gen_random_uuid(),
           'regional-manager', 'regional-manager', CASE WHEN n % 3 = 0 THEN 'breached' ELSE 'running' END, true,
           now() + n * interval '1 minute', now(), 1
    FROM generate_series(1, :count) AS n
    """
)


async def pages_of_a_coordinator() -> list[Result]:
    """Compare a board and the page of a case with the bare calls to the services that each needs, at once."""
    # One coordinator asks as often as thousands do.
    extra = {**UNDISTURBED, "KRING_STAFF_LIMIT": "0"}
    async with Platform(extra=extra) as platform, story_on(platform) as story:
        cast = Cast(story)
        await story.begins()
        found: list[Case] = []

        async def prepared(_story: Story, cast: Cast) -> None:
            found.append(await _prepared(cast))

        await story.together(cast, prepared)
        await story.settle()
        case, malika, settings = found[0], cast.malika, story.watch.settings
        assert malika.id is not None
        headers = story.api.staff(malika.id, None, Role.COORDINATOR)
        content = partial(
            StaffMember,
            id=malika.id,
            name="Malika",
            organisation=None,
            roles=frozenset({Role.COORDINATOR}),
            tenant=story.api.tenant,
        )
        async with connected("portal", settings) as context:
            cookie = await _signed_in(context, content, headers["Authorization"].removeprefix("Bearer "))
        portal = platform.addresses["portal"]
        async with httpx2.AsyncClient(timeout=30, trust_env=False) as http:

            def page(path: str) -> Callable[[], Any]:
                return lambda: http.get(f"{portal}{path}", headers={"cookie": cookie})

            def asking(path: str) -> Round:
                return lambda: _typical(page(path))

            def calling(operations: Sequence[Operation[Any]]) -> Round:
                return lambda: _typical(calls(*operations))

            def calls(*operations: Operation[Any]) -> Callable[[], Any]:
                urls = [
                    platform.addresses[each.service]
                    + each.path.format(case_id=case.id)
                    # A board lists the reader's own cases only.
                    + (f"?coordinator_id={malika.id}" if each is CASES else "")
                    for each in operations
                ]
                return lambda: asyncio.gather(*(http.get(url, headers=headers) for url in urls))

            shown: list[tuple[str, str, list[Operation[Any]]]] = [
                ("l. a coordinator's board", "/today", [CENTRAL_PERSONS, CASES]),
                (
                    "l. the page of a case",
                    f"/cases/{case.id}",
                    [CASE, KNOWN, MEETINGS, PLANS, BASELINE, CENTRAL_PERSONS],
                ),
            ]
            note = f"{_TIMES} a round, one after the other; baseline: the same calls, at once"
            return [
                await compare(
                    name,
                    unit="milliseconds (median)",
                    ours=asking(path),
                    baseline=calling(needed),
                    aim=1.3,
                    better="lower",
                    note=note,
                )
                for name, path, needed in shown
            ]


async def board_among_many(settings: Settings, databases: Any) -> Result:
    """Compare a regional manager's board among the clocks of 100,000 cases with the same among 1,000."""
    database: Database = await databases.fresh("portal")
    tenant, member = uuid4(), uuid4()
    async with database.transaction() as session:
        await session.execute(_PROFILE, {"tenant": tenant})
    role = Role.REGIONAL_MANAGER
    issuer = Issuer.load(settings.secrets_dir / "local_issuer_key", name=LOCAL_ISSUER)
    token = issuer.staff(person=member, organisation=tenant, roles={role})
    content = partial(
        StaffMember, id=member, name="Hanne", organisation=tenant, roles=frozenset({role}), tenant=tenant
    )
    async with connected("portal", settings) as context:
        cookie = await _signed_in(context, content, token)
        await few_and_many(settings, databases, "portal", _FILL, tenant=tenant)
        async with AsyncExitStack() as stack:
            boards = []
            for name in ("few", "many"):
                found = Database.connect(
                    settings.database_for("portal", name=name), application_name="bench", pool_size=4
                )
                databases.adopt(found)
                transport = httpx2.ASGITransport(create_app(replace(context, database=found)))
                client = httpx2.AsyncClient(
                    transport=transport, base_url="http://127.0.0.1", headers={"cookie": cookie}
                )
                boards.append(await stack.enter_async_context(client))
            few, many = boards
            return await compare(
                "m. a board among 100,000 cases",
                unit="milliseconds (median)",
                ours=lambda: _typical(lambda: many.get("/today")),
                baseline=lambda: _typical(lambda: few.get("/today")),
                aim=1.2,
                better="lower",
                note=f"of a regional manager, for whom all of it waits; baseline: among 1,000; {_TIMES} a round",
            )


async def _prepared(c: Cast) -> Case:
    """Return a case with a coordinator and a circle of five who are invited."""
    case = await c.leen.refers(
        Referred(c.ilyas, "hij zelf"),
        Referred(c.samira, "moeder", role="representative", side="maternal", parental_authority=True),
        themes=["school-drop-out"],
        question="Hoe kan ik thuis blijven wonen?",
        languages=["nl"],
    )
    await c.hanne.accepts(case)
    await c.malika.accepts_offer(case)
    await c.malika.records_baseline(case, "Hoe kan Ilyas thuis blijven wonen?")
    for each, relation in ((c.fatna, "grootmoeder"), (c.youssef, "oom"), (c.greta, "buurvrouw")):
        await c.malika.adds(case, each, relation, proposed_by=c.ilyas)
    return case


async def _signed_in(context: Context, content: Callable[..., StaffMember], token: str) -> str:
    """Return the cookie of somebody's session."""
    async with context.database.transaction() as session:
        now, secret = await context.clock.now(), Secret.new()
        until = now + timedelta(hours=10)
        kept = content(issuer=LOCAL_ISSUER, token=token, token_until=until, refresh_token=None, until=until)
        await sessions.keep(session, secret, kept, now=now)
    return f"kring-staff={secret.cookie}"


async def _typical(ask: Callable[[], Any]) -> float:
    times = []
    for _ in range(_TIMES):
        started = time.perf_counter()
        answers = await ask()
        times.append((time.perf_counter() - started) * 1000)
        for answer in answers if isinstance(answers, list) else [answers]:
            answer.raise_for_status()
            if answer.status_code != 200:
                raise RuntimeError(f"{answer.url.path}: {answer.status_code}")
    return statistics.median(times)
