"""The report of a story, as JSON for programs: what ran where, what happened, and whether all of it was right."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from deploy.demo.house import as_day
from deploy.demo.ledger import about
from deploy.demo.stage import Scene, Stage


@dataclass
class Report:
    """What is known of a story so far; it can be written at any moment."""

    title: str
    addresses: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    simulated_days: float = 0.0
    failed: str | None = None
    content: dict[str, Any] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Say whether the story came to its end, good or bad."""
        return self.failed is not None or bool(self.content)

    @property
    def ok(self) -> bool:
        """Say whether the whole story was played and every assertion held."""
        return self.failed is None and bool(self.content)

    async def gather(self, stage: Stage, now: datetime) -> None:
        """Read what happened from the databases, the histories and the mailbox."""
        self.simulated_days = round((now - stage.start).total_seconds() / 86_400, 2)
        await stage.mailbox.look()
        await stage.house.workflows.read_histories()
        self.content = {
            "began": as_day(stage.start),
            "ended": as_day(now),
            "assertions": stage.assertions,
            "requests": stage.api.calls,
            "cases": {
                name: _case(stage, scene) for name, scene in stage.scenes.items() if scene.case_id is not None
            },
            "events": {
                service: sum(event.service == service for event in stage.house.ledger.events)
                for service in stage.house.ledger.services
            },
            "other_events": [_event(event) for event in stage.house.ledger.events if event.case_id is None],
            "workflows": [
                {
                    "id": workflow.id,
                    "type": workflow.type,
                    "status": workflow.status,
                    "timers_fired": workflow.timers_fired,
                }
                for workflow in stage.house.workflows.by_id.values()
                if workflow.status != "missing"
            ],
            "mails": [
                {
                    "message_id": letter.message_id,
                    "kind": letter.kind,
                    "role": letter.role,
                    "subject": letter.subject,
                    "date": as_day(letter.date),
                    "deliveries": letter.deliveries,
                }
                for letter in stage.mailbox.letters
            ],
        }

    def as_dict(self) -> dict[str, Any]:
        """Return the report as it is written."""
        return {
            "ok": self.ok,
            "story": self.title,
            **({"failed": self.failed} if self.failed is not None else {}),
            "seconds": round(self.seconds, 1),
            "simulated_days": self.simulated_days,
            "addresses": self.addresses,
            **self.content,
        }

    def write(self, path: Path) -> None:
        """Write it to a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.as_dict(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _case(stage: Stage, scene: Scene) -> dict[str, Any]:
    events = about(stage.house.ledger.events, scene.case)
    return {"case_id": str(scene.case), "events": [_event(event) for event in events]}


def _event(event: Any) -> dict[str, str]:
    return {"type": event.type, "time": as_day(event.time), "id": str(event.id)}
