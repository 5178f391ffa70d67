"""What a story is written with besides people: time and steps. Tests and `make demo` play it with this same code.

Before each step the platform has settled, so a story plays the same however fast the machine is, and whatever
is killed and comes back meanwhile.
"""

import asyncio
import inspect
import operator
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar, cast, get_args

from deploy.demo.acting import Player
from deploy.demo.api import Api
from deploy.demo.coordinator import Coordinator
from deploy.demo.expectations import About, Expectations
from deploy.demo.lanes import Lane
from deploy.demo.person import Person
from deploy.demo.staff import Staff
from deploy.demo.things import (
    Actor,
    Case,
    EmailKind,
    Hours,
    Organisation,
    Referred,
    TimeOfDay,
    Weekday,
    in_words,
)
from deploy.watch.failures import WentWrong
from shared.calendar import BELGIUM, BRUSSELS, Length
from shared.events.base import EventData

C = TypeVar("C")
R = TypeVar("R", bound=Player)
_WEEKDAYS = get_args(Weekday)


@dataclass(frozen=True)
class Hand:
    """How people are played: the classes that implement the verbs. Another hand has classes that override some."""

    staff: type[Staff] = Staff
    coordinator: type[Coordinator] = Coordinator
    person: type[Person] = Person


API = Hand()


@dataclass(frozen=True)
class Step:
    """An action in a story: the verb, its arguments, and the sentence that describes it."""

    verb: Callable[..., Any]
    given: Mapping[str, Any]
    sentence: str


class Listener:
    """Called between the steps of a story; an exception fails the story."""

    async def began(self, story: "Story") -> None:
        """Everyone is registered and the first day has come."""

    def chapter(self, story: "Story", title: str) -> None:
        """A chapter begins."""

    async def played(self, story: "Story", step: Step) -> None:
        """A step was played; its effects are still in flight."""

    async def settled(self, story: "Story") -> None:
        """All effects of a step or of time have settled."""

    async def moved(self, story: "Story") -> None:
        """Time has moved."""


