"""A small service with every kind of route, for the tests of shared.http."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Annotated, Any, cast
from uuid import UUID, uuid4

import httpx2
from fastapi import Depends, FastAPI
from pydantic import ConfigDict
from sqlalchemy import Column, DateTime, MetaData, Table, Text, Uuid, insert, select, text
from starlette.types import Receive, Scope, Send
from structlog.contextvars import get_contextvars

from shared.auth import (
    LOCAL_ISSUER,
    PLATFORM_ISSUER,
    Issuer,
    Principal,
    Role,
    Verifier,
    generate_key,
    trusted_issuer,
)
from shared.clock import SystemClock
from shared.context import Context
from shared.database import Database
from shared.errors import Conflict, Gone, NotFound, NotYet, Operational, TooManyRequests
from shared.fields import Line
from shared.http import (
    Anyone,
    Now,
    Page,
    Paging,
    Person,
    RequestModel,
    ResponseModel,
    Router,
    Service,
    Session,
    Staff,
    allow,
    anonymous,
    create_service_app,
    paginate,
)
from shared.ids import uuid7
from shared.settings import Settings
from shared.vault import KeyStore, MasterKey, Vault

KEY, LOCAL_KEY = generate_key("network"), generate_key()
ORGANISATION, ELSEWHERE = uuid4(), uuid4()
PLATFORM = Issuer(KEY)
LOCAL = Issuer(LOCAL_KEY, name=LOCAL_ISSUER)

thing = Table(
    "thing",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
)
# Checked at the commit and not before: what a commit that fails looks like.
DEFERRED = """
    CREATE CONSTRAINT TRIGGER late AFTER INSERT ON thing DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.name = 'fails late') EXECUTE FUNCTION refuse_late()
"""
REFUSE = """
    CREATE FUNCTION refuse_late() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the name is %', NEW.name USING ERRCODE = 'P0001'; END $$
