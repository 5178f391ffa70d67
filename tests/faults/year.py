"""A year in the life of an organisation: many cases at once, of people who are late, silent, ill or change their mind.

What happens in a case is drawn from its seed, so a run can be repeated. Everybody sends what they say twice at once.
`python -m tests.faults.year --cases 200 --seed 7` plays a large one and prints what came of it; `--from COMMIT` begins
with the code of a commit that has the same tables and subscriptions, and installs that of now in the middle.
"""

import argparse
import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import orjson

from deploy.demo.coordinator import Coordinator
from deploy.demo.person import Person
from deploy.demo.player import story_on
from deploy.demo.story import Hand, Story
from deploy.demo.things import Agreement, Attendance, Case, Plan, Referred, Venue
from deploy.local.platform import Platform
from deploy.watch.watch import Watch
from shared.auth import Role
from shared.events import intake, network, plans, scheduling
from shared.events.network import AttendanceMode
from shared.events.plans import CheckInKind
from shared.services import SERVICES
from tests.faults.chaos import Chaos, Outages
from tests.faults.counting import lost_or_doubled
from tests.faults.deploying import Deployment, OfBuild, checkout_of

_VENUE = Venue("Buurthuis De Linde", "Lindeplein 3, 2898 Rupelmeer")
_PATIENCE = 180.0
# How often a case is stopped at each of the places where it may be.
_STOPS = 0.05
# What a case that was stopped may still have to say.
_OF_THE_STOP = frozenset(
    {"case-finished", "case-stopped", "conference-cancelled", "offer-closed", "file-kept"}
)
# Who did what is asked for is not reminded of it: what ends it, and what both name.
_ENDED_BY: dict[str, tuple[str, tuple[str, ...]]] = {
    "invitation-reminder": (network.InvitationAnswered.TYPE, ("person_id",)),
    "poll-reminder": (scheduling.PollAnswered.TYPE, ("person_id", "poll_id")),
    "agreement-near": (plans.AgreementDone.TYPE, ("agreement_id",)),
    "agreement-due": (plans.AgreementDone.TYPE, ("agreement_id",)),
    "agreement-reminder": (plans.AgreementDone.TYPE, ("agreement_id",)),
    "agreement-slips": (plans.AgreementDone.TYPE, ("agreement_id",)),
}


@dataclass(eq=False, kw_only=True)
class Hasty(Person):
    """Somebody who presses each button twice."""

    async def answers_invitation(
        self, answer: Literal["yes", "no"], *, mode: AttendanceMode = "in-person"
    ) -> None:
        """{me} says {answer}, twice at once."""
        await asyncio.gather(*(super(Hasty, self).answers_invitation(answer, mode=mode) for _ in range(2)))

    async def says_done(self, agreement: Agreement) -> None:
        """{me}: “{agreement}” is done, twice at once."""
        await asyncio.gather(*(super(Hasty, self).says_done(agreement) for _ in range(2)))


class _Stopped(Exception):
    """The case was stopped by whom it is about."""


