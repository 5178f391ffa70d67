"""Holds what happened against what a story expects, assertion by assertion; the first that fails says why."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from deploy.demo.failures import Refused, WentWrong
from deploy.demo.keys import LabelKey, PersonKey
from deploy.demo.steps.conference import current, read_poll
from deploy.demo.steps.expected import (
    CaseExpected,
    ConferenceExpected,
    MailExpected,
    PersonsExpected,
    PollExpected,
    Reading,
    SilenceExpected,
)
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
            for key, times in Counter(keys).items():
                found = sum(letter.kind == kind for letter in stage.letters_to(key))
                self.same(f"letters “{kind}” to {stage.first(key)}", found, times)
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
            allowed = [kind for kind, keys in expected.but.items() for key in keys if key == person]
            heard = [
                letter.kind
                for letter in stage.letters_to(person)
                if letter.date >= since.replace(microsecond=0)
            ]
            self.same(
                f"what {stage.first(person)} heard since the case stopped", sorted(heard), sorted(allowed)
            )

    async def readings(
        self, *, allowed: Sequence[Reading], forbidden: Sequence[Reading], erased: Sequence[Reading]
    ) -> None:
        """Assert who may read what, who may not, and who is told that what they could read was erased."""
        wanted = {(200,): allowed, (403, 404, 410): forbidden, (410,): erased}
        for statuses, readings in wanted.items():
            for reading in readings:
                found = await self._read(reading)
                what = f"{self._stage.first(reading.who)} reading {reading.reads}"
                self.same(what, found if found not in statuses else statuses, statuses)

    async def _read(self, reading: Reading) -> int:
        stage, scene = self._stage, self._scene
        service, path = _ABOUT[reading.reads]
        asker = await stage.anyone(reading.who, scene)
        try:
            await stage.api.get(service, path.format(case=scene.case), asker)
        except Refused as refused:
            return refused.status
        return 200
