"""Four services on real parts in one process; what they say is carried between them in an order that a test chooses."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from importlib import import_module
from typing import Any, cast
from uuid import UUID

import httpx
from sqlalchemy import text

from shared.auth import Issuer, Role
from shared.context import Context
from shared.contracts.base import Answer, Contract
from shared.database import Database
from shared.errors import Gone, NotYet
from shared.ids import uuid7
from shared.outbox import envelope
from shared.runtime import connected
from shared.services import SERVICES_WITH_CASES
from shared.settings import Settings
from tests.integration.intake.house import Case, StandingClock
from tests.integration.intake.house import House as Intake
from tests.integration.intake.house import opened as intake_opened
from tests.support.backing import Databases

_MAILS = "message.queued"
Headers = dict[str, str]


class AskIntake:
    """Asks intake in this process, as the service client would over the network."""

    def __init__(self, http: httpx.AsyncClient, issuer: Issuer) -> None:
        self._http, self._issuer = http, issuer

    async def read(self, contract: Contract[Answer], *, tenant: UUID, **ids: UUID) -> Answer:
        token = self._issuer.service(service="network", purpose=contract.purpose, tenant=tenant)
        answer = await self._http.get(contract.path_of(**ids), headers={"authorization": f"Bearer {token}"})
        if answer.status_code == 410:
            raise Gone
        assert answer.is_success, answer.text
        return contract.answer.model_validate(answer.json())

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class Story:
    """A case with people, a poll with answers, a conference and a plan, all of them with words in them."""

    case: Case
    coordinator: UUID
    central: UUID
    mother: UUID
    neighbour: UUID
    conference: UUID = field(default_factory=uuid7)
    poll: UUID = field(default_factory=uuid7)
    plan: UUID = field(default_factory=uuid7)


@dataclass
class Houses:
    """The services, and the post between them."""

    settings: Settings
    intake: Intake
    contexts: dict[str, Context]
    http: dict[str, httpx.AsyncClient]
    owners: dict[str, Database]
    keys: Database
    heard: dict[str, int] = field(default_factory=dict)
    outcomes: list[tuple[str, str, str]] = field(default_factory=list)
    asked: UUID | None = None

    @property
    def clock(self) -> StandingClock:
        return self.intake.clock

    def officer(self) -> Headers:
        """Return the headers of the tenant's data protection officer."""
        return self.intake.staff(uuid7(), self.intake.tenant, Role.DPO)

    def manager(self) -> Headers:
        return self.intake.manager()

    def coordinator(self, story: Story) -> Headers:
        return self.intake.coordinator(story.coordinator)

    def person(self, story: Story, person: UUID, role: str = "central") -> Headers:
        token = self.contexts["network"].issuer.person(
            person=person, tenant=self.intake.tenant, case=story.case.id, case_role=role
        )
        return {"authorization": f"Bearer {token}"}

    async def ask(self, service: str, method: str, path: str, who: Headers, **request: Any) -> httpx.Response:
        return await self.http[service].request(method, path, headers=who, **request)

    async def do(self, service: str, method: str, path: str, who: Headers, **request: Any) -> Any:
        answer = await self.ask(service, method, path, who, **request)
        assert answer.is_success, f"{answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def code(
        self, service: str, method: str, path: str, who: Headers, **request: Any
    ) -> tuple[int, str]:
        """Send a request and return the status and the code of its problem."""
        answer = await self.ask(service, method, path, who, **request)
        problem = answer.json() if answer.content else {}
        return answer.status_code, str(problem.get("type", "")).rpartition("/")[2]

    async def rows(self, service: str, statement: str, **values: Any) -> list[Any]:
        async with self.owners[service].transaction() as session:
            return list((await session.execute(text(statement), values)).all())

    async def letters(self) -> list[tuple[str, Any]]:
        """Return what was said since the last time, by its service, in order."""
        found: list[tuple[str, Any]] = []
        for service in SERVICES_WITH_CASES:
            rows = await self.rows(
                service,
                "SELECT position, id, type, time, sequence, tenant, case_id, causation_id, traceparent,"
                " data::text AS data FROM outbox WHERE position > :heard ORDER BY position",
                heard=self.heard.get(service, 0),
            )
            if rows:
                self.heard[service] = rows[-1].position
            found += [(service, row) for row in rows]
        return found

    async def deliver(self, service: str, row: Any, source: str) -> str | None:
        """Let a service hear something; None if it does not listen to it."""
        subscriptions = import_module(f"services.{service}.consumer").subscriptions
        if row.type not in subscriptions.all() or _MAILS in row.type:
            return None
        body = envelope(row._mapping, f"urn:kring:{source}")
        outcome: str = await subscriptions.deliver(body, row.type, self.contexts[service])
        self.outcomes.append((service, row.type, outcome))
        return outcome

    async def settle(
        self,
        *,
        order: Callable[[list[tuple[str, Any]]], list[tuple[str, Any]]] = lambda letters: letters,
        but: Callable[[str, str], bool] = lambda _service, _type: False,
    ) -> None:
        """Carry everything to everyone until nothing new is said; `but`: what a service does not get to hear now."""
        waiting: list[tuple[str, str, Any]] = []
        while True:
            fresh = order(await self.letters())
            waiting += [
                (to, source, row)
                for source, row in fresh
                for to in SERVICES_WITH_CASES
                if not but(to, row.type)
            ]
            if not waiting:
                return
            left = []
            for to, source, row in waiting:
                try:
                    await self.deliver(to, row, source)
                except NotYet:
                    left.append((to, source, row))
            assert fresh or len(left) < len(waiting), [(to, row.type) for to, _, row in left]
            waiting = left

    async def story(self) -> Story:
        """Play a case from its referral to its plan, and return it."""
        # The same for all stories: whoever else there is could be asked first.
        self.asked = coordinator = self.asked or await self.intake.enter_coordinator()
        case = await self.intake.open_case()
        await self.intake.accept(await self.intake.offer_next(case), coordinator)
        await self.settle()
        who = self.intake.coordinator(coordinator)
        people = await self.do("network", "GET", f"/v1/cases/{case.id}/persons", who)
        ids = {person["role"]: UUID(person["person_id"]) for person in people["items"]}
        body = {"first_name": "Rachid", "last_name": "Buurman", "email": "rachid@voorbeeld.example"}
        added = await self.do("network", "POST", f"/v1/cases/{case.id}/persons", who, json=body)
        neighbour = UUID(added["person_id"])
        story = Story(case, coordinator, ids["central"], ids["representative"], neighbour)
        contact = {"channel": "visit", "purpose": "first-contact"}
        await self.do("network", "POST", f"/v1/persons/{neighbour}/contacts", who, json=contact)
        invited = await self.do("network", "POST", f"/v1/persons/{neighbour}/invitation", who)
        answer = f"/v1/invitations/{invited['invitation_id']}/answer"
        await self.do("network", "POST", answer, who, json={"answer": "yes"})
        await self.do("network", "POST", f"/v1/cases/{case.id}/circle-ready", who)
        await self.settle()
        await self._meet(story, who)
        await self._plan(story, who)
        await self.settle()
        return story

    async def _meet(self, story: Story, who: Headers) -> None:
        conferences = await self.do("scheduling", "GET", f"/v1/cases/{story.case.id}/conferences", who)
        story.conference = UUID(conferences["items"][0]["conference_id"])
        start = self.clock.moment + timedelta(days=20)
        option = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=4)).isoformat()}
        path = f"/v1/conferences/{story.conference}/poll"
        opened = await self.do("scheduling", "POST", path, who, json={"options": [option]})
        story.poll = UUID(opened["poll_id"])
        poll = await self.do("scheduling", "GET", f"/v1/polls/{story.poll}", who)
        option_id = poll["options"][0]["option_id"]
        for person in (story.central, story.neighbour):
            answers = {"answers": {option_id: "yes"}}
            await self.do("scheduling", "PUT", f"/v1/polls/{story.poll}/answers/{person}", who, json=answers)
        venue = {"name": "Buurthuis Het Anker", "address": "Kaai 1"}
        await self.do(
            "scheduling",
            "POST",
            f"/v1/conferences/{story.conference}/schedule",
            who,
            json={"option_id": option_id, "venue": venue},
        )

    async def _plan(self, story: Story, who: Headers) -> None:
        body = {
            "goals": ["Wannes slaapt thuis"],
            "agreements": [
                {
                    "what": "Samen koken op vrijdag",
                    "who_person_ids": [str(story.neighbour), str(story.central)],
                    "by": "network",
                    "due_on": "2026-03-20",
                }
            ],
            "review_on": "2026-06-01",
        }
        made = await self.do("plans", "POST", f"/v1/cases/{story.case.id}/plans", who, json=body)
        story.plan = UUID(made["plan_id"])
        share = {"person_ids": [str(story.neighbour)]}
        await self.do("plans", "POST", f"/v1/plans/{story.plan}/share", who, json=share)

    async def close(self, story: Story) -> None:
        """Bring a case to its end, of which everyone hears."""
        path = f"/v1/cases/{story.case.id}/close"
        await self.do("intake", "POST", path, self.manager(), json={"outcome": "followed-up"})
        await self.settle()

    async def erase(self, story: Story, because: str = "asked") -> None:
        """Ask for the erasure of a case; nobody hears of it yet."""
        path = f"/v1/cases/{story.case.id}/erase"
        await self.do("intake", "POST", path, self.officer(), json={"because": because})

    async def erasure(self, story: Story) -> Any:
        """Return how far the erasure of a case is."""
        return await self.do("intake", "GET", f"/v1/cases/{story.case.id}/erasure", self.officer())

    async def living_keys(self, service: str, *subjects: UUID) -> list[UUID]:
        """Return which of these subjects of a service have a key that is not destroyed."""
        ties = await self.rows(
            service, "SELECT subject, key_id FROM subject_key WHERE subject = ANY(:ids)", ids=list(subjects)
        )
        async with self.keys.transaction() as session:
            found = await session.execute(
                text("SELECT id FROM data_key WHERE id = ANY(:ids) AND wrapped IS NOT NULL"),
                {"ids": [tie.key_id for tie in ties]},
            )
            living = set(found.scalars())
        return [tie.subject for tie in ties if tie.key_id in living]


@asynccontextmanager
async def opened(settings: Settings, databases: Databases) -> AsyncIterator[Houses]:
    """Yield the services, each on a database of its own."""
    async with AsyncExitStack() as stack:
        owners = {service: await databases.fresh(service) for service in SERVICES_WITH_CASES}
        intake = await stack.enter_async_context(intake_opened(settings, owners["intake"]))
        contexts, http = {"intake": intake.context}, {"intake": intake.http}
        ask = AskIntake(intake.http, intake.context.issuer)
        for service in SERVICES_WITH_CASES[1:]:
            found = await stack.enter_async_context(connected(service, settings))
            contexts[service] = replace(found, clock=cast("Any", intake.clock), services=cast("Any", ask))
            app = import_module(f"services.{service}.api").create_app(contexts[service])
            client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=f"http://{service}")
            http[service] = await stack.enter_async_context(client)
        await intake.furnish()
        yield Houses(
            settings=settings,
            intake=intake,
            contexts=contexts,
            http=http,
            owners=owners,
            keys=databases.owned("keys"),
        )
