"""What a person sees while a story is played: chapters, the date, what just happened, emails going out, and counts.

On a terminal a line at the bottom keeps the count; elsewhere it is plain lines.
"""

import inspect
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Self

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from deploy.demo.lanes import Lane
from deploy.demo.report import Report
from deploy.demo.story import Listener, Step, Story
from deploy.local.supervisor import Supervised
from shared.calendar import BRUSSELS
from shared.events import intake, network, plans, scheduling, training
from shared.services import SERVICES

# Events that happen without anybody acting.
_BY_ITSELF = {
    each.TYPE: (inspect.getdoc(each) or "").splitlines()[0]
    for each in (
        *(intake.OfferExpired, intake.CoordinatorAssigned, intake.CaseClosed, network.MessageFailed),
        *(scheduling.PollClosed, plans.AgreementDue, plans.AgreementLapsed, plans.CheckInDue),
        *(plans.FollowUpEnded, training.RegistrationExpired, training.RegistrationPromoted),
        training.RegistrationConfirmed,
    )
}
_HINT = (
    "Look further: make demo KEEP=1 leaves all of it up · REPORT=file.json writes it down"
    " · deploy/stories/README.md tells how to write a story"
)


class Display(Listener):
    """Shows one story on a console."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        self._status = self._console.status("starting the platform", spinner_style="cyan")
        self._began = time.monotonic()
        self._parts: dict[str, str] = {}
        self._now = datetime.min.replace(tzinfo=UTC)
        self._lane: Lane | None = None
        self._events = 0
        self._emails = 0
        self._held = 0

    def __enter__(self) -> Self:
        """Begin to show."""
        self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave only the lines printed so far."""
        self._status.stop()

    def title(self, text: str) -> None:
        """Show the story's title."""
        self._console.print(Text(f"\n{text}", style="bold"))

    def part(self, part: Supervised) -> None:
        """Show that a part of the platform is up, or not yet."""
        self._parts[part.name] = "✓" if part.state in ("ready", "done") else "…"
        shown = " ".join(f"{name} {state}" for name, state in self._parts.items())
        self._count(f"starting the platform  {shown}")

    def up(self) -> None:
        """Show that the platform is running."""
        self._dim(f"The platform stands after {self._seconds():.1f} seconds: {len(self._parts)} parts.")

    async def began(self, story: Story) -> None:
        """Show the first day."""
        self._events, self._emails = len(story.watch.ledger.events), len(story.watch.inbox.emails)
        count = f"{len(story.organisations)} organisations and {len(story.actors)} people"
        self._dim(f"{count}. The story begins on {_date(story.start)}.")

    def chapter(self, story: Story, title: str) -> None:
        """Show a chapter's title."""
        self._heading(story.lane, title)

    async def played(self, story: Story, step: Step) -> None:
        """Show what was done."""
        self._now = await story.now()
        self._line(story, step.sentence)

    async def settled(self, story: Story) -> None:
        """Show what happened by itself, and which emails were sent."""
        self._now = await story.now()
        lanes = {case.id: story.lanes.get(name) for name, case in story.cases.items()}
        fresh = [event for event in story.watch.ledger.events[self._events :] if event.type in _BY_ITSELF]
        self._events = len(story.watch.ledger.events)
        for (kind, case_id), times in Counter((event.type, event.case_id) for event in fresh).items():
            more = f" ({times} times)" if times > 1 else ""
            self._line(story, _BY_ITSELF[kind] + more, "bold", lanes.get(case_id))
        names = {actor.email.lower(): actor.first_name for actor in story.actors if actor.email}
        receivers: dict[str, list[str]] = {}
        for email in story.watch.inbox.emails[self._emails :]:
            receivers.setdefault(email.kind, []).append(names.get(email.address, email.role))
        self._emails = len(story.watch.inbox.emails)
        for kind, to in receivers.items():
            self._dim(f"            ✉ {kind.replace('-', ' ')} → {', '.join(to)}")
        self._count(
            f"{_date(self._now)} · {self._events} events · {len(story.watch.workflows.by_id)} workflows"
            f" · {self._emails} emails · {story.assertions} expectations held"
        )

    def finish(self, report: Report, *, kept: bool) -> None:
        """Show the end: the result, or what went wrong."""
        self._console.print()
        if report.failed is not None:
            self._console.print(Panel(Text(report.failed), title="The story failed", border_style="red"))
            return
        self._console.print(_summary(report))
        if not kept:
            self._dim(_HINT)

    def addresses(self, addresses: dict[str, str]) -> None:
        """Show where the parts of a kept platform are."""
        table = Table("part", "address", title="The platform stays up until Ctrl-C", box=None)
        for name, address in addresses.items():
            table.add_row(name, f"{address}/docs" if name in SERVICES else address)
        self._console.print(table)

    def _heading(self, lane: Lane, title: str = "") -> None:
        self._lane = lane
        text = Text(f"\n── {title or lane.title}", "bold cyan" if title else "cyan")
        self._console.print(text.append(f" ({lane.title})" if title and lane.title else "", "dim"))

    def _line(self, story: Story, text: str, style: str = "", lane: Lane | None = None) -> None:
        held, self._held = story.assertions - self._held, story.assertions
        if held:
            self._print(story, f"✓ {held} expectations held", "green")
        if (lane or story.lane) is not self._lane:
            self._heading(lane or story.lane)
        self._print(story, text, style)

    def _print(self, story: Story, text: str, style: str) -> None:
        day = (self._now.astimezone(BRUSSELS).date() - story.date(0)).days
        line = Text.assemble((f"  day {day:>3} │ ", "dim"), (text, style))
        self._console.print(line, soft_wrap=not self._console.is_terminal)

    def _dim(self, text: str) -> None:
        self._console.print(Text(text, "dim"), soft_wrap=not self._console.is_terminal)

    def _count(self, shown: str) -> None:
        self._status.update(Text(f"{shown} · {self._seconds():.0f} s", "bold"))

    def _seconds(self) -> float:
        return time.monotonic() - self._began


def _date(time: datetime) -> str:
    return f"{time.astimezone(BRUSSELS):%A %-d %B %Y}"


def _summary(report: Report) -> Table:
    content = report.content
    workflows = Counter(each["type"] for each in content["workflows"])
    kinds = {each["kind"] for each in content["mails"]}
    table = Table(
        title="The story ended well", title_style="bold green", title_justify="left", show_header=False
    )
    for name, shown in {
        "simulated": f"{content['simulated_days']:.0f} days in {report.seconds:.0f} seconds",
        "events": ", ".join(f"{service} {count}" for service, count in content["events"].items()),
        "workflows": ", ".join(f"{count} {name}" for name, count in sorted(workflows.items())),
        "deadlines": f"{sum(each['timers_fired'] for each in content['workflows'])} timers fired",
        "emails": f"{len(content['mails'])} of {len(kinds)} kinds",
        "expectations": f"all {content['assertions']} held",
    }.items():
        table.add_row(Text(name, "bold"), shown)
    return table
