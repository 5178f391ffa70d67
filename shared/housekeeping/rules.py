"""What is purged: which rows, the column that tells their age, by which clock, and from which age."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from shared.http.limits import WINDOW_SECONDS

if TYPE_CHECKING:
    from shared.settings import Settings


@dataclass(frozen=True)
class RetentionRule:
    """Rows of one table that are no longer needed from an age on.

    `machine`: the column was written from the machine's clock; `business`: from the business clock.
    `of_tenants`: row policies show these rows only to their own tenant, so they are purged per tenant.
    """

    table: str
    key: tuple[str, ...]
    age: str
    clock: Literal["machine", "business"]
    length: timedelta
    only: str = "true"
    of_tenants: bool = False
    # For tables with two kinds of rows.
    name: str = ""


def retention_rules(settings: "Settings") -> dict[str, RetentionRule]:
    """Return what is purged, by name."""
    events = timedelta(days=settings.events_kept_days)
    clocks = timedelta(days=settings.clocks_kept_days)
    everything = (
        # Unpublished rows stay, however old. Events out and in have the same age limit, so that they can be compared.
        RetentionRule(
            "outbox", ("position",), "published_at", "machine", events, only="published_at IS NOT NULL"
        ),
        RetentionRule("inbox", ("consumer", "event_id"), "handled_at", "machine", events),
        RetentionRule("effect", ("key",), "done_at", "machine", timedelta(days=settings.effects_kept_days)),
        RetentionRule(
            "idempotency_key",
            ("tenant", "principal", "key"),
            "made_at",
            "machine",
            timedelta(hours=settings.answers_kept_hours),
        ),
        RetentionRule("rate_limit", ("key",), "window_at", "machine", 2 * timedelta(seconds=WINDOW_SECONDS)),
        RetentionRule(
            "message",
            ("id",),
            "settled_at",
            "business",
            timedelta(days=settings.messages_kept_days),
            only="state <> 'queued' AND settled_at IS NOT NULL",
            of_tenants=True,
        ),
        RetentionRule(
            "closed_question",
            ("about", "person"),
            "closed_at",
            "business",
            timedelta(days=settings.messages_kept_days),
            of_tenants=True,
        ),
        RetentionRule(
            "clock", ("id",), "stopped_at", "business", clocks, only="state = 'stopped'", of_tenants=True
        ),
        RetentionRule(
            "clock",
            ("id",),
            "breached_at",
            "business",
            clocks,
            only="state = 'breached'",
            of_tenants=True,
            name="late clock",
        ),
    )
    return {each.name or each.table: each for each in everything}
