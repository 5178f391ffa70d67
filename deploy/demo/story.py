"""What a story is told with besides people: time, and what must hold. Tests and `make demo` play it by this same code.

Before each step the platform has settled, so a story plays the same however fast the machine is, and whatever is
killed and comes back meanwhile.
"""

import asyncio
import inspect
import operator
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any, TypeVar, cast, get_type_hints
from uuid import UUID

from deploy.demo.hand import (
    Actor,
    Agreement,
    Case,
    Coordinator,
    Hand,
    Person,
    Referred,
    Session,
    Staff,
    Transfer,
)
from deploy.demo.lanes import Lane
from deploy.demo.values import Hours, Organisation, personal_texts
from deploy.watch.failures import WentWrong, patiently
from deploy.watch.ledger import Event
from deploy.watch.watch import Watch
from shared.calendar import BELGIUM, BRUSSELS
from shared.events.base import EventData

C = TypeVar("C")
R = TypeVar("R", bound=Actor)
About = Case | Session
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Listener:
    """Is told how a story goes, between its steps; what it raises fails the story."""

    async def began(self, story: "Story") -> None:
        """Everyone is registered and the first day has come."""

    def chapter(self, story: "Story", title: str) -> None:
        """A chapter begins."""

    async def played(self, story: "Story", verb: str, told: str) -> None:
        """A step was played; what comes of it is still in flight."""

    async def settled(self, story: "Story") -> None:
        """Everything that a step or the time brought about has settled."""

    async def moved(self, story: "Story") -> None:
        """Time has moved."""