class Story(Expectations):
    """One story on one platform. `staff`, `coordinator` and `person` are the classes of its people."""

    def __init__(self, api: Api, listeners: Sequence[Listener] = (), hand: Hand = API) -> None:
        super().__init__(api.watch)
        self.api = api
        self.staff = self._playing(hand.staff)
        self.coordinator = self._playing(hand.coordinator)
        self.person = self._playing(hand.person)
        self.start = datetime.now(UTC)
        self.organisations: list[Organisation] = []
        self.actors: list[Player] = []
        self.cases: dict[str, Case] = {}
        # The steps so far, by the name of their verb.
        self.on_pages, self.through_apis = Counter[str](), Counter[str]()
        self.lanes: dict[str, Lane] = {}
        self.lane = Lane(asyncio.sleep, 0, ready_at=self.start)
        self._listeners = listeners
        self._policies: dict[str, Mapping[str, str]] = {}

    # People

    def organisation(self, name: str, **about: Any) -> Organisation:
        """Return an organisation, which will be entered."""
        self.organisations.append(Organisation(name, **about))
        return self.organisations[-1]

    def policies(self, **services: Mapping[str, str]) -> None:
        """Set the tenant's lengths that differ from the defaults, by service."""
        self._policies |= services

    def _playing(self, role: type[R]) -> type[R]:
        """Return a role's class whose verbs are steps of this story, and whose people belong to it."""
        verbs = {
            name: self._verb(verb)
            for name, verb in inspect.getmembers(role, inspect.iscoroutinefunction)
            if not name.startswith("_")
        }
        joins = {"api": self.api, "__post_init__": lambda me: self.actors.append(me)}  # noqa: PLW0108 - not bound
        return cast("type[R]", type(role.__name__, (role,), {**verbs, **joins}))

    def _verb(self, verb: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        signature, sentence = inspect.signature(verb), inspect.getdoc(verb) or ""

        async def play(me: Player, *args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(me, *args, **kwargs)
            bound.apply_defaults()
            given = bound.arguments
            sent = me.sent
            result = await verb(me, *args, **kwargs)
            case = result if isinstance(result, Case) else given.get("case")
            if isinstance(case, Case):
                self.cases.setdefault(self.lane.name, case)
                case.people |= set(_actors_in(list(given.values())))
            if "{me}" in sentence:
                values = {**given, **given.get("about", {}), "me": me, "result": result}
                text = sentence.format(**{name: in_words(value) for name, value in values.items()})
                if me.sent > sent:
                    self.on_pages[verb.__name__] += 1
                    text = f"On a page, {text}"
                else:
                    self.through_apis[verb.__name__] += 1
                for listener in self._listeners:
                    await listener.played(self, Step(verb, given, text))
                await self.settle()
            return result

        return play

    # Time

    async def begins(self, weekday: Weekday | None = None, clock: TimeOfDay = "09:00") -> None:
        """Enter everyone, and let time pass to the first such weekday, at this time in Brussels; or begin at once."""
        await self._enter_all()
        first = self.start = await self.now()
        if weekday is not None:
            first = self.at(0, clock)
            while first <= self.start or _WEEKDAYS[first.astimezone(BRUSSELS).weekday()] != weekday:
                first = BELGIUM.add_length(first, "1d")
        while await self.watch.move_towards(first) < first:
            await self.watch.settle()
        self.start = first
        await self.watch.settle()
        for listener in self._listeners:
            await listener.began(self)

    async def _enter_all(self) -> None:
        self.api.tenant = next(each.id for each in self.organisations if each.runs_conferences)
        for organisation in self.organisations:
            await self.api.enter(organisation)
        for actor in self.actors:
            await actor.enter()
        for service, lengths in self._policies.items():
            await self.api.set_policy(service, lengths)
        await self.watch.settle()

    async def now(self) -> datetime:
        """Return the business time."""
        return await self.watch.now()

    def date(self, day: int) -> date:
        """Return a date of the story: day 0 is its first."""
        return self.start.astimezone(BRUSSELS).date() + timedelta(days=day)

    def at(self, day: int, clock: TimeOfDay) -> datetime:
        """Return a day of the story and a time in Brussels, such as "14:00", in UTC."""
        return datetime.combine(self.date(day), time.fromisoformat(clock), BRUSSELS).astimezone(UTC)

    def hours(self, day: int, begin: TimeOfDay, end: TimeOfDay) -> Hours:
        """Return some hours of one day of the story."""
        return Hours(self.at(day, begin), self.at(day, end))

    def chapter(self, title: str) -> None:
        """Show a heading."""
        for listener in self._listeners:
            listener.chapter(self, title)

    async def until(self, day: int, clock: TimeOfDay) -> None:
        """Let time pass until a day of the story and a time in Brussels."""
        await self.lane.wait(self.at(day, clock))

    async def time_passes(self, length: Length) -> None:
        """Let time pass: "2d", "3wd" (working days), "PT5H", "PT30S"; days keep the time of day in Brussels."""
        await self.lane.wait(BELGIUM.add_length(await self.now(), length))

    async def days_pass(self, days: int) -> None:
        """Let days pass, to the same time of day in Brussels."""
        await self.time_passes(f"{days}d")

    async def hours_pass(self, hours: int) -> None:
        """Let hours pass."""
        await self.time_passes(f"PT{hours}H")

    async def until_event(
        self, about: About, kind: type[EventData], *, of: str = "", within: Length = "30d"
    ) -> None:
        """Let time pass until an event has happened; `of` is what its field `kind` must be. Raises: WentWrong."""

        async def has_come() -> bool:
            found = [event.data for event in self.events(about) if event.type == kind.TYPE]
            return any(data.get("kind") == of or not of for data in found)

        await self._until(has_come, within, f"{kind.TYPE} {of}")

    async def until_email(self, kind: EmailKind, to: Actor, *, within: Length = "30d") -> None:
        """Let time pass until somebody has received a kind of email. Raises: WentWrong."""

        async def has_come() -> bool:
            return bool(self.watch.inbox.to(to.email, kind))

        await self._until(has_come, within, f"an email {kind} to {to.first_name}")

    async def _until(self, has_come: Callable[[], Awaitable[bool]], within: str, what: str) -> None:
        now = await self.now()
        if not await self.lane.wait(now, has_come, BELGIUM.add_length(now, within)):
            raise WentWrong(f"after {within} there is still no {what}")

    async def together(self, cast: C, *parts: Callable[["Story", C], Coroutine[Any, Any, None]]) -> None:
        """Play several parts of a story on one timeline; each goes on until it lets time pass."""
        outer, now = self.lane, await self.now()
        lanes = [Lane(part, self, cast, ready_at=now) for part in parts]
        self.lanes |= {lane.name: lane for lane in lanes}
        try:
            while waiting := [lane for lane in lanes if not lane.is_over]:
                self.lane = await self._next(waiting)
                await self.lane.play_on()
        finally:
            self.lane = outer
            for lane in lanes:
                lane.end()

    async def _next(self, lanes: Sequence[Lane]) -> Lane:
        """Let time pass until one of them can go on, and return it."""
        while True:
            now = await self.now()
            for lane in sorted(lanes, key=operator.attrgetter("ready_at")):
                if lane.ready_at <= now and await lane.can_go_on(now):
                    return lane
            await self.watch.move_towards(min(lane.next_at(now) for lane in lanes))
            for listener in self._listeners:
                await listener.moved(self)
            await self.settle()

    async def settle(self) -> None:
        """Wait until nothing is in flight. Raises: WentWrong."""
        await self.watch.settle()
        for listener in self._listeners:
            await listener.settled(self)


def _actors_in(value: Any) -> Iterator[Actor]:
    match value:
        case Actor() | Referred():
            yield value.person if isinstance(value, Referred) else value
        case list() | tuple():
            for item in value:
                yield from _actors_in(item)
