"""The cases of the example: all take the same course from the day of the referral, as far as there was time.

What differs in a case is its `turn`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from deploy.demo.acting import only
from deploy.demo.person import Person, ReviewAnswer
from deploy.demo.things import Agreement, Attendance, Case, Judgement, Referral, Referred, Wishes
from deploy.example.hand import ExampleCoordinator, ExampleStaff, Giver
from deploy.example.people import Cast
from deploy.example.timeline import Timeline
from services.intake.domain.codes import ReferralReason
from services.scheduling.domain import NeedKind
from shared.events.network import Need
from shared.events.plans import Decision


class Turn(StrEnum):
    """How a case differs from most."""

    NONE = "none"
    UNDECIDED = "undecided"
    REFUSED = "refused"
    SEARCHING = "searching"
    QUIET = "quiet"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"
    WITHOUT_MEETING = "without-meeting"
    POSTPONED = "postponed"
    IN_PART = "in-part"
    SLIPPING = "slipping"
    AGAIN = "again"
    THEMSELVES = "themselves"
    CLOSED = "closed"
    OPENED = "opened"
    DATA = "data"


@dataclass(frozen=True)
class Question:
    """A family's question, in their language."""

    theme: str
    words: str
    language: str = "nl"


QUESTIONS = (
    Question("loneliness", "Ik wil niet meer alleen aan tafel zitten. Wie komt er mee eten?"),
    Question("support", "Comment tenir le coup avec mon mari malade sans m'épuiser ?", "fr"),
    Question("independent-living", "Hoe kan ik na het ziekenhuis weer thuis wonen?"),
    Question("parenting", "كيف نتفق على من يعتني بالأطفال؟", "ar"),
    Question("parenting", "Wie helpt mij met de kinderen als ik nachtdienst heb?"),
    Question("employment", "Tekrar çalışmaya başlarsam çocuklara kim bakar?", "tr"),
    Question("school-drop-out", "Wat heeft onze zoon nodig om weer naar school te gaan?"),
    Question("health", "Kto może zawozić mamę do lekarza?", "pl"),
    Question("support", "Хто допоможе нам облаштуватися в новій оселі?", "uk"),
    Question("legal-problems", "Who can help us sort out our papers and our debts?", "en"),
    Question("health", "Wie gaat er met papa mee naar de dokter, en wie houdt mama gezelschap?"),
)
YOUNG_QUESTIONS = (
    Question("school-drop-out", "Wie gaat er met mij mee als ik op een andere school begin?"),
    Question("parenting", "Hoe hou ik het vol op school nu mama ziek is?"),
    Question("parenting", "Comment voir papa plus souvent sans que tout le monde se fâche ?", "fr"),
    Question("out-of-home-placement", "Waar kan ik heen als het thuis te druk wordt?"),
)
_GOALS = ("Niemand hoeft het nog alleen te dragen.", "Iedereen weet wie er belt als het moeilijk wordt.")
_MEAL = "Op zondag eten we samen."
_DRIVE = "Wie een auto heeft, rijdt om de beurt mee."
# The same for families who speak another language.
_IN_OTHER_WORDS: dict[str, tuple[str, ...]] = {
    "fr": (
        "Plus personne ne doit porter cela seul.",
        "Chacun sait qui appelle quand cela devient difficile.",
        "Le dimanche, nous mangeons ensemble.",
        "Ceux qui ont une voiture conduisent à tour de rôle.",
    ),
    "en": (
        "Nobody has to carry this alone any more.",
        "Everybody knows who will call when things get hard.",
        "On Sundays we eat together.",
        "Those who have a car take turns driving.",
    ),
    "ar": (
        "لن يحمل أحد هذا العبء وحده بعد الآن.",
        "يعرف الجميع من سيتصل عندما تصعب الأمور.",
        "نأكل معًا يوم الأحد.",
        "من لديه سيارة يقود بالتناوب.",
    ),
    "tr": (
        "Artık kimse bu yükü tek başına taşımak zorunda değil.",
        "Zor zamanlarda kimin arayacağını herkes biliyor.",
        "Pazar günleri birlikte yemek yiyoruz.",
        "Arabası olanlar sırayla götürüp getiriyor.",
    ),
    "pl": (
        "Nikt nie musi już dźwigać tego sam.",
        "Każdy wie, kto zadzwoni, gdy będzie trudno.",
        "W niedziele jemy razem.",
        "Kto ma samochód, wozi innych na zmianę.",
    ),
    "uk": (
        "Нікому більше не доведеться нести це самотужки.",
        "Усі знають, хто зателефонує, коли стане важко.",
        "У неділю ми їмо разом.",
        "Хто має авто, возить інших по черзі.",
    ),
}
RELATIONS = ("zus", "broer", "buurvrouw", "vriend", "tante", "oude collega")
_NEEDS: tuple[tuple[NeedKind, Sequence[Need], str | None], ...] = (
    (NeedKind.TRANSPORT, ["transport"], "Ik kan zelf niet rijden, en na zes uur is er geen bus."),
    (NeedKind.FOOD, ["food"], "Ik eet geen vlees."),
    (NeedKind.CHILDCARE, ["childcare"], "Voor twee kinderen, van drie en zes."),
    (NeedKind.ACCESS, ["step-free", "accessible-toilet"], "Ik kom met een rolstoel."),
)
_INTERPRETER: tuple[NeedKind, Sequence[Need], None] = (NeedKind.INTERPRETER, ["interpreter"], None)
_GIVERS = (
    Giver(
        "Ilse Pauwels",
        "maatschappelijk werker, wijkgezondheidscentrum Dijlebeke",
        "Welke hulp er aan huis kan komen, wat die kost en hoe lang je erop wacht.",
    ),
    Giver(
        "Joost Verhelst",
        "leerlingbegeleider",
        "Wat de school zelf kan doen, en wat zij daarvoor van thuis nodig heeft.",
        "in-writing",
    ),
)
# What the central person answers when the plan is reviewed, and what comes of it.
_AT_REVIEW: dict[Turn, tuple[ReviewAnswer, Decision]] = {
    Turn.AGAIN: ("meet", "new-conference"),
    Turn.THEMSELVES: ("by-ourselves", "own-meeting"),
}
# Days after the referral.
_MEETING = 31


