"""Steps that check: what must have come out by now, and waiting until something has."""

from collections import Counter
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from pydantic import Field

from deploy.demo.failures import Refused, WentWrong
from deploy.demo.keys import ActorKey, LabelKey, PersonKey
from deploy.demo.steps.base import Part, Step
from deploy.demo.steps.conference import current, read_poll
from shared.auth import Role
from shared.events.base import REGISTRY

if TYPE_CHECKING:
    from deploy.demo.ledger import Event
    from deploy.demo.mailbox import Letter
    from deploy.demo.stage import Scene, Stage

_ABOUT = {
    "case": ("intake", "/v1/cases/{case}"),
    "baseline": ("intake", "/v1/cases/{case}/baseline"),
    "persons": ("network", "/v1/cases/{case}/persons"),
    "conferences": ("scheduling", "/v1/cases/{case}/conferences"),
    "plans": ("plans", "/v1/cases/{case}/plans"),
}


def events_of(stage: "Stage", scene: "Scene") -> "list[Event]":
    """Return the events that a thread brought about."""
    if scene.is_about_a_case:
        referral = str(scene.referral_id)
        return [
            event
            for event in stage.house.ledger.events
            if (event.case_id is not None and event.case_id == scene.case_id)
            or event.data.get("referral_id") == referral
        ]
    ours = {*scene.registrations.values(), *scene.sessions.values(), *scene.courses.values()}
    subjects = ("registration_id", "session_id", "course_id", "subject")
    return [
        event
        for event in stage.house.ledger.events
        if event.service == "training"
        and any(UUID(event.data[name]) in ours for name in subjects if event.data.get(name))
    ]


class WaitUntil(Step, name="wait-until"):
    """Let time pass, from one due moment to the next, until an event has happened, or a letter has come, so often."""

    event: str | None = None
    count: int = Field(default=1, ge=1)
    letter: str | None = None
    to: ActorKey | None = None

    async def awaited(self, stage: "Stage", scene: "Scene") -> str | None:
        """Look whether it has happened."""
        if self.event is not None:
            if self.event not in REGISTRY:
                raise WentWrong(f"there is no event {self.event}")
            found = sum(event.type == self.event for event in events_of(stage, scene))
            return None if found >= self.count else f"{self.event} ({found} of {self.count} so far)"
        await stage.mailbox.look()
        letters = stage.letters_to(self.to) if self.to is not None else stage.mailbox.letters
        came = sum(letter.kind == self.letter for letter in letters)
        return None if came >= self.count else f"a letter {self.letter} ({came} of {self.count} so far)"

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Say nothing: what happened was said when it did."""
        del stage, scene
        return ""


class CaseExpected(Part):
    """How the case must stand."""

    state: str | None = None
    coordinator: ActorKey | None = None
    no_coordinator: bool = False


class PersonsExpected(Part):
    """How many people must belong to the case."""

    total: int | None = None
    widened: int | None = None
    invited: int | None = None
    said_yes: int | None = None
    silent: tuple[PersonKey, ...] | None = None


class PollExpected(Part):
    """How the date poll must stand."""

    best: LabelKey | None = None
    silent: tuple[PersonKey, ...] | None = None


class ConferenceExpected(Part):
    """How the latest conference must stand."""

    number: int | None = None
    state: str | None = None


class MailExpected(Part):
    """A kind of letter: who must have received it, how often each, and what it must hold.

    Nobody else of this thread may have received it, unless `others` says so.
    """

    kind: str
    to: tuple[ActorKey, ...] = ()
    times: int = Field(default=1, ge=0)
    others: bool = False
    role: str | None = None
    holds: tuple[str, ...] = ()


class SilenceExpected(Part):
    """Since the case stopped nobody may have heard of it, but these people, once each, by these kinds of letter."""

    but: dict[str, tuple[ActorKey, ...]] = Field(default_factory=dict)


class Forbidden(Part):
    """Something that somebody may no longer, or not, read."""

    who: ActorKey
    reads: Literal["case", "baseline", "persons", "conferences", "plans"]


class Expect(Step, name="expect"):
    """What must have come out by now. Each line is an assertion; the first that does not hold fails the story."""

    case: CaseExpected | None = None
    events: dict[str, int] = Field(default_factory=dict)
    persons: PersonsExpected | None = None
    poll: PollExpected | None = None
    conference: ConferenceExpected | None = None
    mails: tuple[MailExpected, ...] = ()
    clocks_running: dict[str, int] | None = None
    clocks_breached: dict[str, int] | None = None
    workflows_ended: dict[str, int] | None = None
    workflows_open: dict[str, int] | None = None
    agreements: dict[LabelKey, str] = Field(default_factory=dict)
    agreements_seen_by: ActorKey | None = None
    registrations: dict[PersonKey, str] = Field(default_factory=dict)
    silence: SilenceExpected | None = None
    forbidden: tuple[Forbidden, ...] = ()

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Check everything."""
        await stage.mailbox.look()
        checked = Checked(stage, scene)
        for kind, times in self.events.items():
            checked.events(kind, times)
        for mail in self.mails:
            checked.mail(mail)
        if self.case is not None:
            await checked.case(self.case)
        if self.persons is not None:
            await checked.persons(self.persons)
        if self.poll is not None:
            await checked.poll(self.poll)
        if self.conference is not None:
            await checked.conference(self.conference)
        await checked.clocks(self.clocks_running, self.clocks_breached)
        checked.workflows(self.workflows_ended, ended=True)
        checked.workflows(self.workflows_open, ended=False)
        await checked.agreements(self.agreements, self.agreements_seen_by)
        await checked.registrations(self.registrations)
        if self.silence is not None:
            await checked.silence(self.silence)
        for forbidden in self.forbidden:
            await checked.forbidden(forbidden)
        stage.assertions += checked.count
        return f"✓ {checked.count} expectations held"


