"""What a person sees while a story is played: chapters, the date, what just happened, letters going out, and counts.

On a terminal a line at the bottom keeps the count; elsewhere it is plain lines.
"""

import time
from collections import Counter
from datetime import datetime
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text
from typing_extensions import override

from deploy.demo.ledger import Event
from deploy.demo.player import Quietly
from deploy.demo.report import Report
from deploy.demo.stage import Scene, Stage
from deploy.demo.story import Moment
from shared.calendar import BRUSSELS
from shared.services import SERVICES

_COLOURS = ("cyan", "magenta", "yellow", "green", "blue")
# What happens without anybody doing something, in human words.
_TELLING = {
    "intake.offer.expired.v1": "An offer was not answered in time; the next coordinator is asked.",
    "intake.coordinator.assigned.v1": "The case has its coordinator.",
    "intake.case.closed.v1": "The case closes.",
    "network.message.failed.v1": "Someone has no e-mail address: the coordinator must reach them otherwise.",
    "scheduling.poll.closed.v1": "The date poll closes.",
    "plans.agreement.due.v1": "An agreement falls due.",
    "plans.agreement.lapsed.v1": "An agreement was not carried out, and lapses.",
    "plans.check-in.due.v1": "It is time to ask how things go.",
    "plans.follow-up.ended.v1": "The follow-up ends.",
    "training.registration.expired.v1": "A registration was not paid, and expires.",
    "training.registration.promoted.v1": "A place is free: it goes to the one who waited.",
    "training.registration.confirmed.v1": "A registration is complete.",
}


