"""Events that a service could not handle, for ops: why, since when, with replay and discard."""

import asyncio
from datetime import datetime
from typing import ClassVar, Literal

from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.forms import NotThere, read_id
from services.portal.pages import Pages
from services.portal.staff import StaffVisit, section, staff
from services.portal.visits import Form, PageModel
from services.portal.wording import mark as _
from shared.auth import Role
from shared.errors import Operational
from shared.http.dead_letters import ChosenLetters, dead_letters_of, settle
from shared.services import PORTAL, PROCESSES, SERVICES

pages = Pages()
LIST = "/ops/dead-letters"
ONE = f"{LIST}/{{service}}/{{letter_id}}"
section(LIST, _("Wat niet verwerkt raakte"), Role.OPS)
_ops = staff(Role.OPS, of_no_tenant=True)
KINDS = {
    "bug": _("een fout in het programma"),
    "malformed": _("het bericht is niet te lezen"),
    "forged": _("de handtekening klopt niet"),
    "not-yet": _("waar het over gaat, is hier niet bekend"),
    "operational": _("een onderdeel antwoordde niet"),
    "delivery-limit": _("het programma viel er telkens op uit"),
}


class Letter(Answer):
    """An event that was not handled."""

    letter_id: str
    event_type: str
    kind: str
    cause: str
    attempts: int
    died_at: datetime | None


class Letters(Answer):
    """Those of a service, the oldest first."""

    items: list[Letter]
    more: bool


class Settled(Answer):
    """How many of those chosen still existed."""

    settled: int


LETTERS = {service: Operation(service, "GET", "/v1/dead-letters", Letters) for service in SERVICES}
REPLAY = {service: Operation(service, "POST", "/v1/dead-letters/replay", Settled) for service in SERVICES}
DISCARD = {service: Operation(service, "POST", "/v1/dead-letters/discard", Settled) for service in SERVICES}


class ShownLetter(PageModel):
    """One event in a table."""

    service: str
    letter_id: str
    event_type: str
    kind: str
    cause: str
    attempts: int
    died_at: str | None
    # Something that is no event may have anything for an id: that is left to the command line.
    has_page: bool


class DeadLettersPage(PageModel):
    """The dead letters, the services that do not answer, and where there are more than are shown."""

    letters: list[ShownLetter]
    silent: list[str]
    more: list[str]
    broker_pages: str | None


class DeadLetterPage(PageModel):
    """One event, and what can be done with it; None if it no longer exists."""

    letter: ShownLetter | None
    choices: list[tuple[str, str, str]]


@pages.show(LIST, _ops)
async def show_all(visit: StaffVisit) -> Response:
    """Show the dead letters, also while some services do not answer."""

    async def read(service: str) -> Letters | None:
        try:
            return await _letters(visit, service)
        except Operational:
            return None

    found = dict(zip(PROCESSES, await asyncio.gather(*map(read, PROCESSES)), strict=True))
    model = DeadLettersPage(
        letters=[
            await _shown(visit, service, each)
            for service, listed in found.items()
            for each in (listed.items if listed else [])
        ],
        silent=[service for service, listed in found.items() if listed is None],
        more=[service for service, listed in found.items() if listed and listed.more],
        broker_pages=visit.parts.settings.broker_pages_url,
    )
    return visit.page("ops_dead_letters.html", model)


async def _letters(visit: StaffVisit, service: str) -> Letters:
    """Return those of a service, or of the portal itself, from its own queue. Raises: Operational."""
    if service == PORTAL:
        return Letters.model_validate((await dead_letters_of(visit.parts)).model_dump())
    return await visit.ask(LETTERS[service])


async def _shown(visit: StaffVisit, service: str, letter: Letter) -> ShownLetter:
    dates = await visit.dates()
    return ShownLetter(
        service=service,
        letter_id=letter.letter_id,
        event_type=letter.event_type,
        kind=visit.word(KINDS, letter.kind),
        cause=letter.cause,
        attempts=letter.attempts,
        died_at=dates.time(letter.died_at) if letter.died_at else None,
        has_page=letter.letter_id == read_id(letter.letter_id),
    )


def _service(visit: StaffVisit) -> str:
    named: str = visit.request.path_params["service"]
    if named not in PROCESSES:
        raise NotThere
    return named


class DecisionForm(Form):
    """The decision about an event, by somebody who understands the consequences."""

    WANTED: ClassVar = {
        "do": _("Kies wat ermee moet gebeuren."),
        "understood": _("Zet hier een vinkje als je weet wat er gebeurt."),
    }

    do: Literal["replay", "discard"]
    understood: str


@pages.show(ONE, _ops)
async def show(visit: StaffVisit) -> Response:
    """Explain the consequences of each choice beforehand."""
    service = _service(visit)
    listed = await _letters(visit, service)
    wanted = visit.request.path_params["letter_id"]
    found = next((each for each in listed.items if each.letter_id == wanted), None)
    model = DeadLetterPage(
        letter=None if found is None else await _shown(visit, service, found),
        choices=[
            (
                "replay",
                visit.say(_("Opnieuw laten verwerken")),
                visit.say(_("Alsof het nu pas aankomt. Is de oorzaak er nog, dan komt het hier terug.")),
            ),
            (
                "discard",
                visit.say(_("Weggooien")),
                visit.say(
                    _(
                        "De dienst verneemt het nooit: wat erop moest volgen, gebeurt niet. Dit kan niet terug."
                    )
                ),
            ),
        ],
    )
    return visit.page("ops_dead_letter.html", model)


@pages.send(ONE, _ops, shown_by=show)
async def decide(visit: StaffVisit) -> Response:
    """Replay or discard one event; if somebody else was first it is gone."""
    service, form = _service(visit), visit.read(DecisionForm)
    again, chosen = form.do == "replay", [read_id(visit.request.path_params["letter_id"])]
    if service == PORTAL:
        count = (await settle(visit.parts, ChosenLetters(letter_ids=chosen), again=again)).settled
    else:
        operation = (REPLAY if again else DISCARD)[service]
        count = (await visit.ask(operation, body={"letter_ids": chosen})).settled
    return visit.go(LIST) if count else await show(visit)