class Checked:
    """Assertions about one thread, counted."""

    def __init__(self, stage: "Stage", scene: "Scene") -> None:
        self._stage = stage
        self._scene = scene
        self.count = 0

    def same(self, what: str, found: Any, expected: Any) -> None:
        """Assert that something is as expected. Raises: WentWrong."""
        self.count += 1
        if found != expected:
            raise WentWrong(f"{what}: {found!s}, expected {expected!s}")

    def events(self, kind: str, times: int) -> None:
        """Assert how often an event happened."""
        if kind not in REGISTRY:
            raise WentWrong(f"there is no event {kind}")
        found = sum(event.type == kind for event in events_of(self._stage, self._scene))
        self.same(f"events {kind}", found, times)

    def mail(self, expected: MailExpected) -> None:
        """Assert who received a kind of letter, and what it holds."""
        addresses = self._stage.addresses(self._scene)
        everyone = {
            key: email.lower() for key in expected.to if (email := self._stage.story.someone(key).email)
        }
        addresses |= {address: key for key, address in everyone.items()}
        letters = [
            letter
            for letter in self._stage.mailbox.letters
            if letter.kind == expected.kind and letter.address in addresses
        ]
        received = Counter(addresses[letter.address] for letter in letters)
        for key in expected.to:
            self.same(
                f"letters “{expected.kind}” to {self._stage.first(key)}", received.pop(key, 0), expected.times
            )
        if not expected.others:
            self.same(
                f"letters “{expected.kind}” to others", {key: n for key, n in received.items() if n}, {}
            )
        wanted = {str(key) for key in expected.to}
        for letter in letters:
            if addresses[letter.address] in wanted:
                self._letter(letter, expected)

    def _letter(self, letter: "Letter", expected: MailExpected) -> None:
        if expected.role is not None:
            self.same(f"role of a letter “{letter.kind}”", letter.role, expected.role)
        for what in expected.holds:
            self.same(f"a letter “{letter.kind}” holds {what}", letter.has(what), True)

    async def case(self, expected: CaseExpected) -> None:
        """Assert how the case stands, as the regional manager sees it."""
        stage, scene = self._stage, self._scene
        found = await stage.api.get("intake", f"/v1/cases/{scene.case}", stage.manager(scene))
        if expected.state is not None:
            self.same("state of the case", found["state"], expected.state)
        if expected.coordinator is not None:
            self.same("coordinator", found["coordinator_id"], str(stage.coordinators[expected.coordinator]))
        if expected.no_coordinator:
            self.same("coordinator", found["coordinator_id"], None)

    async def persons(self, expected: PersonsExpected) -> None:
        """Assert who belongs to the case, as the coordinator sees it."""
        items = await self._stage.refresh_persons(self._scene)
        items = [item for item in items if item.get("state", "active") not in ("removed", "excluded")]
        invitations = [item["invitation"] for item in items if item.get("invitation")]
        counts = {
            "total": len(items),
            "widened": sum(bool(item["widened"]) for item in items),
            "invited": len(invitations),
            "said_yes": sum(each["answer"] == "yes" for each in invitations),
        }
        for name, found in counts.items():
            if (wanted := getattr(expected, name)) is not None:
                self.same(f"people of the case, {name.replace('_', ' ')}", found, wanted)
        if expected.silent is not None:
            silent = {
                item["person_id"]
                for item in items
                if item.get("invitation") and not item["invitation"]["answer"]
            }
            self._people("people who have not answered", silent, expected.silent)

    def _people(self, what: str, found: set[str], expected: tuple[PersonKey, ...]) -> None:
        keys = {str(person): key for key, person in self._scene.persons.items()}
        self.same(what, sorted(keys.get(each, each) for each in found), sorted(expected))

    async def poll(self, expected: PollExpected) -> None:
        """Assert how the date poll stands."""
        poll = await read_poll(self._stage, self._scene)
        if expected.best is not None:
            wanted = self._scene.find(self._scene.options, expected.best, "date")
            self.same("the best date", poll.get("best_option_id"), str(wanted))
        if expected.silent is not None:
            self._people("people silent about dates", set(map(str, poll["silent"])), expected.silent)

    async def conference(self, expected: ConferenceExpected) -> None:
        """Assert how the latest conference stands."""
        conference = await current(self._stage, self._scene)
        if expected.number is not None:
            self.same("number of the conference", conference["conference_no"], expected.number)
        if expected.state is not None:
            self.same("state of the conference", conference["state"], expected.state)

    async def clocks(self, running: dict[str, int] | None, breached: dict[str, int] | None) -> None:
        """Assert which clocks of the thread run (or rest), and which were breached."""
        if running is None and breached is None:
            return
        scene = self._scene
        ours = {*scene.registrations.values(), *scene.sessions.values()}
        clocks = [
            clock
            for found in (await self._stage.house.clocks()).values()
            for clock in found
            if (clock.case_id == scene.case if scene.is_about_a_case else clock.subject in ours)
        ]
        if running is not None:
            kinds = Counter(clock.kind for clock in clocks if clock.state in ("running", "paused"))
            self.same("clocks that run", dict(kinds), running)
        if breached is not None:
            kinds = Counter(clock.kind for clock in clocks if clock.breached_at is not None)
            self.same("clocks that were breached", dict(kinds), breached)

    def workflows(self, expected: dict[str, int] | None, *, ended: bool) -> None:
        """Assert how many workflows of the thread there are by type."""
        if expected is None:
            return
        scene = self._scene
        ids = {f"registration/{registration}" for registration in scene.registrations.values()}
        ours = [
            workflow
            for workflow in self._stage.house.workflows.by_id.values()
            if (workflow.case_id == scene.case if scene.is_about_a_case else workflow.id in ids)
        ]
        states = ("completed",) if ended else ("running",)
        found = Counter(workflow.type for workflow in ours if workflow.status in states)
        self.same(f"workflows that {'ended well' if ended else 'go on'}", dict(found), expected)

    async def agreements(self, expected: dict[LabelKey, str], seen_by: str | None) -> None:
        """Assert what became of agreements."""
        if not expected:
            return
        stage, scene = self._stage, self._scene
        asker = stage.the_coordinator(scene) if seen_by is None else await stage.anyone(seen_by, scene)
        items = await stage.api.items("plans", f"/v1/cases/{scene.case}/agreements", asker)
        states = {item["agreement_id"]: item["state"] for item in items}
        for key, state in expected.items():
            found = states.get(str(scene.find(scene.agreements, key, "agreement")))
            self.same(f"agreement “{key}”", found, state)

    async def registrations(self, expected: dict[PersonKey, str]) -> None:
        """Assert how registrations stand, as finance sees them."""
        stage, scene = self._stage, self._scene
        for key, state in expected.items():
            asker = stage.asker(stage.with_role(Role.FINANCE, scene), scene)
            registration = scene.find(scene.registrations, key, "registration")
            found = await stage.api.get("training", f"/v1/registrations/{registration}", asker)
            self.same(f"{stage.first(key)}'s registration", found["state"], state)

    async def silence(self, expected: SilenceExpected) -> None:
        """Assert that since the case stopped nobody was written to about it but those who must know."""
        stage, scene = self._stage, self._scene
        if scene.stopped_at is None:
            raise WentWrong("the case did not stop")
        since = scene.stopped_at
        for kind, keys in expected.but.items():
            for key in keys:
                times = sum(letter.kind == kind for letter in stage.letters_to(key))
                self.same(f"letters “{kind}” to {stage.first(key)}", times, 1)
        decided = [
            message
            for message in await stage.house.messages()
            if message["case_id"] == scene.case
            and message["queued_at"] >= since
            and message["state"] != "cancelled"
        ]
        total = Counter(message["kind"] for message in decided)
        self.same(
            "letters about the case since it stopped",
            dict(total),
            {k: len(v) for k, v in expected.but.items()},
        )
        for person in scene.persons:
            allowed = [kind for kind, keys in expected.but.items() if person in keys]
            heard = [
                letter.kind
                for letter in stage.letters_to(person)
                if letter.date >= since.replace(microsecond=0)
            ]
            self.same(f"what {stage.first(person)} heard since the case stopped", heard, allowed)

    async def forbidden(self, expected: Forbidden) -> None:
        """Assert that somebody may not read something."""
        stage, scene = self._stage, self._scene
        service, path = _ABOUT[expected.reads]
        asker = await stage.anyone(expected.who, scene)
        try:
            await stage.api.get(service, path.format(case=scene.case), asker)
        except Refused as refused:
            self.same(f"{asker.name} reading {expected.reads}", refused.status in (403, 404, 410), True)
        else:
            raise WentWrong(f"{asker.name} can read {expected.reads}, and must not")