class Cast:
    """Who there is besides the people of each case."""

    def __init__(self, s: Story, *, cases: int) -> None:
        ring = s.organisation("De Grote Ring", runs_conferences=True)
        clb = s.organisation("Leerlingencentrum Het Anker")
        self.hanne = s.staff(
            "Hanne", "Maes", "hanne@ring.example", organisation=ring, roles=[Role.REGIONAL_MANAGER]
        )
        self.leen = s.staff("Leen", "Wouters", "leen@anker.example", organisation=clb, roles=[Role.REFERRER])
        self.coordinators = [
            s.coordinator("Noor", f"Aerts-{number}", f"noor.{number}@post.example", max_load=20)
            for number in range(3 + cases // 8)
        ]


class Life:
    """One case from its referral to its end. `came_to`: its state then."""

    def __init__(self, s: Story, cast: Cast, *, number: int, seed: int) -> None:
        self.name = f"case-{number}"
        self.came_to = "unknown"
        self._s = s
        self._cast = cast
        self._random = random.Random(f"{seed}/{number}")
        names = ("Ria", "Luc", "Tine", "Omar", "Elif", "Jan")[: self._random.randint(3, 5)]
        self._central, *self._others = (
            s.person(name, f"Kringlid-{number}", f"{name}.{number}@post.example".lower()) for name in names
        )
        self._central.age = self._random.randint(19, 80)
        self._declined: list[Coordinator] = []

    def part(self) -> Callable[[Story, Cast], Coroutine[Any, Any, None]]:
        """Return the line of the story that plays it."""

        async def live(_s: Story, _c: Cast) -> None:
            await self._live()

        live.__name__, live.__doc__ = self.name, self.name
        return live

    async def _live(self) -> None:
        s = self._s
        await s.days_pass(self._random.randint(0, 40))
        case = await self._asked_for()
        try:
            await self._road(case)
        except _Stopped:
            s.expect_that(await self._cast.hanne.sees(case), {"state": "withdrawn"})
        await s.expect_nothing_left(case)
        self.came_to = (await self._cast.hanne.sees(case))["state"]

    async def _asked_for(self) -> Case:
        self._mandate = self._often(0.4)
        about: dict[str, Any] = {
            "themes": ["loneliness"],
            "languages": ["nl"],
            "question": "Hoe gaan wij samen verder?",
        }
        if self._mandate:
            return await self._cast.leen.refers(Referred(self._central, "zij zelf"), **about)
        return await self._central.asks_for_conference(**about)

    async def _road(self, case: Case) -> None:
        s = self._s
        await s.hours_pass(self._random.randint(1, 20))
        await self._cast.hanne.accepts(case)
        coordinator = await self._found(case)
        taking_part = await self._circle(case, coordinator)
        await self._perhaps_stops(case)
        await self._meeting(case, coordinator, taking_part)
        await self._perhaps_stops(case)
        agreements = await self._plan(case, coordinator, taking_part)
        await self._year(case, coordinator, taking_part, agreements)

    async def _found(self, case: Case) -> Coordinator:
        """Let those who are asked decline, or take the case on."""
        found = await self._latest(case)
        while len(self._declined) < 2 and self._often(0.3):
            await found.declines_offer(case, reason="no-time")
            self._declined.append(found)
            found = await self._latest(case)
        await found.accepts_offer(case)
        return found

    async def _latest(self, case: Case) -> Coordinator:
        """Return who was asked and has not said no."""
        await self._s.hours_pass(3)
        asked = await self._cast.hanne.sees_asked(case)
        return next(
            each for each in self._cast.coordinators if each.id in asked and each not in self._declined
        )

    async def _circle(self, case: Case, coordinator: Coordinator) -> list[Person]:
        """Invite everybody; some say yes late or by telephone, some no, and some change their mind."""
        s = self._s
        await coordinator.contacts(case, self._central, channel="visit", purpose="first-contact")
        await coordinator.records_baseline(case, "Hoe gaan wij samen verder?")
        for each in self._others:
            await coordinator.adds(case, each, "familie", proposed_by=self._central)
        await coordinator.contacts(case, *self._others, channel="phone", purpose="explanation")
        await coordinator.invites_all(case, include_central=True)
        taking_part = [self._central]
        late = [each for each in self._others if self._often(0.3)]
        for each in [self._central, *(each for each in self._others if each not in late), *late]:
            if each in late:
                await s.until_email("invitation-reminder", each)
            await s.hours_pass(self._random.randint(1, 9))
            # A circle is at least two people: the last one asked comes if nobody else does.
            needed = len(taking_part) == 1 and (late or self._others)[-1] is each
            wants = each is self._central or not self._often(0.15) or needed
            if each is not self._central and self._often(0.2):
                await coordinator.notes_answer(case, each, "yes" if wants else "no")
            else:
                if self._often(0.15):
                    await each.answers_invitation("no" if wants else "yes")
                await each.answers_invitation("yes" if wants else "no")
            if wants and each is not self._central:
                taking_part.append(each)
        await self._perhaps_stops(case)
        await coordinator.declares_circle_ready(case, self._central)
        return taking_part

    async def _meeting(self, case: Case, coordinator: Coordinator, people: Sequence[Person]) -> None:
        """Meet, perhaps on another day than was set first, and perhaps once more."""
        await self._perhaps_pauses(case)
        while self._often(0.2):
            await coordinator.schedules(case, self._s.hours(await self._in_days(9), "14:00", "17:00"), _VENUE)
            await self._s.days_pass(self._random.randint(1, 4))
            await coordinator.postpones(case, reason="key-person-ill")
            await self._perhaps_stops(case)
        if self._often(0.15):
            await self._meets(case, coordinator, people, "no-plan")
            await coordinator.prepares_again(case)
        await self._meets(case, coordinator, people, "plan")

    async def _meets(
        self,
        case: Case,
        coordinator: Coordinator,
        people: Sequence[Person],
        outcome: Literal["plan", "no-plan"],
    ) -> None:
        hours = self._s.hours
        if self._often(0.5):
            day = await self._asks_for_dates(case, coordinator, people)
        else:
            day = await self._in_days(self._random.randint(8, 20))
            await coordinator.schedules(case, hours(day, "14:00", "17:00"), _VENUE)
        await self._s.until(day, "18:00")
        await coordinator.holds_conference(
            case,
            *(Attendance(each, came=not self._often(0.1)) for each in people),
            information=hours(day, "14:00", "14:45"),
            private=hours(day, "14:45", "16:15"),
            presentation=hours(day, "16:15", "17:00"),
            outcome=outcome,
        )

    async def _asks_for_dates(self, case: Case, coordinator: Coordinator, people: Sequence[Person]) -> int:
        """Ask which of two days suits; some answer after a reminder or by telephone, and return the one that is set."""
        day = await self._in_days(self._random.randint(15, 25))
        first, second = (self._s.hours(each, "14:00", "17:00") for each in (day, day + 2))
        await coordinator.opens_poll(case, first, second)
        late = [each for each in people if self._often(0.2)]
        for each in [*(each for each in people if each not in late), *late]:
            if each in late:
                await self._s.until_email("poll-reminder", each)
            await self._s.hours_pass(self._random.randint(1, 5))
            if self._often(0.2):
                await coordinator.notes_dates(case, each, yes=[first])
            else:
                await each.answers_poll(yes=[first], maybe=[second])
        await self._perhaps_stops(case)
        await coordinator.schedules_best(case, _VENUE)
        return day

    async def _plan(self, case: Case, coordinator: Coordinator, people: Sequence[Person]) -> list[Agreement]:
        day = await self._in_days(0)
        agreements = [
            Agreement(f"afspraak van {each.first_name}", "Elke week bellen.", [each], self._s.date(day + due))
            for each, due in zip(people, (9, 16, 23, 40, 60), strict=False)
        ]
        monitor = people[-1]
        plan = Plan(goals=["Niemand alleen."], monitor=monitor, review=self._s.date(day + 150))
        await coordinator.records_plan(case, *agreements, **plan)
        await coordinator.shares_plan(case)
        return agreements

    async def _year(
        self, case: Case, coordinator: Coordinator, people: Sequence[Person], agreements: Sequence[Agreement]
    ) -> None:
        """Follow the plan: agreements that are done, late, or never; checks that are made, or left to the manager."""
        s, hanne, monitor = self._s, self._cast.hanne, people[-1]
        for agreement, who in zip(agreements, people, strict=False):
            if self._often(0.2):
                await who.says_done(agreement)
            elif self._often(0.6):
                await s.until_email("agreement-due", who, within="90d")
                await s.hours_pass(self._random.randint(1, 9))
                await who.says_done(agreement)
            elif self._often(0.5):
                await s.until_email("agreement-reminder", who, within="120d")
                await who.says_done(agreement)
        await self._perhaps_pauses(case)
        await s.until_event(case, plans.CheckInDue, of="four-weeks", within="90d")
        if self._often(0.15):
            await coordinator.checks_in(case, "four-weeks", "close")
            return
        await coordinator.checks_in(case, "four-weeks")
        if self._mandate:
            await coordinator.calls_referrer(case, "as-agreed")
        kinds: tuple[CheckInKind, ...] = ("three-months", "review", "six-months", "twelve-months")
        for kind in kinds:
            await s.until_event(case, plans.CheckInDue, of=kind, within="300d")
            await self._perhaps_stops(case)
            decision: Literal["continue", "close"] = "close" if kind == "twelve-months" else "continue"
            if kind == "review":
                await people[0].answers_review(case, "stay")
                await hanne.checks_in(case, kind, decision)
            elif self._often(0.7):
                await s.days_pass(self._random.randint(0, 5))
                await monitor.checks_in(case, kind, decision)
            else:
                await s.days_pass(30)
                await hanne.checks_in(case, kind, decision)

    async def _perhaps_pauses(self, case: Case) -> None:
        if self._often(0.1):
            await self._cast.hanne.pauses(case, reason="holiday")
            await self._s.days_pass(self._random.randint(1, 15))
            await self._cast.hanne.resumes(case)

    async def _perhaps_stops(self, case: Case) -> None:
        if self._often(_STOPS):
            await self._central.withdraws(case, reason="solved")
            raise _Stopped

    def _often(self, share: float) -> bool:
        return self._random.random() < share

    async def _in_days(self, days: int) -> int:
        return (await self._s.now() - self._s.start).days + days


async def wrong_emails(watch: Watch) -> list[str]:
    """Return every email that should not have been decided on; empty if all is right."""
    events = watch.ledger.events
    stopped = {event.case_id: event.time for event in events if event.type == intake.CaseWithdrawn.TYPE}
    ended: dict[tuple[str, ...], datetime] = {}
    for event in events:
        for ending, names in set(_ENDED_BY.values()):
            # Who named some dates only is asked for the others.
            if event.type == ending and event.data.get("complete", True):
                ended.setdefault((ending, *(str(event.data[name]) for name in names)), event.time)
    found, seen = [], Counter[tuple[Any, ...]]()
    for message in await watch.messages():
        if message["state"] != "sent":
            continue
        kind, at = message["kind"], message["queued_at"]
        seen[kind, message["recipient"], message["case_id"], message["parameters"]] += 1
        stop = stopped.get(message["case_id"])
        if stop is not None and at > stop and kind not in _OF_THE_STOP:
            found.append(f"{kind} {message['id']} was written after its case had stopped")
        ending, names = _ENDED_BY.get(kind, ("", ()))
        if (end := ended.get((ending, *(_named(message, name) for name in names)))) is not None and at > end:
            found.append(f"{kind} {message['id']} was written to who had answered")
    return found + [f"{key[0]} was written {times} times" for key, times in seen.items() if times > 1]


def _named(message: dict[str, Any], name: str) -> str:
    return str(message["recipient"] if name == "person_id" else orjson.loads(message["parameters"]).get(name))


@dataclass
class Outcome:
    """What came of a run: how its cases ended, what was wrong, what was killed, and how long it took."""

    states: Counter[str]
    wrong: list[str]
    killed: Counter[str]
    stopped: Counter[str]
    replaced: list[str]
    events: int
    emails: int
    seconds: float


async def live(*, cases: int, seed: int, kills: int, build: Path | None = None) -> Outcome:
    """Play so many cases at once while parts are killed, and each service, the broker and the database go once.

    With another `build` the services begin with that one, and each is replaced by this one.
    """
    began = time.monotonic()
    # All of them open their links from this machine; weeks pass in seconds, and limits go by the real time.
    extra = {"KRING_RETRY_SCALE": "0.2", "KRING_ANONYMOUS_LIMIT": "0", "KRING_STAFF_LIMIT": "0"}
    made = (
        Platform(skipped_time=True, extra=extra)
        if build is None
        else OfBuild(build, skipped_time=True, extra=extra)
    )
    async with made as platform:
        # A case has some thirty steps.
        chaos = Chaos(
            platform,
            parts=[*SERVICES, "mailbox"],
            seed=seed,
            every=max(1.0, cases * 20 / max(1, kills)),
            most=kills,
        )
        gone = ["rabbitmq", "postgresql"] if build is not None else [*SERVICES, "rabbitmq", "postgresql"]
        outages = {cases * (4 + 3 * number): name for number, name in enumerate(gone)}
        away = Outages(platform, after_steps=outages)
        # Once broker and database are back: nobody deploys into an outage.
        deployment = Deployment(platform, first=cases * 12, beside=cases * 2)
        async with story_on(
            platform,
            listeners=[chaos, away, *([deployment] if build is not None else [])],
            patience=_PATIENCE,
            hand=Hand(person=Hasty),
        ) as story:
            cast = Cast(story, cases=cases)
            lives = [Life(story, cast, number=number, seed=seed) for number in range(cases)]
            await story.begins("monday", "09:00")
            await story.together(cast, *(each.part() for each in lives))
            await away.over()
            await deployment.over()
            await story.settle()
            await story.watch.read_inbox()
            wrong = await lost_or_doubled(story.watch) + await wrong_emails(story.watch)
            return Outcome(
                states=Counter(each.came_to for each in lives),
                wrong=wrong,
                killed=chaos.killed,
                stopped=away.stopped,
                replaced=deployment.replaced,
                events=len(story.watch.ledger.events),
                emails=len(story.watch.inbox.emails),
                seconds=time.monotonic() - began,
            )


def main() -> int:
    """Play a run and print what came of it; return 1 if anything was wrong."""
    asking = argparse.ArgumentParser(description=__doc__)
    asking.add_argument("--cases", type=int, default=200)
    asking.add_argument("--seed", type=int, default=random.randrange(10_000))
    asking.add_argument("--kills", type=int, default=40)
    asking.add_argument("--from", dest="commit", help="whose code is replaced in the middle")
    given = asking.parse_args()
    print(f"seed {given.seed}")
    with checkout_of(given.commit) if given.commit else nullcontext() as build:
        outcome = asyncio.run(live(cases=given.cases, seed=given.seed, kills=given.kills, build=build))
    print(
        f"{given.cases} cases in {outcome.seconds:.0f} s: {dict(outcome.states)}; {outcome.events} events,"
        f" {outcome.emails} emails; killed {dict(outcome.killed)}, stopped and started {dict(outcome.stopped)},"
        f" replaced {outcome.replaced}"
    )
    print("\n".join(outcome.wrong) or "nothing was lost, doubled, or written to who had answered")
    return 1 if outcome.wrong or not outcome.states.keys() <= {"closed", "withdrawn"} else 0


if __name__ == "__main__":
    raise SystemExit(main())
