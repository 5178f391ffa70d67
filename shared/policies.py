"""An organisation's settings for a service: numbered versions that are all kept, one in force at a time.

A service has one model of settings and one `Policies` for it (services/<name>/settings.py). Version 1 is the
defaults; each change adds a version and changes none. Anything already begun keeps the version of its start: a
case the one of its opening (`for_case`), anything else the one of its own beginning (`in_force(at=...)`).
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, ClassVar, Generic, Self, TypeVar
from uuid import UUID

from pydantic import ValidationInfo, model_validator
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared import locks, profiles
from shared.calendar import BELGIUM, Calendar, Unit, unit_of
from shared.database import fetch
from shared.deadlines import TimeLimit
from shared.errors import Forbidden, NotFound, NotYet, require_version
from shared.http.models import RequestModel
from shared.tables import policy as table

_FIRST = 1
_ANY_MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
_AS_STORED = "as stored"
_OF_TENANT = "SELECT version, settings::text AS settings, set_at, set_by FROM policy WHERE tenant = $1"
_VERSIONS = f"{_OF_TENANT} AND ($2::int IS NULL OR version < $2) ORDER BY version DESC LIMIT $3"
_ALL = f"{_OF_TENANT} ORDER BY version DESC"
# Together with the profile, whose calendar the lengths use.
_IN_FORCE = f"""
    SELECT policy.*, {profiles.COLUMNS}
    FROM (VALUES ($1::uuid)) AS one (tenant)
    LEFT JOIN tenant_profile ON tenant_profile.tenant = one.tenant
    LEFT JOIN LATERAL (
        {_OF_TENANT} AND ($2::timestamptz IS NULL OR set_at <= $2) ORDER BY version DESC LIMIT 1
    ) AS policy ON true
"""  # noqa: S608
_VERSION = f"{_OF_TENANT} AND version = $2"
_FOR_CASE = """
    SELECT case_state.tenant, opened_at, policy.version, settings::text AS settings, set_at, set_by
    FROM case_state LEFT JOIN policy ON policy.tenant = case_state.tenant AND set_at <= opened_at
    WHERE case_id = $1 ORDER BY policy.version DESC NULLS LAST LIMIT 1
"""


class UnknownPolicyVersion(NotFound):
    """The organisation has no such version of its policy."""

    code = "policy-version-not-found"
    title = "There is no such version of this policy"


class SettingNotYours(Forbidden):
    """Safeguards are set by the data protection officer, all else by the administrators of the organisation."""

    code = "setting-not-yours"
    title = "The data protection officer sets the safeguards of a policy and nothing else: leave out the rest"


@dataclass(frozen=True)
class Label:
    """What pages call a length, in Dutch: what ends when it has passed."""

    text: str


class PolicySettings(RequestModel):
    """Base of what an organisation sets for one service: every field has a default, and unknown ones are refused."""

    # Pairs (first, then) of lengths: counted from the same start, the first must end before the other.
    ORDER: ClassVar[tuple[tuple[str, str], ...]] = ()
    # The settings that protect people from those who set the rest: only the data protection officer sets them.
    SAFEGUARDS: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def fields_beside_safeguards(cls) -> frozenset[str]:
        """Return the names of the fields that an organisation's administrators set."""
        return frozenset(cls.model_fields) - cls.SAFEGUARDS

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Return the labels of the lengths that have one, by name, in the order in which pages show them."""
        return {
            name: each.text
            for name, field in cls.model_fields.items()
            for each in field.metadata
            if isinstance(each, Label)
        }

    def within(self, present: Self, *, own: Collection[str]) -> Self:
        """Return the present settings with new values in the fields that the caller may set.

        Raises: SettingNotYours if another field has a different value.
        """
        others = set(type(self).model_fields).difference(own)
        if any(getattr(self, name) != getattr(present, name) for name in others & self.model_fields_set):
            raise SettingNotYours
        return present.model_copy(update={name: getattr(self, name) for name in own})

    @model_validator(mode="after")
    def _in_order(self, info: ValidationInfo) -> Self:
        # Stored settings followed the rules and defaults of their day, and must stay readable.
        for first, then in () if info.context == _AS_STORED else self.ORDER:
            ends = [BELGIUM.add_length(_ANY_MONDAY, getattr(self, name)) for name in (first, then)]
            if ends[0] >= ends[1]:
                raise ValueError(f"{first} must be shorter than {then}")
        return self


P = TypeVar("P", bound=PolicySettings)


@dataclass(frozen=True)
class PolicyInForce(Generic[P]):
    """One version of an organisation's settings; `set_at` and `set_by` None: the defaults.

    Its lengths are counted by the organisation's calendar.
    """

    version: int
    settings: P
    set_at: datetime | None = None
    set_by: UUID | None = None
    calendar: Calendar = BELGIUM

    def after(self, start: datetime, length: str) -> datetime:
        """Return the time a length after `start`, by the organisation's calendar."""
        return self.calendar.add_length(start, length)

    def before(self, end: datetime, length: str) -> datetime:
        """Return the time a length before `end`, by the organisation's calendar."""
        return self.calendar.subtract_length(end, length)

    def limit(self, start: datetime, length: str, *, warn: str | datetime | None = None) -> TimeLimit:
        """Return the time limit of a length from `start`; `warn`: a shorter length from `start`, or a time."""
        warn_at = self.after(start, warn) if isinstance(warn, str) else warn
        return self.until(self.after(start, length), warn_at=warn_at, unit=unit_of(length))

    def until(
        self, due_at: datetime, *, warn_at: datetime | None = None, unit: Unit = "set-day"
    ) -> TimeLimit:
        """Return the time limit that ends at a time; `set-day`: people know the day, and a pause leaves it."""
        return TimeLimit(due_at, warn_at, unit, self.version)


