"""The services' public APIs as used by people of a story: with a token of their own, or their personal link.

A part that is away is asked again, with the same Idempotency-Key. Ids come from the APIs' own answers and
personal links from emails, as they would for any caller.
"""

from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any
from uuid import UUID

import httpx2
from pydantic_core import to_jsonable_python

from deploy.demo.things import Actor, Organisation
from deploy.watch.failures import WentWrong, patiently
from deploy.watch.watch import Watch
from shared.auth import LOCAL_ISSUER, Issuer, Role
from shared.errors import Operational
from shared.http.after import HEADER as AFTER
from shared.ids import uuid7
from shared.services import SERVICES

# Statuses that say "not now": the part, or what it needs, will be back.
_LATER = frozenset({502, 503, 504})
_LATER_CODES = ("/not-yet", "/request-in-hand")
# API fields whose names differ from those in stories.
_NAMES = {
    "mandated": "mandated_organisation_id",
    "person": "person_id",
    "who": "who_person_id",
    "monitor": "monitor_person_id",
    "review": "review_on",
    "due": "due_on",
    "organisations": "organisation_ids",
    "registration": "registration_id",
}


class Refused(WentWrong):
    """A request was refused; `status` is HTTP's, `code` says why."""

    def __init__(self, message: str, *, status: int, code: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Api:
    """The APIs of one platform. `asked`: every requested address, as a proxy's log would have it."""

    # The organisation that runs the cases.
    tenant: UUID

    def __init__(self, http: httpx2.AsyncClient, watch: Watch) -> None:
        self.watch = watch
        self.asked: list[str] = []
        self._http = http
        # The last change: no service answers from an earlier state.
        self._after: dict[str, str] = {}
        self._addresses = {name: watch.addresses[name] for name in SERVICES}
        self._issuer = Issuer.load(watch.settings.secrets_dir / "local_issuer_key", name=LOCAL_ISSUER)

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str],
        query: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        """Return a successful answer; `path` begins with the service, `body` becomes JSON, unless it is a file's bytes.

        Raises: Refused, NotSettled.
        """
        service, _, rest = path.partition("/")
        request = self._http.build_request(
            method,
            f"{self._addresses[service]}/v1/{rest}",
            params=query,
            headers={
                **headers,
                **self._after,
                **({} if method == "GET" else {"Idempotency-Key": str(uuid7())}),
            },
            **({"content": body} if isinstance(body, bytes) else {"json": json_of(body)}),
        )

        async def send() -> httpx2.Response:
            answer = await self._http.send(request)
            self.asked.append(str(request.url))
            kind = "" if answer.is_success else str(answer.json().get("type", ""))
            if answer.status_code in _LATER or kind.endswith(_LATER_CODES):
                raise Operational(f"{answer.status_code} {kind}")
            if not answer.is_success:
                problem = f"{answer.status_code} {answer.text}"
                code = kind.rpartition("/")[2]
                raise Refused(f"{method} {path} is refused: {problem}", status=answer.status_code, code=code)
            if AFTER in answer.headers:
                self._after = {AFTER: answer.headers[AFTER]}
            return answer

        return await patiently(send, f"{method} {path}", seconds=self.watch.patience)

    def staff(self, person: UUID | None, organisation: UUID | None, *roles: Role) -> dict[str, str]:
        """Return the headers of somebody with an account, for an organisation or for none."""
        token = self._issuer.staff(person=person or uuid7(), organisation=organisation, roles=set(roles))
        return {**self.anybody, "Authorization": f"Bearer {token}"}

    def installer(self, organisation: UUID) -> dict[str, str]:
        """Return the headers of the installer, in the name of an organisation."""
        headers = self.staff(uuid7(), organisation, Role.OPS, Role.ADMINISTRATOR)
        return headers | {"Kring-Tenant": str(organisation)}

    async def enter(self, each: Organisation) -> None:
        """Enter an organisation. Raises: Refused."""
        about = {"organisation_id": each.id, "kbo_number": each.kbo, "is_tenant": each.runs_conferences}
        body = fields_of(each, "name", "languages") | about
        await self.ask("POST", "intake/organisations", body, headers=self.installer(each.id))

    async def set_policy(self, service: str, lengths: Mapping[str, str]) -> None:
        """Change some lengths of the tenant's policy. Raises: Refused."""
        headers, path = self.installer(self.tenant), f"{service}/policy"
        read = (await self.ask("GET", path, headers=headers)).json()
        change = {"version": read["version"], "settings": {**read["settings"], **lengths}}
        await self.ask("PUT", path, change, headers=headers)

    @property
    def anybody(self) -> dict[str, str]:
        """The headers of an anonymous caller."""
        return {"Kring-Tenant": str(self.tenant)}


def fields_of(each: object, *names: str) -> dict[str, Any]:
    """Return the fields of an object that have these names."""
    return {name: getattr(each, name) for name in names}


def json_of(value: Any) -> Any:
    """Return the content of a body: people and organisations by their ids, other things by their fields, if known."""
    match value:
        case Actor() | Organisation():
            return json_of(value.id)
        case Mapping():
            return {_NAMES.get(name, name): json_of(item) for name, item in value.items() if item is not None}
        case list() | tuple():
            return [json_of(item) for item in value]
        case _ if is_dataclass(value):
            return json_of(vars(value))
        case _:
            return to_jsonable_python(value)
