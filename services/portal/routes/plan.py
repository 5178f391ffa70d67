"""The plan: what the circle wants, the agreements, and their progress."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Items, Operation
from services.portal.forms import read_id, read_number
from services.portal.judgements import JudgedLine, Judgement, judgement_of
from services.portal.pages import Pages
from services.portal.paper import can_make
from services.portal.people import PersonVisit, person
from services.portal.resources import Asked, Resource, asked_of_others
from services.portal.road import BASELINE, NO_BASELINE
from services.portal.routes.dates import CIRCLE, Member
from services.portal.visits import PageModel, Visit
from services.portal.worded import Worded
from services.portal.wording import Dates, language_name
from services.portal.wording import mark as _
from shared.case_access import CIRCLE_ROLES

pages = Pages()


class PlanSummary(Answer):
    """That there is a plan."""

    plan_id: UUID


class Invoked(Answer):
    """Marks an agreement as plan B: its line, who invoked it, when, and why."""

    line: int
    invoked_by: UUID
    invoked_as: str
    invoked_at: datetime
    invoked_reason: str | None


class Agreement(Answer):
    """An agreement: what, by whom, and by when."""

    agreement_id: UUID
    what: str
    who_person_ids: list[UUID]
    who_text: str | None
    due_on: date
    known_done_how: str | None
    state: str
    progress: str | None
    invoked: Invoked | None = None


class PlanB(Answer):
    """What to do if things turn out differently, and who does it."""

    when: str
    then: str
    who_person_id: UUID | None


class OwnMeeting(Answer):
    """A day on which the circle met by itself, and whether it changes its plan."""

    met_on: date
    changed: bool
    said_at: datetime


class Stance(Answer):
    """Whether a person supports the plan."""

    person_id: UUID
    agrees: bool


class Plan(PlanSummary, Worded):
    """The plan in the circle's words, as far as the reader may see it; without `parts`, their own agreements."""

    parts: list[str]

    version: int
    for_children: str | None
    resources: list[Resource]
    stances: list[Stance]
    goals: list[str]
    decisions_of_circle: list[str]
    plan_b: Sequence[PlanB]
    agreements: Sequence[Agreement]
    monitor_person_id: UUID | None
    review_on: date
    convener_person_id: UUID | None = None
    recorded_at: datetime
    acceptance: str
    acceptance_lines: list[JudgedLine]
    own_meetings: Sequence[OwnMeeting] = ()


PLANS = Operation("plans", "GET", "/v1/cases/{case_id}/plans", Items[PlanSummary])
PLAN = Operation("plans", "GET", "/v1/plans/{plan_id}", Plan)
DONE = Operation("plans", "POST", "/v1/agreements/{agreement_id}/done", Answer)
LET_GO = Operation("plans", "POST", "/v1/agreements/{agreement_id}/lapse", Answer)
STANCE = Operation("plans", "PUT", "/v1/plans/{plan_id}/stance", Answer)
REVIEW = Operation("plans", "POST", "/v1/plans/{plan_id}/review-requests", Answer)


class Promise(PageModel):
    """An agreement as the page shows it."""

    id: UUID
    what: str
    mine: bool
    who: str | None
    due: str
    how: str | None
    state: str
    state_in_words: str
    open: bool
    invoked: str | None
    reason: str | None


class Otherwise(PageModel):
    """A line of plan B, who does it, and whether it is in progress; numbered from 1."""

    line: int
    when: str
    then: str
    who: str
    runs: bool


class PlanPage(PageModel):
    """The plan, the reader's own agreements first; `shared`: the circle shows them any more of it.

    `agreed_in`: the language of the circle, if it is not the reader's, in which it is shown if `worded`, and can be if
    `wordable`.
    """

    there: bool
    shared: bool
    judgement: Judgement | None
    version: int
    words_language: str
    agreed_in: str
    worded: bool
    wordable: bool
    for_children: str | None
    resources: list[Asked]
    stand_behind: list[str]
    do_not: list[str]
    agrees: bool | None
    can_agree: bool
    is_central: bool
    paper: bool
    goals: list[str]
    decisions: list[str]
    mine: list[Promise]
    others: list[Promise]
    plan_b: list[Otherwise]
    is_monitor: bool
    monitor: str
    review: str | None
    met: str | None
    convenes: bool
    convener: str
    plan_id: UUID | None
    can_change: bool
    can_share: bool
    changed: bool


