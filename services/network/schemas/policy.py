"""What an organisation may set: lengths of time, and on what basis it keeps data."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from services.network.domain import Basis
from shared.calendar import Length, add_length
from shared.http.models import RequestModel


class LegalBases(RequestModel):
    """On what basis data is kept, for each kind of person: for the organisation to settle with its DPO.

    Consent is a weak basis where somebody depends on help, so it is nobody's default.
    """

    central: Basis = Basis.PUBLIC_TASK
    representative: Basis = Basis.PUBLIC_TASK
    circle: Basis = Basis.LEGITIMATE_INTEREST
    advocate: Basis = Basis.LEGITIMATE_INTEREST
    interpreter: Basis = Basis.LEGITIMATE_INTEREST
    professional: Basis = Basis.LEGITIMATE_INTEREST

    def of(self, role: str) -> Basis:
        """Return the basis for a kind of person."""
        basis: Basis = getattr(self, role)
        return basis


class Lengths(RequestModel):
    """The lengths that an organisation may set, and on what basis it keeps data."""

    invitation_remind: Length = "4d"
    invitation_due: Length = "8d"
    link_expires: Length = "120d"
    # A request about one's data: the law gives a month, and two more if need be.
    data_request_warn: Length = "23d"
    data_request_due: Length = "30d"
    data_request_extension: Length = "60d"
    # How long a copy can be read, and how long the erasing waits: who changes their mind can say so.
    copy_ready: Length = "30d"
    erase_wait: Length = "2d"
    erasure_warn: Length = "2wd"
    erasure: Length = "5wd"
    # How long before a birthday that changes whose consent counts its owner hears of it.
    coming_of_age_warn: Length = "4w"
    # New emails with a link that somebody may ask for themselves, in a day.
    links_a_day: Annotated[int, Field(ge=1, le=20)] = 3
    legal_basis: LegalBases = LegalBases()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        start = datetime(2026, 1, 5, 9, tzinfo=UTC)
        if add_length(start, self.data_request_warn) >= add_length(start, self.data_request_due):
            raise ValueError("data_request_warn must be shorter than data_request_due")
        if add_length(start, self.data_request_due) > start + timedelta(days=31):
            raise ValueError("data_request_due may not be longer than a month")
        if add_length(start, self.data_request_extension) > start + timedelta(days=61):
            raise ValueError("data_request_extension may not be longer than two months")
        if add_length(start, self.copy_ready) <= start:
            raise ValueError("copy_ready must be longer than nothing")
        if add_length(start, self.invitation_remind) >= add_length(start, self.invitation_due):
            raise ValueError("invitation_remind must be shorter than invitation_due")
        if add_length(start, self.link_expires) <= start:
            raise ValueError("link_expires must be longer than nothing")
        return self


class PolicyView(Lengths):
    """The lengths that count now."""

    version: int
