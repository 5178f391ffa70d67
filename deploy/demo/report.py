"""The report of a story, as JSON for programs: what ran where, what happened, and whether everything was right."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deploy.demo.api import fields_of
from deploy.demo.story import Story
from deploy.watch.ledger import Event
from shared.services import SERVICES


@dataclass
class Report:
    """What is known of a story so far; `ok` once it was played completely and every expectation held."""

    title: str
    addresses: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    ok: bool = False
    failed: str | None = None
    content: dict[str, Any] = field(default_factory=dict)

    async def gather(self, story: Story) -> None:
        """Read what happened from the databases, the histories and the mailbox."""
        now = await story.now()
        await story.watch.read_inbox()
        await story.watch.workflows.read_histories()
        events = sorted(story.watch.ledger.events, key=lambda event: (event.time, event.id))
        mails = ("message_id", "kind", "role", "subject", "deliveries")
        workflows = [each for each in story.watch.workflows.by_id.values() if each.status != "missing"]
        self.content = {
            "simulated_days": round((now - story.start).total_seconds() / 86_400, 2),
            "began": _time(story.start),
            "ended": _time(now),
            "assertions": story.assertions,
            "requests": len(story.api.asked),
            "steps": {"on-pages": story.on_pages, "through-apis": story.through_apis},
            "cases": {
                name: {
                    "case_id": str(case.id),
                    "events": [_event(each) for each in events if each.case_id == case.id],
                }
                for name, case in story.cases.items()
                if case.id is not None
            },
            "events": {name: sum(event.service == name for event in events) for name in SERVICES},
            "other_events": [_event(event) for event in events if event.case_id is None],
            "workflows": [fields_of(each, "id", "type", "status", "timers_fired") for each in workflows],
            "mails": [
                fields_of(each, *mails) | {"date": _time(each.date)} for each in story.watch.inbox.emails
            ],
        }

    def as_dict(self) -> dict[str, Any]:
        """Return the report in its written form."""
        failed = {"failed": self.failed} if self.failed is not None else {}
        summary = {"ok": self.ok, "story": self.title, **failed, "seconds": round(self.seconds, 1)}
        return {**summary, "addresses": self.addresses, **self.content}

    def write(self, path: Path) -> None:
        """Write it to a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.as_dict(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _event(event: Event) -> dict[str, str]:
    return {"type": event.type, "time": _time(event.time), "id": str(event.id)}


def _time(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