STATES = {
    "open": _("nog te doen"),
    "suspended": _("rust: er loopt een plan B"),
    "done": _("gedaan"),
    "lapsed": _("gaat niet door"),
    "replaced": _("veranderd"),
}
PROGRESS = {
    "nearly": _("bijna gedaan"),
    "not-yet": _("nog niet"),
    "changed": _("het loopt anders"),
    "help": _("hulp gevraagd"),
}


FUNCTIONS = {
    "coordinator": _("de coördinator"),
    "regional-manager": _("de regiomanager"),
}


def who_acted(visit: Visit, acted_as: str, by: UUID, names: Mapping[UUID, str]) -> str:
    """Return who changed a plan: staff by their function, others by name, if known."""
    if acted_as in FUNCTIONS:
        return visit.say(FUNCTIONS[acted_as])
    return names.get(by, visit.say(_("iemand van de kring")))


def otherwise(plan: Plan, names: Mapping[UUID, str], *, unnamed: str) -> list[Otherwise]:
    """Return the lines of plan B, who does each, and which are in progress; `unnamed` as in `who_does`."""
    running = {each.invoked.line for each in plan.agreements if each.invoked and each.state == "open"}
    return [
        Otherwise(
            line=line,
            when=each.when,
            then=each.then,
            who=names.get(each.who_person_id, unnamed) if each.who_person_id else "",
            runs=line in running,
        )
        for line, each in enumerate(plan.plan_b, start=1)
    ]


def state_of(visit: Visit, each: Agreement) -> str:
    """Return the state of an agreement, in words."""
    if each.state == "open" and each.progress in PROGRESS:
        return visit.word(PROGRESS, each.progress)
    return visit.word(STATES, each.state) if each.state in STATES else each.state


def who_does(visit: Visit, each: Agreement, names: Mapping[UUID, str], *, unnamed: str) -> str:
    """Return who does an agreement; `unnamed` stands for people whose names the reader does not have."""
    named = [names.get(one, unnamed) for one in each.who_person_ids]
    return visit.listed([*named, *([each.who_text] if each.who_text else [])])


def who_convenes(visit: Visit, plan: Plan, names: Mapping[UUID, str], *, unnamed: str) -> str:
    """Return who calls the circle together for the review; `unnamed` as in `who_does`."""
    if plan.convener_person_id is None:
        return visit.say(_("de coördinator of de regiomanager"))
    return names.get(plan.convener_person_id, unnamed)


def may_change(visit: PersonVisit, plan: Plan) -> bool:
    """Tell whether a reader may change agreements: the monitor, a central person, or who decides for a child."""
    me = visit.person
    return may_share(visit) or (plan.monitor_person_id == me.person_id and me.reads_with is None)


def may_share(visit: PersonVisit) -> bool:
    """Tell whether a reader may share the plan outside the circle: a central person, or who decides for a child."""
    me = visit.person
    for_child = me.decides_for_child and me.role in CIRCLE_ROLES
    return (me.role == "central" or for_child) and me.reads_with is None


async def plan_read_by(visit: PersonVisit) -> Plan | None:
    """Return the plan of the reader's case, as far as they may read it; None if they may read none (yet)."""
    listed = await visit.ask_or(PLANS, Items[PlanSummary](items=[]), case_id=visit.person.case_id)
    if not listed.items:
        return None
    plan: Plan = await visit.ask(PLAN, plan_id=listed.items[0].plan_id)
    return plan


def in_readers_language(visit: Visit, plan: Plan) -> Plan:
    """Return a plan in the reader's language, as far as it was put in it, or in the circle's own if they ask that."""
    return plan if visit.request.query_params.get("words") == "own" else plan.in_language(visit.language)


def agreed_in(visit: Visit, plan: Plan) -> str:
    """Return the name of the language in which a circle wrote its plan, if it is not the reader's."""
    return "" if plan.language == visit.language else language_name(plan.language, visit.language)


