"""What the portal answers to services."""

from shared.contracts.base import Contract, Published


class StaffTally(Published):
    """How many items wait for a member of staff, and how many are late; each counted up to a hundred."""

    waiting: int
    late: int


# `organisation_id`: their own, the nil UUID for none; `roles`: with commas between.
TALLY = Contract(
    "portal", "/v1/staff/{staff_id}/{organisation_id}/{roles}/tally", StaffTally, purpose="daily-mail"
)