@dataclass(eq=False)
class Line:
    """One case of the example, referred `ago` days ago.

    `mandated`: somebody judges bottom lines. `young`: the age of a young central person, with their mother.
    """

    story: Timeline
    cast: Cast
    question: Question
    ago: int
    turn: Turn
    circle_size: int
    mandated: bool = False
    young: int | None = None
    case: Case = field(init=False)
    central: Person = field(init=False)
    coordinator: ExampleCoordinator = field(init=False)
    referrer: ExampleStaff | None = field(default=None, init=False)
    circle: list[Person] = field(default_factory=list, init=False)

    @property
    def answering(self) -> Sequence[Person]:
        """Those of the circle who answer: all but the last one."""
        return self.circle[:-1]

    async def life(self) -> None:
        """Play it, as far as there is time."""
        await self._until(0)
        await self._ask()
        if self.turn is Turn.UNDECIDED:
            return
        await self._until(1)
        if self.turn is Turn.REFUSED:
            await self.cast.hanne.declines_referral(self.case, reason=ReferralReason.OTHER_HELP_FITS_BETTER)
            return
        await self.cast.hanne.accepts(self.case)
        if self.turn is Turn.SEARCHING:
            return
        await self._prepare()
        if self.turn is Turn.WITHOUT_MEETING:
            await self._until(19)
            await self.coordinator.cancels_conference(self.case, reason="plan-without-meeting")
            await self._follow(20)
            return
        await self._find_date()
        await self._until(_MEETING, "18:30")
        await self._meet()
        await self._follow(_MEETING + 2)

    async def _until(self, day: int, clock: str = "10:00") -> None:
        """Wait until so many days after the referral, or the Monday after that; a meeting is on any day."""
        s, wanted = self.story, day - self.ago
        await s.until(wanted if day == _MEETING else s.working_day(wanted), clock)

    async def _ask(self) -> None:
        """They refer themselves, or somebody refers them."""
        asked, c = self.question, self.cast
        self.central = c.person(asked.language, age=self.young)
        spoken = ["nl"] if asked.language == "nl" else ["nl", asked.language]
        about = Referral(themes=[asked.theme], question=asked.words, languages=spoken, wishes=Wishes(spoken))
        if self.mandated:
            about["mandated"] = c.mandaat
            about["bottom_lines"] = [
                "De kinderen slapen elke nacht op een veilige plek.",
                "De school weet wie ze kan bellen.",
            ]
            self.referrer = c.ruben
        elif self.young or self.circle_size % 2:
            self.referrer = c.leen
        referred = [Referred(self.central)]
        if self.young:
            self.circle.append(c.person(asked.language))
            referred.append(
                Referred(
                    self.circle[0], "moeder", role="representative", side="maternal", parental_authority=True
                )
            )
        if self.referrer is not None:
            self.case = await self.referrer.refers(*referred, **about)
        else:
            self.case = await self.central.asks_for_conference(**about)
        self.case.people.add(self.central)

    @property
    def _needs(self) -> tuple[NeedKind, Sequence[Need], str | None]:
        """What the central person needs to take part."""
        return _NEEDS[self.ago % len(_NEEDS)] if self.question.language == "nl" else _INTERPRETER

    async def _prepare(self) -> None:
        """A coordinator accepts, the circle grows and is invited."""
        await self._until(2)
        asked = await self.cast.hanne.sees_asked(self.case)
        found = [coordinator for coordinator in self.cast.coordinators if coordinator.id in asked]
        self.coordinator = only(found, "nobody is asked to coordinate a case of the example")
        await self.coordinator.accepts_offer(self.case)
        await self._until(5)
        await self.coordinator.contacts(
            self.case, self.central, *self.circle, channel="visit", purpose="first-contact"
        )
        await self.coordinator.records_baseline(self.case, self.question.words)
        for relation in RELATIONS[: self.circle_size]:
            language = self.question.language if len(self.circle) % 2 else "nl"
            self.circle.append(self.cast.person(language))
            await self.coordinator.adds(self.case, self.circle[-1], relation, proposed_by=self.central)
        await self._until(8)
        await self.coordinator.invites_all(self.case, include_central=True)
        if self.turn is Turn.QUIET:
            await self.story.forever()
        await self._until(10)
        await self.central.answers_invitation("yes")
        for number, person in enumerate(self.answering):
            mode: Literal["in-person", "online"] = "online" if number == 1 else "in-person"
            await person.answers_invitation("yes", mode=mode)
        # The central person in one case of two, and the mother of each young person.
        for person in (*([] if self.ago % 2 else [self.central]), *self.circle[: bool(self.young)]):
            await person.says_what_they_agree_to(refuses=[] if self.ago % 3 else ["research"])
        _, needs, words = self._needs
        await self.coordinator.notes_needs(self.case, self.central, *needs, words=words)
        _, needs, words = _NEEDS[self.circle_size % len(_NEEDS)]
        await self.coordinator.notes_needs(self.case, self.circle[1], *needs, words=words)
        await self._until(12)
        if self.turn is Turn.PAUSED:
            await self.cast.hanne.pauses(self.case, reason="illness")
            await self.story.forever()
        if self.turn is Turn.WITHDRAWN:
            await self.central.withdraws(self.case, reason="solved")
            await self.story.forever()

    async def _find_date(self) -> None:
        """The circle is ready, most of them answer the poll, and the date is set."""
        s, coordinator = self.story, self.coordinator
        await self._until(13)
        await coordinator.declares_circle_ready(self.case, self.central)
        await self._until(14)
        day = _MEETING - self.ago
        dates = [s.hours(each, "13:30", "18:00") for each in (day, day + 2, day + 5)]
        await coordinator.opens_poll(self.case, *dates)
        await coordinator.announces_givers(self.case, *(_GIVERS if self.young else _GIVERS[:1]))
        await coordinator.sees_to(self.case, "questions-shared")
        await self._until(16)
        await self.central.answers_poll(yes=dates[:2])
        for person in self.answering:
            await person.answers_poll(yes=dates[:1], maybe=dates[2:])
        await self._until(18)
        await coordinator.schedules_best(self.case, self.cast.venues[self.ago % 2])
        await coordinator.sees_to_need(self.case, self.central, self._needs[0])
        if self.turn is Turn.POSTPONED:
            await self._until(24)
            await coordinator.postpones(self.case, reason="key-person-ill")
            await s.forever()
        if self.turn is Turn.OPENED:
            await self._until(25)
            reason = (
                "De coördinator ligt onverwacht in het ziekenhuis en iemand moet de kring kunnen bereiken."
            )
            await self.cast.hanne.opens_file(self.case, reason=reason)

    async def _meet(self) -> None:
        """They meet, with a long private part."""
        s, day = self.story, _MEETING - self.ago
        there = [Attendance(each) for each in (self.central, *self.answering)]
        await self.coordinator.holds_conference(
            self.case,
            *there,
            Attendance(self.circle[-1], "absent", came=False),
            information=s.hours(day, "13:30", "14:15"),
            private=s.hours(day, "14:15", "17:00"),
            presentation=s.hours(day, "17:00", "17:45"),
        )

    async def _follow(self, day: int) -> None:
        """The plan is recorded and shared, and for a year somebody asks how things are going."""
        s, monitor, at = self.story, self.circle[0], day - self.ago
        meal = Agreement("maaltijd", _MEAL, [monitor], s.date(at + 14))
        drive = Agreement("vervoer", _DRIVE, [self.central], s.date(at + 40))
        await self._until(day)
        await self.coordinator.records_plan(
            self.case,
            meal,
            drive,
            goals=_GOALS,
            monitor=monitor,
            review=s.date(at + 90),
            without_meeting=self.turn is Turn.WITHOUT_MEETING,
        )
        if words := _IN_OTHER_WORDS.get(self.question.language):
            texts = dict(zip((*_GOALS, _MEAL, _DRIVE), words, strict=True))
            await self.coordinator.words_plan(self.case, self.question.language, texts)
        await self._until(day + 2)
        if self.mandated:
            reason = "Er staat nog niet bij wie de school kan bellen."
            second = Judgement(False, reason) if self.turn is Turn.IN_PART else Judgement(True)
            await self.cast.ruben.accepts_plan(self.case, Judgement(True), second)
            if self.turn is Turn.IN_PART:
                await s.forever()
        await self._until(day + 3)
        await self.coordinator.shares_plan(self.case)
        if self.turn is Turn.DATA:
            await self.central.asks_for_data("copy")
            await self.answering[-1].asks_for_data("erasure", text="Ik doe niet meer mee. Wis alles van mij.")
        if self.turn is not Turn.WITHOUT_MEETING:
            await self._until(day + 12)
            await self._give_scores()
        if self.turn is not Turn.SLIPPING:
            await self._until(day + 13)
            await monitor.says_done(meal)
        await self._until(day + 31)
        note = "Het loopt beter dan verwacht. De ochtenden blijven moeilijk."
        await self.coordinator.checks_in(self.case, "four-weeks", note=note)
        if self.turn is not Turn.SLIPPING:
            await self._until(day + 38)
            await self.central.says_done(drive)
        await self._review(day + 92)
        await self._until(day + 96)
        last = self.turn is Turn.CLOSED
        await monitor.checks_in(self.case, "three-months", "close" if last else "continue")
        if self.turn is Turn.THEMSELVES:
            await self._until(day + 115)
            await monitor.says_circle_met(self.case, self.story.date(day + 113 - self.ago))
        if not last:
            await self._until(day + 186)
            await monitor.checks_in(self.case, "six-months", "continue")

    async def _give_scores(self) -> None:
        """Most of them give scores for the conference; some are happier than others."""
        luck = self.ago % 3
        for number, person in enumerate((self.central, *self.answering)):
            score = 9 - (luck + number) % 3
            await person.gives_scores(self.case, meeting=score, plan=score - luck % 2, coordinator=score + 1)
        if self.referrer is not None:
            await self.referrer.gives_scores(self.case, meeting=8 - luck, plan=7, coordinator=9 - luck)

    async def _review(self, day: int) -> None:
        """They review their plan, and keep it or want to meet once more."""
        await self._until(day)
        answer, decision = _AT_REVIEW.get(self.turn, ("stay", "continue"))
        await self.central.answers_review(self.case, answer)
        await self._until(day + 1)
        await self.cast.hanne.checks_in(self.case, "review", decision)
        if self.turn is Turn.AGAIN:
            await self.story.forever()
