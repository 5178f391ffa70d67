"""What must hold of a platform on which a story is played; each raises WentWrong at the first violation."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from deploy.demo.person import Person
from deploy.demo.things import Actor, Case, EmailKind, Session, in_words
from deploy.watch.failures import WentWrong
from deploy.watch.ledger import Event
from deploy.watch.watch import Watch
from shared.events.base import EventData

About = Case | Session


class Expectations:
    """Compares what people see, and what the platform did, with expectations; `assertions` counts them."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.assertions = 0

    def expect_that(self, found: Any, expected: Any) -> None:
        """Assert that something is as expected; of a view, only the named fields."""
        for name, value in expected.items() if isinstance(expected, dict) else [("", expected)]:
            self._same(f"{in_words(name)}: " if name else "", found.get(name) if name else found, value)

    def expect_events(self, events: Mapping[type[EventData], int], *about: About) -> None:
        """Assert how often each event has happened."""
        for kind, times in events.items():
            self._same(f"{kind.TYPE}: ", sum(event.type == kind.TYPE for event in self.events(*about)), times)

    def expect_emails(
        self, kind: EmailKind, to: Sequence[Actor], *about: About, times: int = 1, holds: Sequence[str] = ()
    ) -> None:
        """Assert who received a kind of email, how often each, and what each contains (`Email.holds`).

        Nobody else in `about` may have received that kind; without `about`, others are not checked.
        """
        for actor in {*to, *(actor for each in about for actor in each.people)}:
            emails = self.watch.inbox.to(actor.email, kind)
            name = f"{kind} to {actor.first_name}"
            self._same(f"emails {name}: ", len(emails), times if actor in to else 0)
            for what in holds if actor in to else ():
                for email in emails:
                    self._same(f"an email {name} holds {what}: ", email.holds(what), True)

    async def expect_clocks(self, kinds: Mapping[str, int], *about: About) -> None:
        """Assert which clocks run or are paused, by kind, and that there are no others."""
        cases = {each.id for each in about if isinstance(each, Case)}
        subjects = {each for thing in about if isinstance(thing, Session) for each in thing.ids}
        clocks = await self.watch.clocks()
        ours = [clock for clock in clocks if clock.case_id in cases or clock.subject in subjects]
        running = Counter(clock.kind for clock in ours if clock.state in ("running", "paused"))
        self._same("clocks running: ", dict(running), kinds)

    def expect_workflows(
        self, *about: About, ended: Mapping[str, int] | None = None, running: Mapping[str, int] | None = None
    ) -> None:
        """Assert how many workflows have ended well, or run, by type, and that there are no others."""
        ids = {each for thing in about for each in thing.ids}
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
        """Assert who received emails about a case since then, by kind: those named and nobody else."""
        for kind, actors in but.items():
            for actor, times in Counter(actors).items():
                found = len(self.watch.inbox.to(actor.email, kind))
                self._same(f"emails {kind} to {actor.first_name}: ", found, times)
        messages = [each for each in await self.watch.messages() if each["case_id"] == case.id]
        sent = [each for each in messages if each["queued_at"] >= since and each["state"] != "cancelled"]
        decided = Counter(each["kind"] for each in sent)
        self._same("emails about the case: ", dict(decided), {kind: len(to) for kind, to in but.items()})
        for person in (actor for actor in case.people if isinstance(actor, Person)):
            emails = self.watch.inbox.to(person.email)
            came = sorted(email.kind for email in emails if email.date >= since.replace(microsecond=0))
            allowed = sorted(kind for kind, actors in but.items() for actor in actors if actor is person)
            self._same(f"emails to {person.first_name} since then: ", came, allowed)

    def events(self, *about: About) -> list[Event]:
        """Return the events of a case, from its referral on, or of sessions, in the order in which they were read."""
        return self.watch.ledger.about(each for thing in about for each in thing.ids)

    def _same(self, what: str, found: Any, expected: Any) -> None:
        self.assertions += 1
        if found != expected:
            raise WentWrong(f"{what}{in_words(found)}, expected {in_words(expected)}")
