"""Intake, network, scheduling and plans together; what they publish is carried between them in a chosen order."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

import httpx2
from sqlalchemy import text

from shared.contracts import Contract
from shared.contracts.base import Answer
from shared.database import Database
from shared.errors import Gone, NotYet
from shared.outbox import envelope
from shared.services import SERVICES_WITH_CASES
from shared.settings import Settings
from tests.support.backing import EMPTY, KEYS, Databases
from tests.support.world.base import EVENTS, World, handled_types, problem
from tests.support.world.case import Case
from tests.support.world.clock import ManualClock
from tests.support.world.intake import Intake
from tests.support.world.network import Network
from tests.support.world.plans import Plans
from tests.support.world.principals import Headers
from tests.support.world.scheduling import Scheduling

Published = list[tuple[str, Any]]


class AskIntake:
    """Asks intake in this process, as the service client would over the network."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def read(self, contract: Contract[Answer], *, tenant: UUID, **ids: UUID) -> Answer:
        who = self._intake.from_service(contract.purpose, tenant=tenant)
        answer = await self._intake.ask("GET", contract.path_of(**ids), who)
        if answer.status_code == 410:
            raise Gone
        assert answer.is_success, answer.text
        return contract.answer.model_validate_json(answer.content)

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
    conference: UUID
    poll: UUID
    plan: UUID


