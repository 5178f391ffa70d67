"""Every door of every service, tried by everyone: only those named in `doors.yaml` get past it.

Tried are all operations of the OpenAPI documents, by each role at its own organisation and at another one, by a person
of a circle, by a service, and by nobody, with a body that fits. Past the door means any answer but 401 and 403. What
is asked about does not exist, so past the door there is nothing: what somebody is to a case is tested by each service.
"""

import asyncio
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from pydantic import SecretStr

from deploy.local.postgres import PostgreSQL
from shared.auth import LOCAL_ISSUER, Issuer, Role
from shared.ids import derived
from shared.runtime import connected
from shared.settings import SERVICES, Settings
from tests.support.backing import KEYS, Databases

TABLE = Path(__file__).with_name("doors.yaml")
HERE, THERE = derived("a tenant"), derived("another tenant")
_REFUSED = {401, 403}
_METHODS = ("get", "post", "put", "patch", "delete")


def written(service: str) -> dict[str, set[str]]:
    """Return who is let in where, as the table says: `role` at the tenant itself, `role elsewhere`, and others."""
    table = yaml.safe_load(TABLE.read_text())
    groups: dict[str, list[str]] = table["groups"]
    return {
        door: {one for name in names for one in groups.get(name, [name])}
        for door, names in table["doors"][service].items()
    }


def askers(secrets_dir: Path) -> dict[str, dict[str, str]]:
    """Return the headers of everybody there is."""
    local = Issuer.load(secrets_dir / "local_issuer_key", name=LOCAL_ISSUER)
    platform = Issuer.load(secrets_dir / "signing_key")
    tokens: dict[str, str] = {
        "person": platform.person(
            person=derived("a person"), tenant=HERE, case=derived("a case"), case_role="central"
        ),
        "service": platform.service(service="network", purpose="copy-persons", tenant=HERE),
    }
    for role in Role:
        for name, organisation in ((role.value, HERE), (f"{role.value} elsewhere", THERE)):
            tokens[name] = local.staff(person=derived("staff", name), organisation=organisation, roles={role})
    everybody = {name: {"authorization": f"Bearer {token}"} for name, token in tokens.items()} | {
        "nobody": {}
    }
    return {name: headers | {"kring-tenant": str(HERE)} for name, headers in everybody.items()}


def doors(document: dict[str, Any]) -> Iterator[str]:
    """Return every operation as the table names it."""
    for path, operations in document["paths"].items():
        for method in operations:
            if method in _METHODS:
                yield f"{method.upper()} {path}"


def requests(document: dict[str, Any]) -> dict[str, Any]:
    """Return one well-formed request for every operation."""
    for operations in document["paths"].values():
        for operation in operations.values():
            operation.pop("security", None)
    found: dict[str, Any] = {}
    limits = settings(
        max_examples=1,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    every: Any = schemathesis.openapi.from_dict(document).get_all_operations()
    for result in every:

        def keep(case: Any) -> None:
            found[case.operation.label] = case

        strategy = result.ok().as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE)
        limits(given(case=strategy)(keep))()
    return found


@asynccontextmanager
async def served(service: str, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client of a service on real parts."""
    async with connected(service, settings) as context:
        app = import_module(f"services.{service}.api").create_app(context)
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{service}") as http:
            yield http


async def let_in(
    http: httpx.AsyncClient, generated: Any, everybody: dict[str, dict[str, str]]
) -> dict[str, int]:
    """Return how each asker was answered."""
    answers = {}
    for name, headers in everybody.items():
        arguments = generated.as_transport_kwargs(base_url=str(http.base_url), headers=headers)
        sent = {
            key: arguments[key] for key in ("method", "url", "params", "json", "headers") if key in arguments
        }
        sent["headers"] = {
            key: value for key, value in dict(sent["headers"]).items() if key.lower() != "kring-tenant"
        } | {"kring-tenant": str(HERE)}
        answer = await http.send(http.build_request(**sent, content=arguments.get("data")))
        assert answer.status_code != 500, (name, answer.text)
        answers[name] = answer.status_code
    return answers


class TestDoors:
    @pytest.mark.parametrize("service", SERVICES)
    async def test_let_in_whom_the_table_names_and_nobody_else(
        self, service: str, postgres: PostgreSQL, databases: Databases, secrets_dir: Path
    ) -> None:
        await databases.recreate(KEYS)
        await databases.recreate(service)
        settings = Settings(database_url=SecretStr(postgres.url), secrets_dir=secrets_dir, local=True)
        everybody = askers(secrets_dir)
        wanted = written(service)
        wrong: dict[str, dict[str, list[str]]] = {}
        async with served(service, settings) as http:
            document = (await http.get("/openapi.json")).json()
            assert set(doors(document)) == set(wanted), "every operation has one row in the table"
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                generated = await asyncio.to_thread(requests, document)
            assert set(generated) == set(wanted)
            for door, names in wanted.items():
                answers = await let_in(http, generated[door], everybody)
                found = {name for name, status in answers.items() if status not in _REFUSED}
                if found != names:
                    wrong[door] = {"let in": sorted(found - names), "refused": sorted(names - found)}
        assert wrong == {}

    def test_the_table_names_only_askers_that_there_are(self, secrets_dir: Path) -> None:
        everybody = set(askers(secrets_dir))
        for service in SERVICES:
            for door, names in written(service).items():
                assert names <= everybody, door
