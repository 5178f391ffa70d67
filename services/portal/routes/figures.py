"""An organisation's figures: the outcomes of its cases, by period and kind, as a page and as files.

Intake decides which numbers are published: others are empty here and in the files.
"""

from datetime import date

from babel.dates import format_interval
from starlette.responses import Response

from services.portal.boards import SOMETHING_TO_DO, TO_DO
from services.portal.codes import THEMES
from services.portal.forms import read_choice
from services.portal.pages import Pages
from services.portal.routes.figure_answers import (
    STATISTICS,
    GroupOpinion,
    LateKind,
    LatePeriod,
    MeanScore,
    Numbers,
    Period,
    Statistics,
    SurveyPeriod,
)
from services.portal.staff import StaffVisit, section, staff
from services.portal.staff_words import LATE_BECAUSE, WITHDRAW_REASONS
from services.portal.visits import PageModel
from services.portal.wording import mark as _
from shared.auth import Role

pages = Pages()
PATH = "/figures"
WHO = staff(Role.REGIONAL_MANAGER, Role.ADMINISTRATOR, Role.DPO)
section(PATH, _("Cijfers"), Role.REGIONAL_MANAGER, Role.ADMINISTRATOR, Role.DPO)
# Each measure with its total.
MEASURES: dict[str, tuple[str, str | None]] = {
    "referrals": (_("Aanmeldingen"), None),
    "started": (_("Gestart"), "referrals"),
    "conference_held": (_("Conferentie gehouden"), "started"),
    "plan_from_conference": (_("Plan uit een conferentie"), "conference_held"),
    "plan_without_meeting": (_("Plan zonder bijeenkomst"), "started"),
}
_OUT_OF = {
    "referrals": _("van de aanmeldingen"),
    "started": _("van wat startte"),
    "conference_held": _("van de conferenties"),
}
PER_CONFERENCE = {
    "circle": _("Mensen in de kring"),
    "widened": _("Door anderen voorgesteld"),
    "invited": _("Uitgenodigd"),
    "came": _("Gekomen"),
    "months_to_conference": _("Maanden van aanmelding tot conferentie"),
    "cancelled": _("Keren afgezegd of uitgesteld"),
}
PER_PLAN = {
    "agreements": _("Afspraken in het plan"),
    "agreements_done": _("Afspraken die gelukt zijn"),
    "agreements_lapsed": _("Afspraken die niet op tijd lukten"),
    "check_ins": _("Keren gevraagd hoe het gaat"),
}
AVERAGES = PER_CONFERENCE | PER_PLAN
# The first is the total of the others.
SAID = {
    "agreements": _("Afspraken waarvan iemand zei hoe het gaat"),
    "done": _("Gelukt"),
    "nearly": _("Bijna gelukt"),
    "not_yet": _("Nog niet"),
    "changed": _("Anders gelopen"),
    "help": _("Hulp nodig"),
}
GROUPS = {
    "central": _("Over wie het ging"),
    "child": _("Kinderen en jongeren"),
    "circle": _("De kring"),
    "professional": _("Professionals"),
}
QUESTIONS = {
    "meeting": _("De conferentie"),
    "plan": _("Het plan"),
    "coordinator": _("De coördinator"),
}
BY = {
    "none": _("Alles samen"),
    "theme": _("Per thema"),
    "region": _("Per regio"),
    "referrer": _("Per soort verwijzer"),
    "age": _("Per leeftijd"),
    "track": _("Gewoon of dringend"),
    "acceptance": _("Per antwoord op het plan"),
    "stopped": _("Per reden van stoppen"),
}
_VALUES: dict[str, str] = {
    **THEMES,
    "normal": _("Gewoon"),
    "urgent": _("Dringend"),
    "professional": _("Een hulpverlener"),
    "self": _("Zelf aangemeld"),
    "acquaintance": _("Iemand uit de omgeving"),
    "under-6": _("Jonger dan 6"),
    "65-and-over": _("65 en ouder"),
    "unknown": _("Onbekend"),
    "accepted": _("Aanvaard"),
    "presumed": _("Aanvaard: er kwam geen antwoord"),
    "partly-accepted": _("Deels aanvaard"),
    "refused": _("Niet aanvaard"),
    "none": _("Geen van deze"),
    **WITHDRAW_REASONS,
}


class Cell(PageModel):
    """A number, its total, and the length of its bar (of a hundred)."""

    label: str
    number: int | None
    out_of: str | None
    share: int | None


class Row(PageModel):
    """The published numbers of one value, or of all."""

    name: str
    cells: list[Cell]
    per_conference: list[tuple[str, str | None]]
    per_plan: list[tuple[str, str | None]]
    said: list[Cell]


class Score(PageModel):
    """A mean score, the number of answers, and the length of its bar (of a hundred)."""

    label: str
    mean: str | None
    answers: int | None
    share: int


class OpinionRow(PageModel):
    """The scores of one group, in all cases or in those with one value."""

    name: str
    group: str
    asked: int | None
    answered: int | None
    scores: list[Score]


class LateRow(PageModel):
    """A kind of missed deadlines: in how many cases, and how many of those for each reason."""

    kind: str
    cases: int | None
    because: list[tuple[str, str]]


class FiguresPage(PageModel):
    """The figures of one period."""

    by: str
    choices: list[tuple[str, str]]
    period: str
    periods: list[tuple[str, str]]
    smallest: int
    rows: list[Row]
    survey: str
    surveys: list[tuple[str, str]]
    opinions: list[OpinionRow]
    missed: str
    missed_periods: list[tuple[str, str]]
    late: list[LateRow]
    files: list[tuple[str, str]]


