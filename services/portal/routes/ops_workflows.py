"""Running workflows and what each waits for, for ops: ids, kinds and times, as Temporal lists them."""

import asyncio
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import parse_qsl, quote, urlencode

from starlette.responses import Response

from services.portal.boards import SOMETHING_TO_DO, TO_DO
from services.portal.forms import read_choice
from services.portal.pages import Pages
from services.portal.staff import StaffVisit, section, staff
from services.portal.visits import TURNED_TO, PageModel
from services.portal.wording import mark as _
from shared.auth import Role
from shared.errors import Operational
from shared.http.paging import CursorNotReadable
from shared.services import PROCESSES
from shared.visibility import PAUSED, Running, running

pages = Pages()
PATH = "/ops/workflows"
section(PATH, _("Wat er loopt"), Role.OPS)
# Per service.
_AT_ONCE = 20
# What a workflow can wait for, in words.
_WAITS_FOR = {PAUSED: _("Niets: de zaak staat stil"), **TO_DO}


class WorkflowRow(PageModel):
    """One workflow, what it waits for, and its page at Temporal."""

    workflow_id: str
    type: str
    waits_for: str | None
    kind: str
    due: str | None
    late: bool
    since: str
    page: str | None


class WorkflowsPage(PageModel):
    """A page of running workflows; None where Temporal does not answer."""

    workflows: list[WorkflowRow] | None
    kinds: list[tuple[str, str]]
    kind: str
    late: bool
    more: str | None


@pages.show(PATH, staff(Role.OPS, of_no_tenant=True))
async def show(visit: StaffVisit) -> Response:
    """Show running workflows, the newest first: all, those waiting for one kind of clock, or late ones."""
    asked = visit.request.query_params
    kinds = {"": _("Alles"), **_WAITS_FOR}
    kind, late = read_choice(asked.get("kind", ""), kinds), asked.get("late") == "yes"
    after = _tokens(asked.get(TURNED_TO), [visit.parts.settings.namespace_of(each) for each in PROCESSES])
    now = await visit.parts.clock.now()
    workflows: list[WorkflowRow] | None = None
    following: dict[str, bytes] = {}
    try:
        lists = await asyncio.gather(
            *(
                running(
                    visit.parts.temporal,
                    namespace=namespace,
                    waits_for=kind or None,
                    late_at=now if late else None,
                    most=_AT_ONCE,
                    after=token,
                )
                for namespace, token in after.items()
            )
        )
        following = {name: token for name, (_, token) in zip(after, lists, strict=True) if token}
        found = [(each, name) for name, (those, _) in zip(after, lists, strict=True) for each in those]
        found.sort(key=lambda each: each[0].started_at, reverse=True)
        workflows = [await _row(visit, each, namespace, now=now) for each, namespace in found]
    except Operational:
        pass
    given = {"kind": kind, **({"late": "yes"} if late else {})}
    model = WorkflowsPage(
        workflows=workflows,
        kinds=[(code, visit.say(words)) for code, words in kinds.items()],
        kind=kind,
        late=late,
        more=visit.next_page(_written(following), **given),
    )
    return visit.page("ops_workflows.html", model)


def _tokens(after: str | None, namespaces: Sequence[str]) -> dict[str, bytes | None]:
    """Return the namespaces to ask, each with its page token. Raises: CursorNotReadable."""
    if not after:
        return dict.fromkeys(namespaces)
    try:
        tokens = {name: urlsafe_b64decode(token) for name, token in parse_qsl(after, strict_parsing=True)}
    except ValueError:
        raise CursorNotReadable from None
    if not tokens.keys() <= set(namespaces):
        raise CursorNotReadable
    return dict(tokens)


def _written(tokens: Mapping[str, bytes]) -> str | None:
    if not tokens:
        return None
    return urlencode({name: urlsafe_b64encode(token) for name, token in tokens.items()})


async def _row(visit: StaffVisit, found: Running, namespace: str, *, now: datetime) -> WorkflowRow:
    dates, settings = await visit.dates(), visit.parts.settings
    shown = None
    if settings.temporal_pages_url:
        of_all = f"{settings.temporal_pages_url.rstrip('/')}/namespaces/{quote(namespace, safe='')}"
        shown = f"{of_all}/workflows/{quote(found.id, safe='')}/{found.run_id}/history"
    return WorkflowRow(
        workflow_id=found.id,
        type=found.type,
        waits_for=visit.say(_WAITS_FOR.get(found.waits_for, SOMETHING_TO_DO)) if found.waits_for else None,
        kind=found.waits_for or "",
        due=dates.time(found.next_due) if found.next_due else None,
        late=found.next_due is not None and found.next_due < now,
        since=dates.time(found.started_at),
        page=shown,
    )
