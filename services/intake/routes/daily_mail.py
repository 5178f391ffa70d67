"""The caller's daily mail: whether they want it."""

from services.intake.operations import daily_mail
from services.intake.permissions import Colleague
from services.intake.queries import register
from services.intake.schemas.daily_mail import DailyMailWanted, DailyMailWish
from shared.http import Router, Session, problems

router = Router(tags=["daily mail"])


@router.get("/v1/me/daily-mail")
async def read_daily_mail(principal: Colleague, session: Session) -> DailyMailWanted:
    """Read whether you get the mail that says each working day how much waits for you."""
    wanted = await register.wants_daily_mail(session, tenant=principal.tenant, person_id=principal.id)
    return DailyMailWanted(wanted=wanted)


@router.put("/v1/me/daily-mail", responses=problems(404))
async def set_daily_mail(wish: DailyMailWish, principal: Colleague, session: Session) -> DailyMailWanted:
    """Say whether you want the mail that says each working day how much waits for you."""
    await daily_mail.set_wanted(session, tenant=principal.tenant, person_id=principal.id, wanted=wish.wanted)
    return DailyMailWanted(wanted=wish.wanted)
