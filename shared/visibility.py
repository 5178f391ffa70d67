"""Running workflows, as Temporal lists them by their search attributes: ids and codes, without input."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from temporalio.client import Client, WorkflowExecution
from temporalio.service import RPCError

from shared.errors import Operational
from shared.http.paging import CursorNotReadable
from shared.temporal import Temporal
from shared.workflow import NEXT_DUE, PHASE

PAUSED = "paused"
_WHAT = ("warn", "due")
_PATIENCE = timedelta(seconds=5)
_CHECKED_BY = 8


@dataclass(frozen=True)
class Running:
    """A running workflow. `waits_for`: the kind of the clock whose deadline it waits for, or "paused"."""

    id: str
    run_id: str
    type: str
    started_at: datetime
    waits_for: str | None
    next_due: datetime | None


async def running(
    temporal: Temporal,
    *,
    namespace: str,
    waits_for: str | None = None,
    late_at: datetime | None = None,
    most: int,
    after: bytes | None = None,
) -> tuple[list[Running], bytes | None]:
    """Return a page of the running workflows in a namespace, the newest first, and the token of the next page.

    `waits_for`: only those that wait for a clock of this kind (a known code), or are paused. `late_at`: only those
    whose deadline had passed by then. Raises: CursorNotReadable if `after` was never returned; Operational.
    """
    wanted = ['ExecutionStatus = "Running"']
    if waits_for is not None:
        phases = [PAUSED] if waits_for == PAUSED else [f"{waits_for}:{what}" for what in _WHAT]
        wanted.append("({})".format(" OR ".join(f'{PHASE.name} = "{each}"' for each in phases)))
    if late_at is not None:
        wanted.append(f'{NEXT_DUE.name} < "{late_at.isoformat()}"')
    client = Client((await temporal.client()).service_client, namespace=namespace)
    found = client.list_workflows(
        " AND ".join(wanted),
        page_size=most,
        next_page_token=None if after is None else _token_in(after),
        rpc_timeout=_PATIENCE,
    )
    try:
        await found.fetch_next_page()
    except RPCError as error:
        raise Operational(f"temporal: {error.status.name}") from None
    following = found.next_page_token
    return [_running(each) for each in found.current_page or ()], _mark(following) if following else None


# Temporal answers what it never handed out as if it were not there, and not that it was asked something wrong.
def _mark(token: bytes) -> bytes:
    return sha256(token).digest()[:_CHECKED_BY] + token


def _token_in(mark: bytes) -> bytes:
    """Return what Temporal handed out. Raises: CursorNotReadable."""
    token = mark[_CHECKED_BY:]
    if _mark(token) != mark:
        raise CursorNotReadable
    return token


def _running(found: WorkflowExecution) -> Running:
    published = found.typed_search_attributes
    phase = published.get(PHASE)
    return Running(
        id=found.id,
        run_id=found.run_id,
        type=found.workflow_type,
        started_at=found.start_time,
        waits_for=None if phase is None else phase.partition(":")[0],
        next_due=published.get(NEXT_DUE),
    )
