"""The legal bases of one person's data, decided by the data protection officer."""

from datetime import datetime
from typing import ClassVar, Literal

from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.routes.safeguards import BASES
from services.portal.staff import StaffVisit, staff
from services.portal.visits import Form, PageModel
from services.portal.wording import mark as _
from shared.auth import Role

pages = Pages()
_PATH = "/privacy/basis/{person_id}"
_officer = staff(Role.DPO)


class Basis(Answer):
    """The legal basis from a moment on. `policy_version`: the policy that set it for their kind."""

    basis: str
    since: datetime
    policy_version: int | None


class Bases(Answer):
    """All of them, the newest first."""

    items: list[Basis]
    version: int


BASIS = Operation("network", "GET", "/v1/persons/{person_id}/legal-basis", Bases)
DECIDE = Operation("network", "PUT", "/v1/persons/{person_id}/legal-basis", Bases)


class BasisPage(PageModel):
    """The legal bases of a person's data: each with its start, and whether it is that of their kind."""

    bases: list[tuple[str, str, bool]]
    now: str
    version: int
    choices: list[tuple[str, str, None]]


class BasisForm(Form):
    """The officer's decision."""

    WANTED: ClassVar = {"basis": _("Kies waarom jullie deze gegevens mogen bewaren.")}

    basis: Literal[
        "consent", "contract", "legal-obligation", "vital-interests", "public-task", "legitimate-interest"
    ]


def _id(visit: StaffVisit) -> str:
    return read_id(visit.request.path_params["person_id"])


@pages.show(_PATH, _officer)
async def show(visit: StaffVisit) -> Response:
    """Show the current one, and the earlier ones."""
    found, dates = await visit.ask(BASIS, person_id=_id(visit)), await visit.dates()
    model = BasisPage(
        bases=[
            (visit.word(BASES, each.basis), dates.day(each.since), each.policy_version is not None)
            for each in found.items
        ],
        now=found.items[0].basis if found.items else "",
        version=found.version,
        choices=[(code, visit.say(words), None) for code, words in BASES.items()],
    )
    return visit.page("legal_basis.html", model)


@pages.send(_PATH, _officer, shown_by=show)
async def decide(visit: StaffVisit) -> Response:
    """Set another one, from now on."""
    body = {"basis": visit.read(BasisForm).basis, "version": visit.version}
    await visit.ask(DECIDE, body=body, person_id=_id(visit))
    return visit.go(_PATH.format(person_id=_id(visit)))
