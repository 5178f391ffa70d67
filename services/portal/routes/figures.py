"""An organisation's figures: the outcomes of its cases, by period and kind, as a page and as files.

Intake decides which numbers are published: others are empty here and in the files.
"""

from collections.abc import Sequence
from datetime import date

from babel.dates import format_interval
from starlette.responses import Response

from services.portal.boards import SOMETHING_TO_DO, TO_DO
from services.portal.forms import read_choice
from services.portal.pages import Pages
from services.portal.routes.figure_answers import (
    STATISTICS,
    Average,
    GroupOpinion,
    LateKind,
    LatePeriod,
    MeanScore,
    Numbers,
    Period,
    Share,
    Statistics,
    SurveyPeriod,
)
from services.portal.routes.figure_words import (
    BY,
    ENDED,
    GROUPS,
    MEASURES,
    OUT_OF,
    QUESTIONS,
    SAID,
    SECTIONS,
    VALUES,
    Averages,
    Shares,
)
from services.portal.staff import StaffVisit, section, staff
from services.portal.staff_words import LATE_REASONS
from services.portal.visits import PageModel
from services.portal.wording import mark as _
from shared.auth import Role

pages = Pages()
PATH = "/figures"
WHO = staff(Role.REGIONAL_MANAGER, Role.ADMINISTRATOR, Role.DPO)
section(PATH, _("Cijfers"), Role.REGIONAL_MANAGER, Role.ADMINISTRATOR, Role.DPO)


class Line(PageModel):
    """A number in a cell: of what, out of what, and the length of its bar (of a hundred)."""

    label: str | None = None
    number: str | None
    detail: str | None = None
    share: int | None = None


class Row(PageModel):
    """What is published of one value, or of all: the lines of each column."""

    name: str
    cells: list[list[Line]]


class Figures(PageModel):
    """A table of figures."""

    caption: str
    columns: list[str]
    rows: list[Row]
    hint: str | None = None


class Part(PageModel):
    """Tables under a heading."""

    heading: str
    tables: list[Figures]


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
    reasons: list[tuple[str, str]]


class FiguresPage(PageModel):
    """The figures of one period."""

    by: str
    choices: list[tuple[str, str]]
    period: str
    periods: list[tuple[str, str]]
    smallest: int
    parts: list[Part]
    survey: str
    surveys: list[tuple[str, str]]
    opinions: list[OpinionRow]
    missed: str
    missed_periods: list[tuple[str, str]]
    # In how many cases anything was late.
    late_cases: int | None
    late: list[LateRow]
    files: list[tuple[str, str]]


@pages.show(PATH, WHO)
async def show(visit: StaffVisit) -> Response:
    """Show the newest period, or the requested one."""
    read, by = await told(visit)
    periods = {each.first_quarter: each for each in reversed(read.periods)}
    chosen = visit.request.query_params.get("period", "")
    period = periods.get(chosen) or next(iter(periods.values()), None)
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
        parts=[] if period is None else _parts(visit, period),
        survey=survey.first_quarter if survey else "",
        surveys=[(first, _span(visit, each)) for first, each in surveys.items()],
        opinions=[] if survey is None else _opinions(visit, survey),
        missed=late.first_quarter if late else "",
        missed_periods=[(first, _span(visit, each)) for first, each in missed.items()],
        late_cases=None if late is None else late.cases,
        late=[] if late is None else [_late(visit, each) for each in late.kinds],
        files=[
            ("CSV", f"{PATH}.csv?by={by}"),
            (visit.say(_("CSV van wat mensen ervan vonden")), f"{PATH}/opinions.csv?by={by}"),
            (visit.say(_("CSV van wat later klaar was")), f"{PATH}/late.csv"),
            ("JSON", f"{PATH}.json?by={by}"),
        ],
    )
    return visit.page("figures.html", model)


