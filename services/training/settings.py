"""An organisation's settings for its trainings."""

from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import Field

from services.training.domain import KEEP_AT_LEAST_DAYS, QrCommunication
from shared.calendar import Length
from shared.policies import Label, Policies, PolicyInForce, PolicySettings


class Policy(PolicySettings):
    """An organisation's durations and choices."""

    ORDER: ClassVar = (("payment_remind", "payment_expires"), ("erasure_warn", "erasure"))

    payment_remind: Annotated[Length, Label("Herinneren om te betalen")] = Field(
        default="7d", description="From the payment request to the reminder."
    )
    payment_expires: Annotated[Length, Label("Betaald hebben")] = Field(
        default="14d",
        description="From the payment request to losing the place; in days, to the end of the last one.",
    )
    settle: Annotated[Length, Label("Betalingen afhandelen")] = Field(
        default="5wd",
        description="From payments that wait for a person to the time by which they must be settled.",
    )
    erasure_warn: Annotated[Length, Label("Waarschuwen dat wissen duurt")] = Field(
        default="2wd", description="From requesting an erasure to the warning that it is not confirmed."
    )
    erasure: Annotated[Length, Label("Alles gewist hebben")] = Field(
        default="5wd", description="From requesting an erasure to the time by which it must be confirmed."
    )
    qr_communication: QrCommunication = QrCommunication.TEXT
    keep_registration_days: int = Field(
        default=365,
        ge=KEEP_AT_LEAST_DAYS,
        le=3650,
        description="From the end of a registration, or of its session, to erasing participant and payer.",
    )


policies = Policies(Policy)


def last_moment_to_pay(policy: PolicyInForce[Policy], asked_at: datetime, starts_at: datetime) -> datetime:
    """Return until when a payment requested now can be made: a length in days lasts to the end of its last day.

    It is never after the session has started.
    """
    length = policy.settings.payment_expires
    moment = policy.after(asked_at, length)
    return min(moment if "T" in length else policy.calendar.end_of_day(moment), starts_at)


def moment_to_remind(policy: PolicyInForce[Policy], asked_at: datetime, due_at: datetime) -> datetime | None:
    """Return when to remind of a payment requested now; None if it is due before."""
    moment = policy.after(asked_at, policy.settings.payment_remind)
    return moment if moment < due_at else None
