"""The cases of the example: each goes as far as it is to be seen, a step in each round, all of them at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal

from deploy.demo.acting import only
from deploy.demo.coordinator import Coordinator
from deploy.demo.person import Person
from deploy.demo.story import Story
from deploy.demo.things import Agreement, Case, Judgement, Referral, Referred, Venue, Wishes
from deploy.example.people import Cast


class Reach(IntEnum):
    """How far a case goes: what happens to it in which round."""

    REFERRED = 1
    ACCEPTED = 2
    COORDINATED = 3
    GATHERED = 4
    INVITED = 5
    ANSWERED = 6
    READY = 7
    POLLED = 8
    DATES_ANSWERED = 9
    SCHEDULED = 10
    CALLED_OFF = 11
    PLANNED = 12
    JUDGED = 13
    SHARED = 14


@dataclass(frozen=True)
class Question:
    """What a family asks, in their language."""

    theme: str
    words: str
    language: str = "nl"


QUESTIONS = (
    Question("loneliness", "Ik wil niet meer alleen aan tafel zitten. Wie komt er mee eten?"),
    Question("independent-living", "Hoe kan ik na het ziekenhuis weer thuis wonen?"),
    Question("parenting", "Wie helpt mij met de kinderen als ik nachtdienst heb?"),
    Question("school-drop-out", "Wat heeft onze zoon nodig om weer naar school te gaan?"),
    Question("support", "Comment tenir le coup avec mon mari malade sans m'épuiser ?", "fr"),
    Question("parenting", "كيف نتفق على من يعتني بالأطفال؟", "ar"),
    Question("employment", "Tekrar çalışmaya başlarsam çocuklara kim bakar?", "tr"),
    Question("health", "Kto może zawozić mamę do lekarza?", "pl"),
    Question("support", "Хто допоможе нам облаштуватися в новій оселі?", "uk"),
    Question("legal-problems", "Who can help us sort out our papers and our debts?", "en"),
)
RELATIONS = ("zus", "broer", "buurvrouw", "vriend", "tante", "oude collega")


@dataclass(eq=False)
class Line:
    """One case of the example. `mandated`: bottom lines are judged; `late_at`: in which round it gets late."""

    story: Story
    cast: Cast
    question: Question
    reach: Reach
    circle_size: int
    mandated: bool = False
    late_at: Reach | None = None
    case: Case = field(init=False)
    central: Person = field(init=False)
    coordinator: Coordinator = field(init=False)
    circle: list[Person] = field(default_factory=list, init=False)

    @property
    def answering(self) -> Sequence[Person]:
        """Those of the circle who answer: all but the last one."""
        return self.circle[:-1]

    async def play(self, round_: Reach) -> None:
        """Take the step of a round, if the case goes so far."""
        if round_ <= self.reach:
            await getattr(self, round_.name.lower())()

    async def referred(self) -> None:
        """They ask themselves, or somebody refers them."""
        asked, c = self.question, self.cast
        self.central = c.person(asked.language)
        spoken = ["nl"] if asked.language == "nl" else ["nl", asked.language]
        about = Referral(themes=[asked.theme], question=asked.words, languages=spoken, wishes=Wishes(spoken))
        if self.mandated:
            about["mandated"] = c.mandaat
            about["bottom_lines"] = [
                "De kinderen slapen elke nacht op een veilige plek.",
                "De school weet wie ze kan bellen.",
            ]
            self.case = await c.ruben.refers(Referred(self.central), **about)
        elif self.circle_size % 2:
            self.case = await c.leen.refers(Referred(self.central), **about)
        else:
            self.case = await self.central.asks_for_conference(**about)
        self.case.people.add(self.central)

    async def accepted(self) -> None:
        """The regional manager takes it on, and a coordinator is asked."""
        await self.cast.hanne.accepts(self.case)

    async def coordinated(self) -> None:
        """Whoever was asked accepts."""
        asked = await self.cast.hanne.sees_asked(self.case)
        found = [coordinator for coordinator in self.cast.coordinators if coordinator.id in asked]
        self.coordinator = only(found, "nobody is asked to coordinate a case of the example")
        await self.coordinator.accepts_offer(self.case)

    async def gathered(self) -> None:
        """The circle grows."""
        await self.coordinator.contacts(self.case, self.central, channel="visit", purpose="first-contact")
        for relation in RELATIONS[: self.circle_size]:
            language = self.question.language if len(self.circle) % 2 else "nl"
            self.circle.append(self.cast.person(language))
            await self.coordinator.adds(self.case, self.circle[-1], relation, proposed_by=self.central)

    async def invited(self) -> None:
        """Everybody is invited."""
        await self.coordinator.invites_all(self.case, include_central=True)

    async def answered(self) -> None:
        """Most of them say yes, some from home; one does not answer."""
        await self.central.answers_invitation("yes")
        for number, person in enumerate(self.answering):
            mode: Literal["in-person", "online"] = "online" if number == 1 else "in-person"
            await person.answers_invitation("yes", mode=mode)

    async def ready(self) -> None:
        """The circle is ready."""
        await self.coordinator.declares_circle_ready(self.case, self.central)

    async def polled(self) -> None:
        """The circle is asked when it can come."""
        s = self.story
        self.dates = [s.hours(day, "13:30", "18:00") for day in (16, 20, 23)]
        await self.coordinator.opens_poll(self.case, *self.dates)

    async def dates_answered(self) -> None:
        """Most of them say when."""
        first, second, third = self.dates
        await self.central.answers_poll(yes=[first, second])
        for person in self.answering:
            await person.answers_poll(yes=[second], maybe=[third])

    async def scheduled(self) -> None:
        """The date is set."""
        venue = Venue("Buurthuis De Wilg", "Wilgenpad 1, 2899 Dijlebeke")
        await self.coordinator.schedules_best(self.case, venue)

    async def called_off(self) -> None:
        """They found a way without meeting."""
        await self.coordinator.cancels_conference(self.case, reason="plan-without-meeting")

    async def planned(self) -> None:
        """They wrote it down."""
        s, monitor = self.story, self.circle[0]
        meal = Agreement("maaltijd", "Op zondag eten we samen.", [monitor], s.date(7))
        drive = Agreement("vervoer", "Wie een auto heeft, rijdt om de beurt mee.", [self.central], s.date(30))
        await self.coordinator.records_plan(
            self.case,
            meal,
            drive,
            goals=["Niemand hoeft het nog alleen te dragen."],
            monitor=monitor,
            review=s.date(90),
            without_meeting=True,
        )

    async def judged(self) -> None:
        """Where there are bottom lines, they are looked at one by one."""
        if self.mandated:
            reason = "Er staat nog niet bij wie de school kan bellen."
            await self.cast.ruben.accepts_plan(self.case, Judgement(True), Judgement(False, reason))

    async def shared(self) -> None:
        """Everybody gets the plan."""
        await self.coordinator.shares_plan(self.case)

    async def stopped(self) -> None:
        """They do not need it any more."""
        await self.central.withdraws(self.case, reason="solved")