@pages.show(PATH, WHO)
async def show(visit: StaffVisit) -> Response:
    """Show the newest period, or the requested one."""
    read, by = await told(visit)
    periods = {each.first_quarter: each for each in reversed(read.periods)}
    chosen = visit.request.query_params.get("period", "")
    period = periods.get(chosen) or next(iter(periods.values()), None)
    names = {"": visit.say(_("Alle zaken"))}
    rows = [] if period is None else [("", period.total), *((each.value, each) for each in period.rows)]
    most = max((numbers.referrals or 0 for _value, numbers in rows), default=0)
    surveys = {each.first_quarter: each for each in reversed(read.surveys)}
    survey = surveys.get(visit.request.query_params.get("survey", "")) or next(iter(surveys.values()), None)
    missed = {each.first_quarter: each for each in reversed(read.late)}
    late = missed.get(visit.request.query_params.get("late", "")) or next(iter(missed.values()), None)
    model = FiguresPage(
        by=by,
        choices=[(code, visit.say(label)) for code, label in BY.items()],
        period=period.first_quarter if period else "",
        periods=[(first, _span(visit, each)) for first, each in periods.items()],
        smallest=read.smallest_group,
        rows=[
            _row(visit, names.get(value) or visit.word(_VALUES, value), each, most) for value, each in rows
        ],
        survey=survey.first_quarter if survey else "",
        surveys=[(first, _span(visit, each)) for first, each in surveys.items()],
        opinions=[] if survey is None else _opinions(visit, survey),
        missed=late.first_quarter if late else "",
        missed_periods=[(first, _span(visit, each)) for first, each in missed.items()],
        late=[] if late is None else [_late(visit, each) for each in late.kinds],
        files=[
            ("CSV", f"{PATH}.csv?by={by}"),
            (visit.say(_("CSV van wat mensen ervan vonden")), f"{PATH}/opinions.csv?by={by}"),
            (visit.say(_("CSV van wat later klaar was")), f"{PATH}/late.csv"),
            ("JSON", f"{PATH}.json?by={by}"),
        ],
    )
    return visit.page("figures.html", model)


def _row(visit: StaffVisit, name: str, numbers: Numbers, most: int) -> Row:
    cells = []
    for measure, (label, base) in MEASURES.items():
        number = getattr(numbers, measure)
        whole = most if base is None else getattr(numbers, base)
        cells.append(
            Cell(
                label=visit.say(label),
                number=number,
                out_of=None if base is None else visit.say(_OUT_OF[base]),
                share=round(100 * number / whole) if number is not None and whole else None,
            )
        )
    per_conference, per_plan = (
        [
            (
                visit.say(label),
                None if (value := getattr(numbers.averages, each)) is None else _tenths(visit, value),
            )
            for each, label in averages.items()
        ]
        for averages in (PER_CONFERENCE, PER_PLAN)
    )
    of = numbers.said.agreements
    said = [
        Cell(
            label=visit.say(label),
            number=(number := getattr(numbers.said, each)),
            out_of=visit.say(_("van deze afspraken")),
            share=round(100 * number / of) if of and number is not None and each != "agreements" else None,
        )
        for each, label in SAID.items()
    ]
    return Row(name=name, cells=cells, per_conference=per_conference, per_plan=per_plan, said=said)


def _opinions(visit: StaffVisit, survey: SurveyPeriod) -> list[OpinionRow]:
    """Return the published scores of a period; without values that have none."""
    found = []
    for value, opinions in [("", survey.total), *((each.value, each) for each in survey.rows)]:
        name = visit.word(_VALUES, value) if value else visit.say(_("Alle zaken"))
        for group, label in GROUPS.items():
            said: GroupOpinion = getattr(opinions, group)
            if value and said.asked is None:
                continue
            scores = [_score(visit, text, getattr(said, each)) for each, text in QUESTIONS.items()]
            found.append(
                OpinionRow(
                    name=name,
                    group=visit.say(label),
                    asked=said.asked,
                    answered=said.answered,
                    scores=scores,
                )
            )
    return found


def _late(visit: StaffVisit, kind: LateKind) -> LateRow:
    reasons = {**LATE_BECAUSE, "none": _("Nog niet gezegd")}
    return LateRow(
        kind=visit.say(TO_DO.get(kind.kind, SOMETHING_TO_DO)),
        cases=kind.cases,
        because=[
            (visit.word(reasons, each.reason), "\N{EN DASH}" if each.cases is None else str(each.cases))
            for each in kind.because
            if kind.cases is not None and each.cases != 0
        ],
    )


def _score(visit: StaffVisit, label: str, score: MeanScore) -> Score:
    return Score(
        label=visit.say(label),
        mean=None if score.mean is None else _tenths(visit, score.mean),
        answers=score.answers,
        share=round(10 * (score.mean or 0)),
    )


def _tenths(visit: StaffVisit, value: float) -> str:
    return str(value) if visit.language == "en" else str(value).replace(".", ",")


def _span(visit: StaffVisit, period: Period | SurveyPeriod | LatePeriod) -> str:
    """Return the months of some quarters, in words."""
    (year, first), (last_year, last) = (
        (int(year), 3 * int(quarter))
        for year, quarter in (each.split("-Q") for each in (period.first_quarter, period.last_quarter))
    )
    begins, ends = date(year, first - 2, 1), date(last_year, last, 1)
    return format_interval(begins, ends, "yMMMM", locale=visit.language)


async def told(visit: StaffVisit) -> tuple[Statistics, str]:
    """Return the requested figures, and how they are grouped."""
    by = read_choice(visit.request.query_params.get("by") or "none", BY)
    return await visit.ask(STATISTICS, query={"by": by}), by