class Story:
    """One story on one platform. `staff`, `coordinator` and `person` are the classes of which its people are made."""

    def __init__(self, hand: Hand, watch: Watch, listeners: Sequence[Listener] = ()) -> None:
        self.staff = self._playing(Staff)
        self.coordinator = self._playing(Coordinator)
        self.person = self._playing(Person)
        self.hand = hand
        self.watch = watch
        self.start = datetime.now(UTC)
        self.assertions = 0
        self.words: set[str] = set()
        self.organisations: list[Organisation] = []
        self.actors: list[Actor] = []
        self.cases: dict[str, Case] = {}
        self.lanes: dict[str, Lane] = {}
        self.lane = Lane("", "", self.start, lambda: asyncio.sleep(0))
        self._listeners = listeners
        self._policies: dict[str, Mapping[str, str]] = {}

    # Who there is

    def organisation(self, name: str, *, kbo: str, **about: Any) -> Organisation:
        """Return an organisation, which will be registered."""
        self.organisations.append(Organisation(name, kbo, **about))
        return self.organisations[-1]

    def policies(self, **services: Mapping[str, str]) -> None:
        """Set the tenant's lengths that differ from the defaults, by service."""
        self._policies |= services

    def _playing(self, role: type[R]) -> type[R]:
        """Return a role's class whose verbs are played by the hand, and whose people belong to this story."""
        verbs = {name: self._verb(getattr(role, name)) for name in dir(role) if not name.startswith("_")}
        joins = {"__post_init__": lambda me: self.actors.append(me)}  # noqa: PLW0108 - a list's method is not bound
        return cast("type[R]", type(role.__name__, (role,), {**verbs, **joins}))

    def _verb(self, verb: Any) -> Any:
        if not inspect.iscoroutinefunction(verb):
            return verb
        signature, hints = inspect.signature(verb), get_type_hints(verb, include_extras=True)
        sentence = inspect.getdoc(verb) or ""

        async def play(me: Actor, *args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(me, *args, **kwargs)
            bound.apply_defaults()
            given = {name: value for name, value in bound.arguments.items() if name != "self"}
            for name, value in given.items():
                self.words.update(personal_texts(hints[name], value))
            self._join(given.get("case"), me, given)
            result = await self.hand.play(verb.__name__, me, given)
            self._join(result, me, given)
            if "{me}" in sentence:
                told = {name: _told(value) for name, value in {**given, "me": me, "result": result}.items()}
                for listener in self._listeners:
                    await listener.played(self, verb.__name__, sentence.format(**told))
                await self.settle()
            return result

        return play

    def _join(self, case: Any, me: Actor, given: Mapping[str, Any]) -> None:
        """Let who acts in a case, or is named in a step about it, belong to it."""
        if isinstance(case, Case):
            self.cases.setdefault(self.lane.name, case)
            named = [
                each for value in given.values() for each in (value if isinstance(value, tuple) else [value])
            ]
            people = [each.person if isinstance(each, Referred) else each for each in named]
            case.people |= {me, *(each for each in people if isinstance(each, Actor))}

    # Time

    async def begins(self, weekday: str | None = None, clock: str = "09:00") -> None:
        """Register everyone, and let the first such weekday come, at this time in Brussels; or begin at once."""
        for each in (*self.organisations, *self.actors):
            self.words.update(personal_texts(type(each), each))
        await self.hand.register(self.organisations, self.actors, self._policies)
        await self.watch.settle()
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

    async def now(self) -> datetime:
        """Return the business time."""
        return await self.watch.now()

    def date(self, day: int) -> date:
        """Return a date of the story: day 0 is its first."""
        return self.start.astimezone(BRUSSELS).date() + timedelta(days=day)

    def at(self, day: int, clock: str) -> datetime:
        """Return a day of the story and a time in Brussels, such as "14:00", in UTC."""
        return datetime.combine(self.date(day), time.fromisoformat(clock), BRUSSELS).astimezone(UTC)

    def hours(self, day: int, begin: str, end: str) -> Hours:
        """Return some hours of one day of the story."""
        return Hours(self.at(day, begin), self.at(day, end))

    def chapter(self, title: str) -> None:
        """Show a heading."""
        for listener in self._listeners:
            listener.chapter(self, title)

    async def until(self, day: int, clock: str) -> None:
        """Let time pass until a day of the story and a time in Brussels."""
        await self.lane.wait(self.at(day, clock))

    async def time_passes(self, length: str) -> None:
        """Let time pass: "2d", "3wd" (working days), "PT5H", "PT30S"; days keep the time of day in Brussels."""
        await self.lane.wait(BELGIUM.add_length(await self.now(), length))

    async def days_pass(self, days: int) -> None:
        """Let days pass, to the same time of day in Brussels."""
        await self.time_passes(f"{days}d")

    async def hours_pass(self, hours: int) -> None:
        """Let hours pass."""
        await self.time_passes(f"PT{hours}H")

    async def until_event(
        self, about: About, kind: type[EventData], *, of: str = "", within: str = "30d"
    ) -> None:
        """Let time pass until an event has happened; `of` is what its field `kind` must be. Raises: WentWrong."""

        async def has_come() -> bool:
            found = [event.data for event in self.events(about) if event.type == kind.TYPE]
            return any(data.get("kind") == of or not of for data in found)

        await self._until(has_come, within, f"{kind.TYPE} {of}")

    async def until_email(self, kind: str, to: Actor, *, within: str = "30d") -> None:
        """Let time pass until somebody has received a kind of email. Raises: WentWrong."""

        async def has_come() -> bool:
            await self.watch.read_inbox()
            return any(email.kind == kind for email in self.watch.inbox.to(to.email))

        await self._until(has_come, within, f"an email {kind} to {to.first_name}")

    async def _until(self, has_come: Callable[[], Awaitable[bool]], within: str, what: str) -> None:
        now = await self.now()
        if not await self.lane.wait(now, has_come, BELGIUM.add_length(now, within)):
            raise WentWrong(f"after {within} there is still no {what}")

    async def together(self, cast: C, *parts: Callable[["Story", C], Coroutine[Any, Any, None]]) -> None:
        """Play several parts of a story on one timeline; each goes on until it lets time pass."""
        outer, now = self.lane, await self.now()
        lanes = [
            Lane(
                each.__name__.replace("_", "-"),
                (inspect.getdoc(each) or "").rstrip("."),
                now,
                partial(each, self, cast),
            )
            for each in parts
        ]
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

    # What must hold; each raises WentWrong at the first thing that does not.

    def expect_that(self, found: Any, expected: Any) -> None:
        """Assert that something is as expected; of what somebody sees, the fields that are named."""
        for name, value in expected.items() if isinstance(expected, dict) else [("", expected)]:
            self._same(f"{_told(name)}: " if name else "", found.get(name) if name else found, value)

    def expect_events(self, events: Mapping[type[EventData], int], *about: About) -> None:
        """Assert how often each event has happened."""
        for kind, times in events.items():
            self._same(f"{kind.TYPE}: ", sum(event.type == kind.TYPE for event in self.events(*about)), times)

    def expect_emails(
        self, kind: str, to: Sequence[Actor], *about: About, times: int = 1, holds: Sequence[str] = ()
    ) -> None:
        """Assert who received a kind of email, how often each, and what each holds (`Email.holds`).

        Nobody else whom it is about may have received that kind; without `about`, nothing is said of others.
        """
        for actor in {*to, *(actor for each in about for actor in each.people)}:
            emails = [each for each in self.watch.inbox.to(actor.email) if each.kind == kind]
            self._same(f"emails {kind} to {actor.first_name}: ", len(emails), times if actor in to else 0)
            for what in holds if actor in to else ():
                for email in emails:
                    self._same(
                        f"an email {kind} to {actor.first_name} holds {what}: ", email.holds(what), True
                    )

    async def expect_clocks(self, kinds: Mapping[str, int], *about: About) -> None:
        """Assert which clocks run or are paused, by kind, and that there are no others."""
        ids, subjects = _ids_of(about), _ids_of([each for each in about if isinstance(each, Session)])
        clocks = await self.watch.clocks()
        ours = [clock for clock in clocks if clock.case_id in ids or clock.subject in subjects]
        running = Counter(clock.kind for clock in ours if clock.state in ("running", "paused"))
        self._same("clocks running: ", dict(running), kinds)

    def expect_workflows(
        self, *about: About, ended: Mapping[str, int] | None = None, running: Mapping[str, int] | None = None
    ) -> None:
        """Assert how many workflows have ended well, or run, by type, and that there are no others."""
        ids = _ids_of(about)
        registrations = {f"registration/{each}" for each in ids}
        known = self.watch.workflows.by_id.values()
        ours = [each for each in known if each.case_id in ids or each.id in registrations]
        for what, expected in (("completed", ended), ("running", running)):
            if expected is not None:
                found = Counter(each.type for each in ours if each.status == what)
                self._same(f"workflows {what}: ", dict(found), expected)

    async def expect_nothing_left(self, *about: About) -> None:
        """Assert that no clock and no workflow runs any more."""
        await self.expect_clocks({}, *about)
        self.expect_workflows(*about, running={})

    async def expect_silence(self, case: Case, since: datetime, but: Mapping[str, Sequence[Actor]]) -> None:
        """Assert that since then nobody heard of a case but these, by kind, once for each time they are named."""
        for kind, actors in but.items():
            for actor, times in Counter(actors).items():
                found = sum(email.kind == kind for email in self.watch.inbox.to(actor.email))
                self._same(f"emails {kind} to {actor.first_name}: ", found, times)
        messages = [
            each
            for each in await patiently(self.watch.ledger.messages, "a database")
            if each["case_id"] == case.id
        ]
        sent = [each for each in messages if each["queued_at"] >= since and each["state"] != "cancelled"]
        decided = Counter(each["kind"] for each in sent)
        self._same("emails about the case: ", dict(decided), {kind: len(to) for kind, to in but.items()})
        for person in (actor for actor in case.people if isinstance(actor, Person)):
            came = [
                each
                for each in self.watch.inbox.to(person.email)
                if each.date >= since.replace(microsecond=0)
            ]
            allowed = sorted(kind for kind, actors in but.items() for actor in actors if actor is person)
            self._same(f"what {person.first_name} heard: ", sorted(email.kind for email in came), allowed)

    def events(self, *about: About) -> list[Event]:
        """Return what happened to a case, from its referral on, or to sessions, in the order in which it was read."""
        ids = {str(each) for each in _ids_of(about)}
        names = ("referral_id", "registration_id", "session_id", "course_id", "subject")
        return [
            event
            for event in self.watch.ledger.events
            if str(event.case_id) in ids or any(event.data.get(name) in ids for name in names)
        ]

    def _same(self, what: str, found: Any, expected: Any) -> None:
        self.assertions += 1
        if found != expected:
            raise WentWrong(f"{what}{_told(found)}, expected {_told(expected)}")


def _ids_of(about: Sequence[About]) -> set[UUID | None]:
    ids: set[UUID | None] = set()
    for each in about:
        ids |= {
            each.id,
            *((each.referral_id,) if isinstance(each, Case) else (each.course_id, *each.people.values())),
        }
    return ids - {None}


def _told(value: Any) -> str:
    """Return something as the player shows it: people by their first name, several things as people write them."""
    match value:
        case Actor(first_name=told) | Agreement(name=told) | Referred(person=Actor(first_name=told)):
            pass
        case Transfer(payer=Actor(first_name=told)):
            pass
        case Hours(starts_at=begin):
            told = f"{begin.astimezone(BRUSSELS):%-d %B}"
        case dict():
            told = ", ".join(f"{_told(name)} {_told(item)}" for name, item in value.items()) or "none"
        case list() | tuple() | set():
            items = [_told(item) for item in value]
            told = " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items) or "nobody"
        case _:
            told = str(value)
    return told