"""


class NewThing(RequestModel):
    """What a thing is made of."""

    name: Line
    size: int = 1


class Made(ResponseModel):
    """A thing that was made."""

    id: UUID
    name: str


class Size(RequestModel):
    """A text whose length is asked."""

    text: str


class Statement(RequestModel):
    """A text that may be long."""

    model_config = ConfigDict(str_max_length=10_000_000)

    text: str


class AlreadyMade(Conflict):
    """There is one of this name."""

    code = "already-made"
    title = "There is such a thing already"


router = Router()


@router.post("/v1/things", status_code=201)
async def make(
    body: NewThing,
    principal: Annotated[Principal, Depends(allow(Role.FINANCE))],
    session: Session,
    now: Now,
    copies: int = 0,
) -> Made:
    """Make a thing."""
    del principal, copies
    row: dict[str, Any] = {"id": uuid7(), "name": body.name, "made_at": now}
    await session.execute(insert(thing).values(**row))
    if body.name == "fails":
        raise AlreadyMade("choose another name", names=3)
    if body.name == "breaks":
        raise ValueError(f"secret {body.name}")
    return Made(id=row["id"], name=body.name)


@router.get("/v1/things")
async def things(principal: Staff, session: Session, page: Paging) -> Page[Made]:
    """List things, newest first."""
    del principal
    rows = await paginate(session, select(thing), page, time=thing.c.made_at, id=thing.c.id)
    return Page(items=[Made(id=row.id, name=row.name) for row in rows.items], next=rows.next)


@router.get("/v1/errors/{name}")
async def errors(name: str, principal: Anyone) -> None:
    """Raise the error of this name."""
    del principal
    raised: dict[str, Exception] = {
        "not-found": NotFound(),
        "gone": Gone(),
        "busy": TooManyRequests("slowly", retry_after=7),
        "not-yet": NotYet("case"),
        "down": Operational("database: OSError"),
        "bug": RuntimeError("a name that nobody may read"),
    }
    raise raised[name]


@router.get("/v1/cases/{case_id}")
async def bound(case_id: UUID, principal: Anyone) -> dict[str, str]:
    """Return what log lines of this request carry."""
    del principal, case_id
    return dict(get_contextvars())


@router.get("/v1/scope")
async def scope(principal: Anyone, session: Session) -> dict[str, str]:
    """Return whose transaction this is."""
    del principal
    names = ("app.tenant", "app.party", "app.subject")
    settings = ", ".join(f"current_setting('{name}', true)" for name in names)
    row = (await session.execute(text(f"SELECT {settings}"))).one()
    return dict(zip(names, (value or "" for value in row), strict=True))


@router.get("/v1/open", dependencies=[anonymous])
async def open_to_all(session: Session) -> dict[str, bool]:
    """Answer anyone."""
    await session.execute(text("SELECT 1"))
    return {"open": True}


@router.post("/v1/open", dependencies=[anonymous], status_code=201)
async def written_by_anyone(body: NewThing, session: Session, now: Now) -> Made:
    """Make a thing for anyone."""
    row: dict[str, Any] = {"id": uuid7(), "name": body.name, "made_at": now}
    await session.execute(insert(thing).values(**row))
    return Made(id=row["id"], name=body.name)


@router.get("/v1/persons-only")
async def persons_only(principal: Person) -> UUID:
    """Return who asks."""
    return principal.id


@router.get("/v1/services-only")
async def services_only(principal: Service) -> str:
    """Return why the service asks."""
    return f"{principal.service}/{principal.purpose}"


@router.get("/v1/parties")
async def parties(
    principal: Annotated[Principal, Depends(allow(Role.REFERRER, from_elsewhere=True))],
) -> UUID:
    """Answer referrers of any organisation."""
    return principal.tenant


@router.get("/v1/ops")
async def for_ops(principal: Annotated[Principal, Depends(allow(Role.OPS))]) -> UUID:
    """Answer ops."""
    return principal.tenant


@router.post("/v1/texts")
async def texts(body: Size, principal: Anyone) -> int:
    """Return the length of a text of the usual size."""
    del principal
    return len(body.text)


@router.post("/v1/statements", max_body_size=10 * 1024 * 1024)
async def statements(body: Statement, principal: Anyone) -> int:
    """Return the length of a text that may be long."""
    del principal
    return len(body.text)


def verifier() -> Verifier:
    """Return a verifier that trusts both test issuers."""
    return Verifier.of(
        [trusted_issuer(PLATFORM_ISSUER, KEY), trusted_issuer(LOCAL_ISSUER, LOCAL_KEY)], local=True
    )


def staff(*roles: Role, organisation: UUID | None = ORGANISATION) -> dict[str, str]:
    """Return the headers of a member of staff."""
    token = LOCAL.staff(person=uuid4(), organisation=organisation, roles=set(roles))
    return {"authorization": f"Bearer {token}"}


@dataclass
class Running:
    """The service, its database and a client."""

    app: FastAPI
    database: Database
    client: httpx2.AsyncClient
    context: Context

    async def empty(self) -> None:
        """Remove all rows."""
        async with self.database.transaction() as session:
            await session.execute(text("TRUNCATE thing, idempotency_key"))

    async def names(self) -> list[str]:
        """Return the names of all things that were committed."""
        async with self.database.transaction() as session:
            return sorted((await session.execute(select(thing.c.name))).scalars())


async def running(database: Database, keys: Database, stack: AsyncExitStack) -> Running:
    """Return the service on a database with the platform tables."""
    async with database.engine.begin() as connection:
        await connection.run_sync(thing.metadata.create_all)
        await connection.execute(text(REFUSE))
        await connection.execute(text(DEFERRED))
    master = MasterKey(b"m" * 32)
    context = Context(
        service="test",
        settings=Settings(local=True),
        database=database,
        clock=SystemClock(),
        vault=Vault(service="test", store=KeyStore(keys, master=master), index_key=b"i" * 32),
        # Nothing here talks to these.
        temporal=cast("Any", None),
        services=cast("Any", None),
        issuer=PLATFORM,
    )
    app = create_service_app(context, title="Test", routers=[router], verifier=verifier())
    client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test")
    await stack.enter_async_context(client)
    return Running(app, database, client, context)


class Recorder:
    """An ASGI app around another that notes what was committed when the answer began."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self.names_at_start: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""

        async def noting(message: Any) -> None:
            if message["type"] == "http.response.start":
                self.names_at_start = await self._running.names()
            await send(message)

        await self._running.app(scope, receive, noting)