def _parts(visit: StaffVisit, period: Period) -> list[Part]:
    """Return the tables of a period: a row for all cases, and one for each value."""
    named = [(visit.say(_("Alle zaken")), period.total)]
    named += [(visit.word(VALUES, each.value), each) for each in period.rows]
    most = max((numbers.referrals or 0 for _name, numbers in named), default=0)
    cases = Figures(
        caption=visit.say(_("Zaken")),
        columns=[visit.say(label) for label, _base in MEASURES.values()],
        rows=[
            Row(name=name, cells=[[_counted(visit, numbers, each, most)] for each in MEASURES])
            for name, numbers in named
        ],
    )
    said = Figures(
        caption=visit.say(_("Hoe het met afspraken gaat")),
        columns=[visit.say(label) for label in SAID.values()],
        rows=[
            Row(name=name, cells=[[_told(visit, numbers, each)] for each in SAID]) for name, numbers in named
        ],
        hint=visit.say(
            _(
                "Wat er het laatst van elke afspraak gezegd is, in zaken waar een plan uit een conferentie kwam."
            )
        ),
    )
    parts = [Part(heading=visit.say(_("Hoe ver zaken kwamen")), tables=[cases, _shares(visit, ENDED, named)])]
    for heading, tables in SECTIONS.items():
        parts.append(
            Part(
                heading=visit.say(heading),
                tables=[
                    _averages(visit, each, named)
                    if isinstance(each, Averages)
                    else _shares(visit, each, named)
                    for each in tables
                ],
            )
        )
    parts[-1].tables.append(said)
    return parts


def _counted(visit: StaffVisit, numbers: Numbers, measure: str, most: int) -> Line:
    base = MEASURES[measure][1]
    number = getattr(numbers, measure)
    return _line(visit, number, most if base is None else getattr(numbers, base), base and OUT_OF[base])


def _told(visit: StaffVisit, numbers: Numbers, name: str) -> Line:
    number = getattr(numbers.said, name)
    if name == "agreements":
        return _line(visit, number, None, None)
    return _line(visit, number, numbers.said.agreements, _("van deze afspraken"))


def _line(
    visit: StaffVisit, number: int | None, whole: int | None, out_of: str | None, label: str | None = None
) -> Line:
    """Return a number with its share of a whole: in words, unless these are None, and as a bar."""
    if number is None:
        return Line(label=label, number=None)
    share = round(100 * number / whole) if whole else None
    detail = f"{share}% {visit.say(out_of)}" if out_of and share is not None else None
    return Line(label=label, number=str(number), detail=detail, share=share)


def _averages(visit: StaffVisit, table: Averages, named: Sequence[tuple[str, Numbers]]) -> Figures:
    def line(average: Average) -> Line:
        if average.mean is None or average.cases is None:
            return Line(number=None)
        of = visit.say(_("uit {number} zaken")).format(number=average.cases)
        return Line(number=_tenths(visit, average.mean), detail=of)

    return Figures(
        caption=visit.say(table.caption),
        columns=[visit.say(label) for label in table.labels.values()],
        rows=[
            Row(name=name, cells=[[line(numbers.averages.get(each, Average()))] for each in table.labels])
            for name, numbers in named
        ],
    )


def _shares(visit: StaffVisit, table: Shares, named: Sequence[tuple[str, Numbers]]) -> Figures:
    def lines(share: Share, words: dict[str, str]) -> list[Line]:
        """Return a line for each answer that any case has."""
        if all(number is None for number in share.cases.values()):
            return [Line(number=None)]
        told = {code: share.cases.get(code, 0) for code in {**words, **share.cases}}
        of = visit.say(_("van {number}")).format(number=share.of)
        return [
            Line(
                label=visit.word(words, code),
                number=None if number is None else str(number),
                detail=None if number is None else of,
                share=round(100 * number / share.of) if number and share.of else None,
            )
            for code, number in told.items()
            if number != 0
        ] or [Line(number="0")]

    return Figures(
        caption=visit.say(table.caption),
        columns=[visit.say(label) for label, _codes in table.labels.values()],
        rows=[
            Row(
                name=name,
                cells=[
                    lines(numbers.shares.get(each, Share()), words)
                    for each, (_l, words) in table.labels.items()
                ],
            )
            for name, numbers in named
        ],
    )


def _opinions(visit: StaffVisit, survey: SurveyPeriod) -> list[OpinionRow]:
    """Return the published scores of a period; without values that have none."""
    found = []
    for value, opinions in [("", survey.total), *((each.value, each) for each in survey.rows)]:
        name = visit.word(VALUES, value) if value else visit.say(_("Alle zaken"))
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
    reasons = {**LATE_REASONS, "none": _("Nog niet gezegd")}
    return LateRow(
        kind=visit.say(TO_DO.get(kind.kind, SOMETHING_TO_DO)),
        cases=kind.cases,
        reasons=[
            (visit.word(reasons, each.reason), "\N{EN DASH}" if each.cases is None else str(each.cases))
            for each in kind.reasons
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
