"""Unsent referrals: one question per page, stored until sent, and readable only in the browser that writes them.

A draft is a row like a session, sealed with a secret that only its own cookie holds. So the portal cannot read
the words by itself, and they are deleted when the referral is sent, when its author stops, or when its time is
over: twelve hours after the last answer for the public, a week for a member of staff, who finds it again in the
same browser after signing in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import BeforeValidator
from starlette.responses import Response

from services.portal import sessions
from services.portal.sessions import Draft, Secret
from services.portal.visits import Form, FormT, Visit
from shared.ids import uuid7

_STAFF_LASTS = timedelta(days=7)


def _day_of(text: str) -> date:
    """Return a day written as 27/3/1985, or as browsers send it. Raises: ValueError."""
    parts = text.replace("-", "/").replace(".", "/").replace(" ", "/").split("/")
    numbers = [int(part) for part in parts if part]
    if len(numbers) == 3 and numbers[0] > 31:
        numbers.reverse()
    day, month, year = numbers
    return date(year, month, day)


WrittenDay = Annotated[date, BeforeValidator(_day_of)]


def written_day(day: date | None) -> str:
    """Return a day as it stands in a form: 27/3/1985; empty if it is not known."""
    return "" if day is None else f"{day.day}/{day.month}/{day.year}"


@dataclass(eq=False)
class Writing:
    """A draft in use by its author."""

    secret: Secret
    draft: Draft

    def read(self, step: str, kind: type[FormT]) -> FormT:
        """Return the answers to a completed step."""
        return kind.model_validate({name: value for name, value in self.draft.steps[step].items() if value})

    def next_of(self, steps: Mapping[str, type[Form]]) -> str:
        """Return the first step that is not completed, and `check` after the last."""
        return next((step for step in steps if step not in self.draft.steps), "check")

    async def take(self, visit: Visit, step: str, kind: type[Form]) -> None:
        """Store the answers to a step. Raises: Unacceptable."""
        visit.read(kind)
        names = [field.alias or name for name, field in kind.model_fields.items()]
        given = {name: visit.form[name] for name in names if name in visit.form}
        await self._keep(visit, {**self.draft.steps, step: given})

    async def drop(self, visit: Visit, step: str) -> None:
        """Delete the answers to a step."""
        await self._keep(visit, {name: given for name, given in self.draft.steps.items() if name != step})

    async def _keep(self, visit: Visit, steps: dict[str, dict[str, str]]) -> None:
        self.draft = self.draft.model_copy(update={"steps": steps, "once": uuid7()})
        await _keep(visit, self.secret, self.draft)

    async def end(self, visit: Visit, answer: Response) -> Response:
        """Delete the whole draft."""
        await sessions.end(visit.session, self.secret)
        return visit.drop_cookie(answer, _cookie(self.draft.owner))


async def find(visit: Visit, *, tenant: UUID, owner: UUID | None) -> Writing | None:
    """Return the draft of this browser, for this organisation and this member of staff."""
    secret = Secret.read(visit.cookie(_cookie(owner)))
    if secret is None:
        return None
    draft = await sessions.load(visit.session, secret, Draft, now=await visit.parts.clock.now())
    if draft is None or (draft.tenant, draft.owner) != (tenant, owner):
        return None
    return Writing(secret, draft)


async def is_lost(visit: Visit, *, owner: UUID | None) -> bool:
    """Tell whether this browser had a draft that was deleted because its time was over."""
    secret = Secret.read(visit.cookie(_cookie(owner)))
    if secret is None:
        return False
    return await sessions.load(visit.session, secret, Draft, now=await visit.parts.clock.now()) is None


async def begin(visit: Visit, answer: Response, *, tenant: UUID, owner: UUID | None) -> Response:
    """Begin a draft and set its cookie; for the public only until the browser is closed."""
    secret = Secret.new()
    await _keep(visit, secret, Draft(tenant=tenant, owner=owner, once=uuid7()))
    lasts = None if owner is None else _STAFF_LASTS
    return visit.set_cookie(answer, _cookie(owner), secret.cookie, lasts=lasts)


async def _keep(visit: Visit, secret: Secret, draft: Draft) -> None:
    lasts = sessions.LASTS if draft.owner is None else _STAFF_LASTS
    await sessions.keep(visit.session, secret, draft, now=await visit.parts.clock.now(), lasts=lasts)


def _cookie(owner: UUID | None) -> str:
    return "refer" if owner is None else "referral"
