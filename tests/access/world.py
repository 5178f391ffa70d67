"""A populated service, and how each of its operations is tried."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
from sqlalchemy import text

from shared.database import Database
from shared.ids import uuid7
from tests.access.cast import Cast

# Why a role, or who is no staff, is not let in at all, whatever they are to a case.
NOT_LET_IN = ("role-not-allowed", "kind-not-allowed")
_REFUSALS = {401: "no", 403: "no", 404: "hidden", 410: "gone"}
METHODS = ("get", "post", "put", "patch", "delete")
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


# Requests are tried by the thousand: what brings all rows back is a function, whose statements are planned once.
_KEEP = """DO $$ DECLARE one record; steps text := ''; BEGIN CREATE SCHEMA kept;
FOR one IN SELECT quote_ident(tablename) AS name, (
  SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns
  WHERE table_schema = 'public' AND table_name = tablename AND is_generated = 'NEVER') AS columns
FROM pg_tables WHERE schemaname = 'public' LOOP
  EXECUTE format('CREATE TABLE kept.%s AS TABLE public.%1$s', one.name);
  steps := steps || format('DELETE FROM public.%1$s;
    INSERT INTO public.%1$s (%2$s) OVERRIDING SYSTEM VALUE SELECT %2$s FROM kept.%1$s;', one.name, one.columns);
END LOOP;
EXECUTE format('CREATE FUNCTION kept.restore() RETURNS void LANGUAGE plpgsql AS %L', 'BEGIN ' || steps || ' END');
END $$"""


_MISSED = text("""INSERT INTO clock (id, kind, subject, stream, tenant, case_id, owner, workflow_id, policy_version,
    unit, state, started_at, due_at, breached_at)
    VALUES (:id, 'missed', :id, :id, :tenant, :case, :owner, 'missed', 1, 'days', 'breached', now(), now(), now())""")


@dataclass
class Try:
    """How an operation is tried: other ids than the usual ones in its path, and what is sent."""

    ids: dict[str, str] = field(default_factory=dict)
    send: dict[str, Any] = field(default_factory=dict)
    # What those who may do first, so that there is something to do: rows, and who they are.
    first: tuple[tuple[str, str], ...] = ()
    # Instead of the usual ids, for one asker: their own thing, where everybody has one.
    own_ids: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass
class World:
    """A service full of this case, another case of the tenant, and a case of another tenant."""

    service: str
    http: httpx2.AsyncClient
    owner: Database
    cast: Cast
    # What stands in paths: ids of this case.
    ids: dict[str, str]
    # Ids by which an answer shows whom it is about: this case, another case, elsewhere.
    marks: dict[str, set[str]]
    # What is sealed, by what it is and whose; each appears nowhere else.
    contents: dict[str, str]
    # The same as `ids`, of the case elsewhere.
    ids_elsewhere: dict[str, str] = field(default_factory=dict)
    tries: dict[str, Try] = field(default_factory=dict)

    def request(self, row: str, asker: str, ids: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return the request of a row of the table, about this case unless other ids are given."""
        door = gate_of(row)
        method, path = door.split(" ")
        tried = self.tries.get(row) or self._usual(door)
        values = self.ids | tried.ids | tried.own_ids.get(asker, {}) | dict(ids or {})
        names = re.findall(r"{(\w+)}", path)
        missing = [name for name in names if name not in values]
        assert not missing, f"{door}: say in tests/access/worlds/{self.service}.py what {missing} is"
        return {"method": method, "url": path.format_map(values), **tried.send}

    def _usual(self, door: str) -> Try:
        """Return how an operation that every service has is tried."""
        if door == "PUT /v1/clocks/{clock_id}/late-reason":
            return Try(send={"json": {"reason": "holidays"}})
        if door != "GET /v1/audit-log":
            return Try()
        case = self.ids.get("case_id")
        asked = {"case_id": case} if case is not None else {"person_id": self.ids["registration_id"]}
        return Try(send={"params": asked})

    def outcome(self, door: str, answer: httpx2.Response) -> str:
        """Return what an answer means, in the words of the table.

        A conflict, or a body that does not fit, is met only by those who may: for others it would tell something.
        """
        status = answer.status_code
        if status == 403 and not answer.json()["type"].endswith(NOT_LET_IN):
            return "refused"
        if status in _REFUSALS:
            return _REFUSALS[status]
        if not (answer.is_success or status in (409, 422)):
            return f"unexpected {status}"
        shown = " and ".join(whose for whose, marks in self.marks.items() if _shows(answer.text, marks))
        if _is_list(door, answer):
            return shown or ("yes" if answer.json()["items"] else "nothing")
        return "yes" if shown in ("", "this case") else f"yes, about {shown}"

    def nobodys_ids(self) -> dict[str, str]:
        """Return ids that nobody and nothing has, for everything that stands in a path."""
        return {name: str(uuid7()) for name, value in self.ids.items() if ID.fullmatch(value)}

    async def miss_deadlines(self) -> None:
        """Let a deadline have been missed, here and elsewhere: of a case's coordinator, or of finance without cases."""
        for tenant, ids in ((self.cast.tenant, self.ids), (self.cast.elsewhere, self.ids_elsewhere)):
            case = ids.get("case_id")
            made = {
                "id": uuid7(),
                "tenant": tenant,
                "case": case,
                "owner": "coordinator" if case else "finance",
            }
            async with self.owner.transaction() as session:
                await session.execute(_MISSED, made)
            ids["clock_id"] = str(made["id"])

    async def keep(self) -> None:
        """Keep every row as it is now, to come back to."""
        async with self.owner.transaction() as session:
            await session.execute(text(_KEEP))

    async def restore(self) -> None:
        """Come back to what was kept."""
        async with self.owner.transaction() as session:
            # Rows come and go in any order: no foreign key is looked at meanwhile.
            await session.execute(text("SET LOCAL session_replication_role = replica"))
            await session.execute(text("SELECT kept.restore()"))

    async def forget(self) -> None:
        """Leave the database with the tables that migrations made and no others."""
        async with self.owner.transaction() as session:
            await session.execute(text("DROP SCHEMA IF EXISTS kept CASCADE"))


def _shows(answer: str, marks: set[str]) -> bool:
    return not marks.isdisjoint(ID.findall(answer))


def _is_list(door: str, answer: httpx2.Response) -> bool:
    if not (answer.is_success and door.startswith("GET ") and "{" not in door):
        return False
    return answer.headers["content-type"].startswith("application/json") and "items" in answer.json()


def refusal(answer: httpx2.Response) -> str:
    """Return what a refusal says, without the ids that were asked for."""
    body = answer.json()
    return ID.sub("an id", " | ".join(str(body.get(name)) for name in ("type", "title", "status", "detail")))


def gate_of(row: str) -> str:
    """Return the operation of a row: what is written in brackets after it tells rows about its parts apart."""
    return row.partition(" (")[0]


def doors(document: Mapping[str, Any]) -> Iterator[str]:
    """Return every operation of an OpenAPI document as the tables name it."""
    for path, operations in document["paths"].items():
        for method in operations:
            if method in METHODS:
                yield f"{method.upper()} {path}"


def content(*words: str) -> str:
    """Return a text that appears nowhere else."""
    return "Zz" + "".join(part.capitalize() for word in words for part in re.findall(r"[a-z]+", word.lower()))


def strings_of(**ids: Any) -> dict[str, str]:
    """Return named ids as they stand in paths."""
    return {name: str(value) for name, value in ids.items()}


def strings(values: Iterable[Any]) -> set[str]:
    """Return ids as they stand in answers."""
    return {str(value) for value in values}