class Display(Quietly):
    """Shows one story on a console."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        self._began = time.monotonic()
        self._live: Live | None = None
        self._stage: Stage | None = None
        self._now: datetime | None = None
        self._shown_events = 0
        self._shown_letters = 0
        self._shown_scene = ""
        self._colours: dict[str, str] = {}
        self._phase = "starting the platform"
        self._parts: dict[str, str] = {}
        self._spinner = Spinner("dots", style="cyan")

    def __enter__(self) -> Self:
        """Begin to show."""
        if self._console.is_terminal:
            self._live = Live(
                console=self._console, get_renderable=self._bottom, refresh_per_second=8, transient=True
            )
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave only what was said."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def title(self, text: str) -> None:
        """Show the story's title."""
        self._console.print()
        self._console.print(Text(text, style="bold"))

    def part(self, name: str, state: str) -> None:
        """Show that a part of the platform is up, or not yet."""
        self._parts[name] = state

    def up(self, seconds: float) -> None:
        """Show that the platform stands."""
        self._phase = "registering everyone"
        self._console.print(
            Text(f"The platform stands after {seconds:.1f} seconds: {len(self._parts)} parts.", "dim")
        )

    @override
    async def began(self, stage: Stage) -> None:
        """Show the first day."""
        self._stage, self._now = stage, stage.start
        story = stage.story
        cast = (
            f"{_some(len(story.organisations), 'organisation')}, {_some(len(story.coordinators), 'coordinator')} and"
            f" {_some(len(story.people), 'person', 'people')}. The story begins on {_date(stage.start)}."
        )
        self._console.print(Text(cast, style="dim"))
        self._shown_events = len(stage.house.ledger.events)

    @override
    async def chapter(self, stage: Stage, scene: Scene, title: str) -> None:
        """Show a chapter's title."""
        colour = self._colour(scene)
        self._shown_scene = scene.name
        self._console.print()
        self._console.print(
            Text.assemble((f"── {title} ", f"bold {colour}"), (f"({scene.thread.title})", "dim"))
        )

    @override
    async def played(self, stage: Stage, scene: Scene, moment: Moment, said: str) -> None:
        """Show what was done."""
        self._now = await stage.now()
        for number, line in enumerate(filter(None, said.splitlines())):
            style = "green" if line.startswith("✓") else ""
            self._line(scene, line, style=style, dated=number == 0)

    @override
    async def moved(self, stage: Stage, now: datetime) -> None:
        """Remember the date."""
        self._now = now

    @override
    async def became_quiet(self, stage: Stage) -> None:
        """Show what happened by itself, and which letters went out."""
        self._stage = stage
        self._now = await stage.now()
        fresh = stage.house.ledger.events[self._shown_events :]
        self._shown_events = len(stage.house.ledger.events)
        for (kind, scene_name), times in Counter(
            (each.type, self._scene_of(stage, each)) for each in fresh
        ).items():
            if kind in _TELLING:
                scene = stage.scenes.get(scene_name)
                self._line(scene, _TELLING[kind] + (f" ({times} times)" if times > 1 else ""), style="bold")
        await stage.mailbox.look()
        self._letters(stage)

    def _letters(self, stage: Stage) -> None:
        letters = stage.mailbox.letters[self._shown_letters :]
        self._shown_letters += len(letters)
        names = {
            email.lower(): key
            for key in _keys(stage)
            if (email := stage.story.someone(key).email) is not None
        }
        by_kind: dict[str, list[str]] = {}
        for letter in letters:
            to = stage.first(names[letter.address]) if letter.address in names else letter.role
            by_kind.setdefault(letter.kind, []).append(to)
        for kind, receivers in by_kind.items():
            line = Text(f"            ✉ {kind.replace('-', ' ')} → {', '.join(receivers)}", "dim")
            self._console.print(line, soft_wrap=not self._console.is_terminal)

    def finish(self, report: Report, *, kept: bool) -> None:
        """Show the end: what it came to, or what went wrong."""
        if report.failed is not None:
            self._console.print()
            self._console.print(Panel(Text(report.failed), title="The story failed", border_style="red"))
            return
        self._console.print()
        self._console.print(_summary(report))
        hint = (
            "Look further: make demo KEEP=1 leaves all of it up · REPORT=file.json writes it down"
            " · deploy/stories/README.md tells how to write a story"
        )
        if not kept:
            self._console.print(Text(hint, style="dim"))

    def addresses(self, addresses: dict[str, str]) -> None:
        """Show where the parts of a kept platform are."""
        table = Table(title="The platform stays up until Ctrl-C", box=None, title_justify="left")
        table.add_column("part", style="bold")
        table.add_column("address")
        for name, address in addresses.items():
            table.add_row(
                name, f"{address}/docs" if address.startswith("http") and name in SERVICES else address
            )
        self._console.print(table)

    def _line(self, scene: Scene | None, text: str, *, style: str = "", dated: bool = True) -> None:
        if scene is not None and scene.name != self._shown_scene:
            self._shown_scene = scene.name
            self._console.print(Text(f"\n── {scene.thread.title}", self._colour(scene)))
        day = self._stage.day_number(self._now) if self._stage is not None and self._now is not None else 0
        when = f"  day {day:>3} " if dated else " " * 10
        bar = ("│ ", self._colour(scene) if scene is not None else "dim")
        self._console.print(
            Text.assemble((when, "dim"), bar, (text, style)), soft_wrap=not self._console.is_terminal
        )

    def _colour(self, scene: Scene) -> str:
        return self._colours.setdefault(scene.name, _COLOURS[len(self._colours) % len(_COLOURS)])

    @staticmethod
    def _scene_of(stage: Stage, event: Event) -> str:
        for name, scene in stage.scenes.items():
            if scene.is_about_a_case and scene.case_id is not None and scene.case_id == event.case_id:
                return name
        return next((name for name, scene in stage.scenes.items() if not scene.is_about_a_case), "")

    def _bottom(self) -> RenderableType:
        seconds = time.monotonic() - self._began
        if self._stage is None or self._now is None:
            parts = " ".join(
                f"{name} {'✓' if state in ('ready', 'done') else '…'}" for name, state in self._parts.items()
            )
            return Group(Text(), _bar(self._spinner, f"{self._phase}  {parts}  {seconds:.0f} s"))
        ledger, workflows = self._stage.house.ledger, self._stage.house.workflows
        text = (
            f"{_date(self._now)} · day {self._stage.day_number(self._now)} · {len(ledger.events)} events"
            f" · {_some(len(workflows.by_id), 'workflow')} · {_some(len(self._stage.mailbox.letters), 'letter')}"
            f" · {self._stage.assertions} expectations held · {seconds:.0f} s"
        )
        return Group(Text(), _bar(self._spinner, text))


def _bar(spinner: Spinner, text: str) -> RenderableType:
    grid = Table.grid(padding=(0, 1))
    grid.add_row(spinner, Text(text, style="bold"))
    return grid


def _keys(stage: Stage) -> list[str]:
    return [*stage.story.staff, *stage.story.coordinators, *stage.story.people]


def _some(count: int, one: str, more: str = "") -> str:
    return f"{count} {one if count == 1 else more or one + 's'}"


def _date(moment: datetime) -> str:
    return f"{moment.astimezone(BRUSSELS):%A %-d %B %Y}"


def _summary(report: Report) -> Table:
    table = Table(
        title="The story ended well", title_style="bold green", title_justify="left", show_header=False
    )
    table.add_column(style="bold")
    table.add_column()
    content = report.content
    workflows = content["workflows"]
    by_type = Counter(each["type"] for each in workflows)
    timers = sum(each["timers_fired"] for each in workflows)
    table.add_row("simulated", f"{report.simulated_days:.0f} days in {report.seconds:.0f} seconds")
    table.add_row("events", ", ".join(f"{service} {count}" for service, count in content["events"].items()))
    table.add_row("workflows", ", ".join(f"{count} {name}" for name, count in sorted(by_type.items())))
    table.add_row("deadlines", f"{_some(timers, 'timer')} fired")
    kinds = Counter(each["kind"] for each in content["mails"])
    table.add_row("letters", f"{len(content['mails'])} of {len(kinds)} kinds")
    table.add_row("expectations", f"all {content['assertions']} held")
    return table