@pages.show("/me/plan", person)
async def show(visit: PersonVisit) -> Response:
    """Show the plan."""
    written = await plan_read_by(visit)
    if written is None:
        return visit.page("plan.html", _NONE)
    plan = in_readers_language(visit, written)
    dates = await visit.dates()
    circle = await visit.ask_or(CIRCLE, Items[Member](items=[]))
    me, judged = visit.person.person_id, visit.person.role in CIRCLE_ROLES and plan.acceptance != "not-needed"
    baseline = (
        await visit.ask_or(BASELINE, NO_BASELINE, case_id=visit.person.case_id) if judged else NO_BASELINE
    )
    names = {member.person_id: member.first_name for member in circle.items} | {me: visit.say(_("jij"))}
    somebody = visit.say(_("iemand van de kring"))
    promises = [_promise(visit, each, dates, names) for each in plan.agreements]
    model = PlanPage(
        there=True,
        shared=bool(plan.parts),
        judgement=judgement_of(visit, plan.acceptance, plan.acceptance_lines, baseline.bottom_lines)
        if judged
        else None,
        version=plan.version,
        words_language=plan.language,
        agreed_in=agreed_in(visit, written),
        worded=plan is not written,
        wordable=bool(written.wording(visit.language)) and written.language != visit.language,
        for_children=plan.for_children,
        resources=asked_of_others(visit, plan.resources, dates),
        stand_behind=[names.get(each.person_id, somebody) for each in plan.stances if each.agrees],
        do_not=[names.get(each.person_id, somebody) for each in plan.stances if not each.agrees],
        agrees=next((each.agrees for each in plan.stances if each.person_id == me), None),
        can_agree=visit.person.role in ("central", "circle"),
        is_central=visit.person.role == "central",
        paper=bool(plan.parts) and await can_make(),
        goals=plan.goals,
        decisions=plan.decisions_of_circle,
        mine=[each for each in promises if each.mine],
        others=[each for each in promises if not each.mine],
        plan_b=otherwise(plan, names, unnamed=somebody),
        is_monitor=plan.monitor_person_id == me,
        monitor=names.get(plan.monitor_person_id, somebody) if plan.monitor_person_id else "",
        review=dates.day(plan.review_on),
        met=dates.day(plan.own_meetings[-1].met_on) if plan.own_meetings else None,
        convenes=plan.convener_person_id == me,
        convener=who_convenes(visit, plan, names, unnamed=somebody),
        plan_id=plan.plan_id,
        can_change=may_change(visit, plan),
        can_share=may_share(visit),
        changed=plan.version > 1 and visit.person.role in CIRCLE_ROLES,
    )
    return visit.page("plan.html", model)


_NONE = PlanPage(
    there=False,
    shared=False,
    judgement=None,
    version=0,
    words_language="nl",
    agreed_in="",
    worded=False,
    wordable=False,
    for_children=None,
    resources=[],
    stand_behind=[],
    do_not=[],
    agrees=None,
    can_agree=False,
    is_central=False,
    paper=False,
    goals=[],
    decisions=[],
    mine=[],
    others=[],
    plan_b=[],
    is_monitor=False,
    monitor="",
    review=None,
    met=None,
    convenes=False,
    convener="",
    plan_id=None,
    can_change=False,
    can_share=False,
    changed=False,
)


def _promise(visit: PersonVisit, each: Agreement, dates: Dates, names: Mapping[UUID, str]) -> Promise:
    # People who left the circle, or must be kept from the reader, have no name here.
    called = each.invoked
    known = [names[one] for one in each.who_person_ids if one in names]
    who = [*known, *([each.who_text] if each.who_text else [])]
    return Promise(
        id=each.agreement_id,
        what=each.what,
        mine=visit.person.person_id in each.who_person_ids,
        who=visit.listed(who) or None,
        due=dates.day(each.due_on),
        how=each.known_done_how,
        state=each.state,
        state_in_words=state_of(visit, each),
        open=each.state in ("open", "lapsed", "suspended"),
        invoked=None if called is None else who_acted(visit, called.invoked_as, called.invoked_by, names),
        reason=None if called is None else called.invoked_reason,
    )


@pages.send("/me/plan", person)
async def settle(visit: PersonVisit) -> Response:
    """Settle an agreement, state whether the reader supports the plan, or request an early review."""
    form = visit.form
    if stance := form.get("stance"):
        plan_id, version, agrees = (*stance.split(","), "", "")[:3]
        body = {"version": read_number(version), "agrees": agrees == "yes"}
        await visit.ask(STANCE, body=body, plan_id=read_id(plan_id))
        return visit.go("/me/plan")
    if plan := form.get("review"):
        await visit.ask(REVIEW, plan_id=read_id(plan))
        return visit.go("/me/thanks/review")
    operation, chosen = (DONE, form.get("done")) if form.get("done") else (LET_GO, form.get("let-go"))
    await visit.ask(operation, agreement_id=read_id(chosen or ""))
    return visit.go("/me/plan")