class Policies(Generic[P]):
    """The versions of one service's settings, for all organisations."""

    def __init__(self, settings: type[P]) -> None:
        self.settings = settings
        self._defaults = settings()

    async def in_force(
        self, session: AsyncSession, *, tenant: UUID, at: datetime | None = None
    ) -> PolicyInForce[P]:
        """Return an organisation's settings now, or at a time."""
        (row,) = await fetch(session, _IN_FORCE, tenant, at)
        if row["name"] is not None:
            profiles.keep(session, tenant=tenant, row=row)
        return self._read(
            None if row["version"] is None else row, await profiles.calendar(session, tenant=tenant)
        )

    async def for_case(self, session: AsyncSession, *, case_id: UUID) -> PolicyInForce[P]:
        """Return the settings when a case opened. Raises: NotYet if its opening is not known here yet."""
        row = _only(await fetch(session, _FOR_CASE, case_id))
        if row is None or row["opened_at"] is None:
            raise NotYet("opening of the case")
        calendar = await profiles.calendar(session, tenant=row["tenant"])
        return self._read(None if row["version"] is None else row, calendar)

    async def version(self, session: AsyncSession, *, tenant: UUID, version: int) -> PolicyInForce[P]:
        """Return one version. Raises: UnknownPolicyVersion."""
        row = _only(await fetch(session, _VERSION, tenant, version))
        if row is None and version != _FIRST:
            raise UnknownPolicyVersion(version=version)
        return self._read(row, await profiles.calendar(session, tenant=tenant))

    async def versions(
        self, session: AsyncSession, *, tenant: UUID, before: int | None, most: int
    ) -> list[PolicyInForce[P]]:
        """Return the newest versions, or those before one; the very last is the defaults."""
        calendar = await profiles.calendar(session, tenant=tenant)
        rows = await fetch(session, _VERSIONS, tenant, before, most)
        found = [self._read(row, calendar) for row in rows]
        if len(found) < most and before != _FIRST:
            found.append(self._read(None, calendar))
        return found

    async def history(self, session: AsyncSession, *, tenant: UUID) -> Callable[[datetime], PolicyInForce[P]]:
        """Return a function that gives the version at a time, for lists."""
        calendar = await profiles.calendar(session, tenant=tenant)
        versions = [self._read(row, calendar) for row in await fetch(session, _ALL, tenant)]

        def at(time: datetime) -> PolicyInForce[P]:
            known = (each for each in versions if each.set_at is not None and each.set_at <= time)
            return next(known, self._read(None, calendar))

        return at

    async def change(
        self,
        session: AsyncSession,
        *,
        tenant: UUID,
        version: int,
        settings: P,
        own: Collection[str],
        set_by: UUID,
        now: datetime,
    ) -> PolicyInForce[P]:
        """Put settings in force for what begins from now on; unchanged settings make no new version.

        `version`: the one that was read. `own`: the fields that the caller may set; all others stay as they
        are. Raises: OtherVersion, SettingNotYours.
        """
        await locks.hold(session, "policy", tenant)
        present = await self.in_force(session, tenant=tenant)
        require_version(version, of=present.version)
        changed = settings.within(present.settings, own=own)
        if present.settings == changed:
            return present
        new = replace(present, version=version + 1, settings=changed, set_at=now, set_by=set_by)
        values = {
            "tenant": tenant,
            "version": new.version,
            "settings": changed.model_dump(mode="json"),
            "set_at": now,
            "set_by": set_by,
        }
        await session.execute(insert(table).values(values))
        return new

    def _read(self, row: Any, calendar: Calendar) -> PolicyInForce[P]:
        if row is None:
            return PolicyInForce(_FIRST, self._defaults, calendar=calendar)
        # Removed fields are ignored, and new ones have their default.
        settings = self.settings.model_validate_json(row["settings"], extra="ignore", context=_AS_STORED)
        return PolicyInForce(row["version"], settings, row["set_at"], row["set_by"], calendar)


def _only(rows: Sequence[Any]) -> Any:
    return rows[0] if rows else None
