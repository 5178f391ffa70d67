"""An organisation's figures as files: CSV and JSON."""

import csv
import io

from starlette.responses import JSONResponse, Response

from services.portal.pages import Pages
from services.portal.routes.figure_answers import Average, GroupOpinion, Numbers, Share
from services.portal.routes.figure_words import AVERAGES, GROUPS, MEASURES, QUESTIONS, SAID, SHARES
from services.portal.routes.figures import PATH, WHO, told
from services.portal.staff import StaffVisit

pages = Pages()
_COLUMNS = [
    *MEASURES,
    *(f"{name}{more}" for name in AVERAGES for more in ("", "_cases")),
    *(f"{name}_{code}".replace("-", "_") for name, codes in SHARES.items() for code in codes),
    *(f"said_{each}" for each in SAID),
]


@pages.show(f"{PATH}.csv", WHO)
async def as_csv(visit: StaffVisit) -> Response:
    """Return every period as lines, for a spreadsheet."""
    read, by = await told(visit)
    written = io.StringIO()
    lines = csv.writer(written)
    lines.writerow(["first_quarter", "last_quarter", "by", "value", *_COLUMNS])
    for period in read.periods:
        for value, numbers in [("", period.total), *((each.value, each) for each in period.rows)]:
            quarters = (period.first_quarter, period.last_quarter)
            lines.writerow([*quarters, by, _harmless(value), *_values(numbers)])
    return _file(Response(written.getvalue(), media_type="text/csv; charset=utf-8"), "csv")


@pages.show(f"{PATH}/opinions.csv", WHO)
async def opinions_as_csv(visit: StaffVisit) -> Response:
    """Return the survey scores as lines, one for each group."""
    read, by = await told(visit)
    written = io.StringIO()
    lines = csv.writer(written)
    scores = [f"{question}_{what}" for question in QUESTIONS for what in ("mean", "answers")]
    lines.writerow(["first_quarter", "last_quarter", "by", "value", "group", "asked", "answered", *scores])
    for period in read.surveys:
        for value, opinions in [("", period.total), *((each.value, each) for each in period.rows)]:
            for group in GROUPS:
                said: GroupOpinion = getattr(opinions, group)
                given = [getattr(said, question) for question in QUESTIONS]
                lines.writerow(
                    [
                        *(period.first_quarter, period.last_quarter, by, _harmless(value), group),
                        *(said.asked, said.answered),
                        *(each for score in given for each in (score.mean, score.answers)),
                    ]
                )
    return _file(Response(written.getvalue(), media_type="text/csv; charset=utf-8"), "csv", name="opinions")


@pages.show(f"{PATH}/late.csv", WHO)
async def late_as_csv(visit: StaffVisit) -> Response:
    """Return the missed deadlines as lines, one for each kind and reason; without a reason, for the kind."""
    read, _by = await told(visit)
    written = io.StringIO()
    lines = csv.writer(written)
    lines.writerow(["first_quarter", "last_quarter", "kind", "reason", "cases"])
    for period in read.late:
        quarters = (period.first_quarter, period.last_quarter)
        lines.writerow([*quarters, "", "", period.cases])
        for kind in period.kinds:
            lines.writerow([*quarters, kind.kind, "", kind.cases])
            lines.writerows([*quarters, kind.kind, each.reason, each.cases] for each in kind.reasons)
    return _file(Response(written.getvalue(), media_type="text/csv; charset=utf-8"), "csv", name="late")


@pages.show(f"{PATH}.json", WHO)
async def as_json(visit: StaffVisit) -> Response:
    """Return every period as intake gives it."""
    read, _by = await told(visit)
    return _file(JSONResponse(read.model_dump(mode="json")), "json")


def _values(numbers: Numbers) -> list[float | None]:
    """Return the numbers of a line, in the order of its columns."""
    means = [numbers.averages.get(each, Average()) for each in AVERAGES]
    return [
        *(getattr(numbers, each) for each in MEASURES),
        *(number for each in means for number in (each.mean, each.cases)),
        *(
            numbers.shares.get(name, Share()).cases.get(code)
            for name, codes in SHARES.items()
            for code in codes
        ),
        *(getattr(numbers.said, each) for each in SAID),
    ]


def _harmless(value: str) -> str:
    """Return a value that no spreadsheet takes for a formula."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@")) else value


def _file(response: Response, kind: str, *, name: str = "figures") -> Response:
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response