@dataclass
class CasePlatform:
    """The services that hold a case, and the broker between them."""

    settings: Settings
    worlds: dict[str, World]
    # The store of keys, as its owner sees it.
    keys: Database
    outcomes: list[tuple[str, str, str]] = field(default_factory=list)
    _asked: UUID | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings, databases: Databases) -> AsyncIterator["CasePlatform"]:
        """Yield the services, each on a database of its own."""
        for name in (KEYS, *SERVICES_WITH_CASES):
            await databases.recreate(name)
        keys = Database.connect(settings.database_of(KEYS), application_name="test-keys", pool_size=2)
        clock = ManualClock()
        async with AsyncExitStack() as stack:
            intake = await stack.enter_async_context(Intake.open(settings, clock=clock))
            parts: dict[str, Any] = {"clock": clock, "services": cast("Any", AskIntake(intake))}
            worlds: dict[str, World] = {"intake": intake}
            for kind in (Network, Scheduling, Plans):
                worlds[kind.service] = await stack.enter_async_context(kind.open(settings, **parts))
            stack.push_async_callback(keys.close)
            yield cls(settings, worlds, keys)

    async def emptied(self) -> "CasePlatform":
        """Return the same running services for a new organisation, with nothing else in them."""
        await self.let_go(*SERVICES_WITH_CASES, KEYS)
        async with self.keys.transaction() as session:
            await session.execute(text(EMPTY))
        intake = await self.intake.emptied()
        worlds: dict[str, World] = {"intake": intake}
        for service in SERVICES_WITH_CASES[1:]:
            worlds[service] = await World.emptied(self.worlds[service])
            worlds[service].tenant = intake.tenant
        return CasePlatform(self.settings, worlds, self.keys)

    async def let_go(self, *names: str) -> None:
        """Close the connections to databases, which may be replaced then; with the store of keys, forget all keys."""
        for name in names:
            if name == KEYS:
                await self.keys.engine.dispose()
                for world in self.worlds.values():
                    await world.context.vault.close()
            else:
                await self.worlds[name].owner.engine.dispose()
                await self.worlds[name].context.database.engine.dispose()

    @property
    def intake(self) -> Intake:
        return cast("Intake", self.worlds["intake"])

    @property
    def clock(self) -> ManualClock:
        return self.intake.clock

    def officer(self) -> Headers:
        """Return the headers of the tenant's data protection officer."""
        return self.intake.officer()

    def manager(self) -> Headers:
        """Return the headers of the tenant's regional manager."""
        return self.intake.manager()

    def coordinator(self, story: Story) -> Headers:
        """Return the headers of the case's coordinator."""
        return self.intake.coordinator(story.coordinator)

    def person(self, story: Story, person: UUID, role: str = "central") -> Headers:
        """Return the headers of a person of the case."""
        return self.intake.person(story.case, person, role=role)

    async def ask(
        self, service: str, method: str, path: str, who: Headers, **request: Any
    ) -> httpx2.Response:
        """Send a request to a service."""
        return await self.worlds[service].ask(method, path, who, **request)

    async def do(self, service: str, method: str, path: str, who: Headers, **request: Any) -> Any:
        """Send a request that must succeed, and return what the answer holds."""
        return await self.worlds[service].do(method, path, who, **request)

    async def code(self, service: str, *request: Any, **more: Any) -> tuple[int, str]:
        """Send a request and return the status and the code of its problem, if it has one."""
        answer = await self.ask(service, *request, **more)
        return problem(answer) if answer.is_error else (answer.status_code, "")

    async def rows(self, service: str, statement: str, **values: Any) -> list[Any]:
        """Return what a query finds at a service."""
        return await self.worlds[service].rows(statement, **values)

    def begin_again(self) -> None:
        """Let everything that was ever published be carried once more."""
        for world in self.worlds.values():
            world.delivered = 0

    async def published(self) -> Published:
        """Return what was published since the last time, by its service, in order."""
        found: Published = []
        for service, world in self.worlds.items():
            for row in await world.rows(EVENTS, after=world.delivered):
                world.delivered = row.position
                found.append((service, row))
        return found

    async def deliver(self, service: str, row: Any, source: str) -> str | None:
        """Deliver something to a service; None if it does not subscribe to it."""
        if row.type not in handled_types(service) or "message.queued" in row.type:
            return None
        body = envelope(row._mapping, f"urn:kring:{source}")
        outcome = await self.worlds[service].deliver(body, row.type)
        self.outcomes.append((service, row.type, outcome))
        return outcome

    async def settle(
        self,
        *,
        order: Callable[[Published], Published] = lambda published: published,
        but: Callable[[str, str], bool] = lambda _service, _type: False,
    ) -> None:
        """Carry everything to everyone until nothing new is published; `but`: what a service does not get now."""
        waiting: list[tuple[str, str, Any]] = []
        while True:
            fresh = order(await self.published())
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
        self._asked = coordinator = self._asked or await self.intake.enter_coordinator()
        case = await self.intake.open_case()
        case.coordinator = coordinator
        await self.intake.accept(await self.intake.offer_next(case), coordinator)
        await self.settle()
        who = self.intake.coordinator(coordinator)
        people = await self.do("network", "GET", f"/v1/cases/{case.id}/persons", who)
        ids = {person["role"]: UUID(person["person_id"]) for person in people["items"]}
        case.central, case.mother = ids["central"], ids["representative"]
        case.neighbour = await self._neighbour(case)
        await self.do("network", "POST", f"/v1/cases/{case.id}/circle-ready", who)
        await self.settle()
        await self._meet(case)
        plan = await self._plan(case)
        await self.settle()
        return Story(
            case, coordinator, case.central, case.mother, case.neighbour, case.conference, case.poll, plan
        )

    async def _neighbour(self, case: Case) -> UUID:
        network, who = cast("Network", self.worlds["network"]), self.intake.coordinator(case)
        contact = {"channel": "visit", "purpose": "first-contact"}
        neighbour = await network.add(case, "Rachid", last_name="Buurman", email="rachid@voorbeeld.example")
        await network.do("POST", f"/v1/persons/{neighbour}/contacts", who, json=contact)
        invitation = await network.invite(case, neighbour)
        await network.do("POST", f"/v1/invitations/{invitation}/answer", who, json={"answer": "yes"})
        return neighbour

    async def _meet(self, case: Case) -> None:
        scheduling, who = cast("Scheduling", self.worlds["scheduling"]), self.intake.coordinator(case)
        [conference] = await scheduling.conferences(case)
        case.conference = UUID(conference["conference_id"])
        await scheduling.open_poll(case, 20)
        [option] = case.options
        for person in (case.central, case.neighbour):
            answers, path = {"answers": {str(option): "yes"}}, f"/v1/polls/{case.poll}/answers/{person}"
            await scheduling.do("PUT", path, who, json=answers)
        venue = {"name": "Buurthuis Het Anker", "address": "Kaai 1"}
        answer = await scheduling.schedule(case, option_id=str(option), venue=venue)
        assert answer.is_success, answer.text

    async def _plan(self, case: Case) -> UUID:
        who = self.intake.coordinator(case)
        agreement = {
            "what": "Samen koken op vrijdag",
            "who_person_ids": [str(case.neighbour), str(case.central)],
            "by": "network",
            "due_on": "2026-03-20",
        }
        body = {"goals": ["Wannes slaapt thuis"], "agreements": [agreement], "review_on": "2026-06-01"}
        made = await self.do("plans", "POST", f"/v1/cases/{case.id}/plans", who, json=body)
        share = {"person_ids": [str(case.neighbour)]}
        await self.do("plans", "POST", f"/v1/plans/{made['plan_id']}/share", who, json=share)
        return UUID(made["plan_id"])

    async def close(self, story: Story) -> None:
        """Bring a case to its end, of which everyone hears."""
        path = f"/v1/cases/{story.case.id}/close"
        await self.do("intake", "POST", path, self.manager(), json={"outcome": "followed-up"})
        await self.settle()

    async def erase(self, story: Story, reason: str = "asked") -> None:
        """Ask for the erasure of a case; nobody hears of it yet."""
        path = f"/v1/cases/{story.case.id}/erase"
        await self.do("intake", "POST", path, self.officer(), json={"reason": reason})

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
