"""Steps that check: what must have come out by now, and waiting until something has."""

from typing import TYPE_CHECKING

from pydantic import Field

from deploy.demo.failures import WentWrong
from deploy.demo.keys import ActorKey, LabelKey, PersonKey
from deploy.demo.steps.base import Step
from deploy.demo.steps.checked import Checked, events_of
from deploy.demo.steps.expected import (
    CaseExpected,
    ConferenceExpected,
    MailExpected,
    PersonsExpected,
    PollExpected,
    Reading,
    SilenceExpected,
)
from shared.events.base import REGISTRY

if TYPE_CHECKING:
    from deploy.demo.stage import Scene, Stage


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
    allowed: tuple[Reading, ...] = ()
    forbidden: tuple[Reading, ...] = ()
    erased: tuple[Reading, ...] = ()

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
        await checked.readings(allowed=self.allowed, forbidden=self.forbidden, erased=self.erased)
        stage.assertions += checked.count
        return f"✓ {checked.count} expectations held"
