"""The home page of a reader with a personal link: what waits for them, and everything they can do here."""

import asyncio

from starlette.responses import Response

from services.portal.client import Items
from services.portal.pages import Pages
from services.portal.people import GOING_ON, ME, PersonVisit, person
from services.portal.routes.agreeing import CONSENTS
from services.portal.routes.check_in import CHECK_INS, CheckIn, waiting
from services.portal.routes.dates import CONFERENCES, POLLS, coming
from services.portal.routes.plan import PLANS
from services.portal.routes.review import open_review
from services.portal.routes.survey import SURVEY
from services.portal.visits import PageModel

pages = Pages()


class HomePage(PageModel):
    """What waits for the reader, and where they stand."""

    first_name: str
    case_status: str
    live: bool
    invited: bool
    invitation_state: str
    unsure: bool
    taking_part: str
    polls_waiting: int
    polls: int
    questions_waiting: int
    when: str | None
    has_plan: bool
    asks_around: bool
    review_waits: bool
    survey_waits: bool
    survey_answered: bool
    is_central: bool
    can_propose: bool


@pages.show("/me", person)
async def home(visit: PersonVisit) -> Response:
    """Show what waits."""
    asked = asyncio.gather(
        visit.ask(ME),
        visit.ask(POLLS),
        visit.ask(CONFERENCES),
        visit.ask_or(PLANS, Items(items=[]), case_id=visit.person.case_id),
        visit.ask(CONSENTS),
        visit.ask_or(CHECK_INS, Items[CheckIn](items=[]), case_id=visit.person.case_id),
    )
    asked_for_survey = visit.ask_or(SURVEY, None, case_id=visit.person.case_id)
    known, survey = await asyncio.gather(asked, asked_for_survey)
    me, polls, conferences, plans, consents, check_ins = known
    review = open_review(check_ins.items)
    next_one = coming(conferences.items)
    open_polls = [poll for poll in polls.items if poll.state == "open"]
    dates = await visit.dates()
    invitation = me.invitation
    model = HomePage(
        first_name=me.first_name,
        case_status=me.case_status,
        live=me.case_status in GOING_ON,
        invited=invitation is not None and invitation.state != "cancelled",
        invitation_state="" if invitation is None else invitation.state,
        unsure=invitation is not None and invitation.answer == "unsure",
        taking_part=("" if invitation is None else invitation.mode) or "",
        polls_waiting=sum(any(option.answer is None for option in poll.options) for poll in open_polls),
        polls=len(open_polls),
        questions_waiting=sum(question.said is None or question.stale for question in consents.items),
        when=dates.period(next_one.starts_at, next_one.ends_at)
        if next_one and next_one.starts_at and next_one.ends_at
        else None,
        has_plan=bool(plans.items),
        asks_around=waiting(check_ins.items) is not None,
        review_waits=review is not None
        and review.review_answers is not None
        and review.review_answers.own is None,
        survey_waits=survey is not None and not survey.answered,
        survey_answered=survey is not None and survey.answered,
        is_central=visit.person.role == "central",
        can_propose=visit.person.role in ("central", "circle"),
    )
    return visit.page("me.html", model)
