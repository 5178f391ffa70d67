"""Plays people through the services' public APIs.

Ids come from the APIs' own answers and personal links from emails, as they would for any caller.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from deploy.demo.api_calls import CALLS, CONTACT, READINGS, fields_of, json_of
from deploy.demo.client import Client, Refused
from deploy.demo.hand import (
    Actor,
    Agreement,
    Case,
    CaseView,
    CircleView,
    Coordinator,
    Person,
    PollView,
    Referred,
    Session,
    Staff,
    Transfer,
)
from deploy.demo.values import Access, ConferenceView, Hours, Judgement, Organisation
from deploy.local import bank
from deploy.watch.failures import WentWrong
from deploy.watch.watch import Watch
from shared.auth import LOCAL_ISSUER, Issuer, Role
from shared.calendar import BRUSSELS
from shared.ids import uuid7


class ApiHand:
    """The hand that sends requests."""

    def __init__(self, client: Client, watch: Watch) -> None:
        self._client = client
        self._watch = watch
        key = watch.settings.secrets_dir / "local_issuer_key"
        self._issuer = Issuer.load(key, name=LOCAL_ISSUER)
        self._tenant: UUID | None = None
        self._tokens: dict[object, str] = {}
        self._requests: dict[tuple[Actor, str], UUID] = {}

    @property
    def asked(self) -> Sequence[str]:
        """Return every address that was asked for, with its query, as a proxy's log would have it."""
        return self._client.asked

    async def register(
        self,
        organisations: Sequence[Organisation],
        actors: Sequence[Actor],
        policies: Mapping[str, Mapping[str, str]],
    ) -> None:
        """Register organisations, staff and coordinators, and set the tenant's policies by service."""
        self._tenant = next(each.id for each in organisations if each.runs_conferences)
        token = self._issuer.staff(person=uuid7(), organisation=None, roles={Role.OPS})
        installer = {"Authorization": f"Bearer {token}"}
        for each in organisations:
            about = {"kbo_number": each.kbo, "is_tenant": each.runs_conferences}
            body = fields_of(each, "name", "languages", organisation_id=each.id, **about)
            await self._client.ask("POST", "intake/organisations", installer, body=body)
        staff = [actor for actor in actors if isinstance(actor, Staff)]
        for member in staff:
            member.id, home = uuid7(), member.organisation.id
            body = fields_of(member, *CONTACT, "roles", staff_id=member.id, organisation_id=home)
            await self._client.ask(
                "POST", "intake/staff", {**installer, "Kring-Tenant": str(home)}, body=body
            )
        manager = next(member for member in staff if Role.REGIONAL_MANAGER in member.roles)
        for actor in actors:
            if isinstance(actor, Coordinator):
                actor.id = uuid7()
                more = ("languages", "gender", "cultures", "tied_to")
                body = fields_of(actor, *CONTACT, *more, coordinator_id=actor.id)
                await self._ask("POST", "intake/coordinators", manager, body)
        for service, settings in policies.items():
            known = (await self._ask("GET", f"{service}/policy", manager)).get("settings") or {}
            await self._ask("PUT", f"{service}/policy", manager, {**known, **settings})

    async def play(self, verb: str, me: Actor, given: Mapping[str, Any]) -> Any:
        """Do what a verb of an actor's class says, with these arguments, and return what that verb returns.

        Raises: Refused, WentWrong.
        """
        case = given.get("case")
        if isinstance(me, Coordinator) and case is not None and not verb.endswith(("_offer", "reads")):
            await self._learn_ids(me, case)
        special = getattr(self, f"_{verb}", None)
        return await (special(me, **given) if special is not None else self._call(verb, me, given))

    async def _call(self, verb: str, me: Actor | None, given: Mapping[str, Any]) -> Any:
        method, path = CALLS[verb].split()
        fields = dict(given)
        for name in ("offer", "invitation", "request", "conference", "check_in"):
            if f"{{{name}}}" in path:
                fields[name] = await getattr(self, f"_find_{name}")(me, fields)
        body = {name: value for name, value in fields.items() if name != "case" and f"{{{name}" not in path}
        return await self._ask(method, path.format(**fields), me, json_of(body))

    async def _learn_ids(self, me: Coordinator, case: Case) -> None:
        """Learn the ids of the people of a case from the coordinator's list, if one is not known."""
        people = [person for person in case.people if isinstance(person, Person) and person.id is None]
        for item in await self._items(f"network/cases/{case.id}/persons", me) if people else []:
            for person in people:
                if (person.first_name, person.last_name) == (item["first_name"], item["last_name"]):
                    person.id = UUID(item["person_id"])

    # Looking things up: each takes what it needs out of what the verb was given.

    async def _find_offer(self, me: Actor, given: dict[str, Any]) -> str:
        offers = await self._items("intake/offers", me)
        case = str(given["case"].id)
        mine = [each for each in offers if each["case_id"] == case and each["state"] in ("open", "made")]
        return str(_only(mine, f"{me.first_name} sees no open offer of this case")["offer_id"])

    async def _find_invitation(self, me: Actor, given: dict[str, Any]) -> str:
        person = str(given.pop("person").id)
        items = await self._items(f"network/cases/{given['case'].id}/persons", me)
        found = [item["invitation"] for item in items if item["person_id"] == person and item["invitation"]]
        return str(_only(found, "they are not invited")["invitation_id"])

    async def _find_request(self, me: Actor, given: dict[str, Any]) -> str:
        request = str(self._requests[given.pop("person"), given.pop("kind")])
        waiting = [each["request_id"] for each in await self._items("network/data-requests", me)]
        return str(_only([each for each in waiting if each == request], "the list does not show the request"))

    async def _find_conference(self, me: Actor, given: dict[str, Any]) -> str:
        return str((await self._conference(me, given["case"]))["conference_id"])

    async def _find_check_in(self, me: Actor, given: dict[str, Any]) -> str:
        kind = given.pop("kind")
        items = await self._items(f"plans/cases/{given['case'].id}/check-ins", me)
        waiting = [item for item in items if item["kind"] == kind and item["state"] != "recorded"]
        return str(_only(waiting, f"{me.first_name} sees no open {kind} check-in")["check_in_id"])

    async def _conference(self, me: Actor, case: Case) -> dict[str, Any]:
        items = await self._items(f"scheduling/cases/{case.id}/conferences", me)
        items.sort(key=lambda item: int(item["conference_no"]))
        return dict(_only(items[-1:], "no conference is being prepared for this case"))

    async def _poll(self, me: Actor, case: Case) -> dict[str, Any]:
        poll = (await self._conference(me, case))["poll_id"]
        return dict(await self._ask("GET", f"scheduling/polls/{poll}", me))

    # What is more than one call, or answers something.

    async def _refers(self, me: Actor, persons: Sequence[Referred], **given: Any) -> Case:
        today = (await self._watch.now()).astimezone(BRUSSELS).date()
        entries = []
        for number, each in enumerate(persons, start=1):
            person, born = each.person, None
            if person.age is not None:
                # Who is 14 has been for some months.
                born = today.replace(day=1, year=today.year - person.age) - timedelta(days=120)
            entry = fields_of(each, "role", "relation", "side", "parental_authority", birth_date=born)
            consent = {"referral": each.agrees, "date": today}
            entries.append(fields_of(person, *CONTACT, "address", ref=f"p{number}", consent=consent, **entry))
        kind = "professional" if isinstance(me, Staff) else "self"
        answer = await self._call("refers", me, {**given, "kind": kind, "persons": entries})
        return Case(UUID(answer["referral_id"]))

    async def _asks_for_conference(self, me: Person, **given: Any) -> Case:
        return await self._refers(me, [Referred(me)], **given)

    async def _accepts(self, me: Actor, case: Case) -> None:
        case.id = UUID((await self._call("accepts", me, {"case": case}))["case_id"])

    async def _contacts(self, me: Actor, people: Sequence[Person], **given: Any) -> None:
        for person in people:
            await self._call("contacts", me, {**given, "person": person})

    async def _adds(self, me: Actor, person: Person, **given: Any) -> None:
        body = {**fields_of(person, *CONTACT, "address"), **given}
        person.id = UUID((await self._call("adds", me, body))["person_id"])

    async def _proposes(self, me: Actor, person: Person, **given: Any) -> None:
        body = {**fields_of(person, *CONTACT, "address"), **given}
        person.id = UUID((await self._call("proposes", me, body))["person_id"])

    async def _invites_all(self, me: Actor, **given: Any) -> int:
        return len((await self._call("invites_all", me, given))["invited"])

    async def _asks_for_data(self, me: Actor, kind: str, text: str | None) -> None:
        answer = await self._call("asks_for_data", me, {"kind": kind, "text": text})
        self._requests[me, kind] = UUID(answer["request_id"])

    async def _reads_copy(self, me: Actor) -> tuple[str, str]:
        path, headers = f"network/me/data-requests/{self._requests[me, 'copy']}/copy", await self._headers(me)
        forms = [await self._client.ask("GET", path, headers, query={"format": f}) for f in ("json", "html")]
        return forms[0].text, forms[1].text

    async def _answers_poll(self, me: Actor, **said: Any) -> None:
        poll = _only((await self._items("scheduling/me/polls", me))[-1:], "there is no poll")
        await self._call("answers_poll", me, {"poll": poll["poll_id"], "answers": _answers(poll, **said)})

    async def _notes_dates(self, me: Actor, case: Case, person: Person, **said: Any) -> None:
        poll = await self._poll(me, case)
        given = {"poll": poll["poll_id"], "person": person, "answers": _answers(poll, **said)}
        await self._call("notes_dates", me, given)

    async def _holds_conference(self, me: Actor, **given: Any) -> None:
        hours = {name: given.pop(name) for name in ("information", "private", "presentation")}
        parts = {name: {"from": each.starts_at, "to": each.ends_at} for name, each in hours.items()}
        await self._call("holds_conference", me, {**given, "parts": parts})

    async def _records_plan(
        self, me: Actor, case: Case, agreements: Sequence[Agreement], **given: Any
    ) -> None:
        entries = [
            {
                **fields_of(each, "what", "due", "by", "known_done_how"),
                "who_person_ids": [p.id for p in each.who],
            }
            for each in agreements
        ]
        if not given.pop("without_meeting"):
            given["conference_id"] = (await self._conference(me, case))["conference_id"]
        answer = await self._call("records_plan", me, {**given, "case": case, "agreements": entries})
        case.plan_id = UUID(answer["plan_id"])
        for each, agreement_id in zip(agreements, answer["agreement_ids"], strict=True):
            each.id = UUID(agreement_id)

    async def _accepts_plan(self, me: Actor, case: Case, lines: Sequence[Judgement]) -> str:
        known = (await self._ask("GET", f"intake/cases/{case.id}/baseline", me))["bottom_lines"]
        judged = [
            {**fields_of(judgement, "met", "reason"), "bottom_line_id": line["bottom_line_id"]}
            for line, judgement in zip(known, lines, strict=True)
        ]
        return str((await self._call("accepts_plan", me, {"case": case, "lines": judged}))["acceptance"])

    async def _offers_course(self, me: Actor, **given: Any) -> UUID:
        return UUID((await self._call("offers_course", me, given))["course_id"])

    async def _plans_session(self, me: Actor, when: Hours, **given: Any) -> Session:
        answer = await self._call("plans_session", me, {**given, **json_of(when), "vat": "exempt-art44"})
        return Session(given["course"], UUID(answer["session_id"]))

    async def _registers(self, me: Person, session: Session) -> str:
        body = {**fields_of(me, *CONTACT, "organisation"), "session": session}
        await self._call("registers", None, body)
        await self._watch.settle()
        await self._watch.read_inbox()
        tokens = [email.confirmation for email in self._watch.inbox.to(me.email) if email.confirmation]
        token = _only(tokens[::-1], f"nobody asked {me.first_name} to confirm a registration")
        answer = await self._ask("POST", "training/registrations/confirm", None, {"token": token})
        if (answer["payment"] is not None) != (answer["state"] == "awaiting-payment"):
            raise WentWrong(
                f"a registration that is {answer['state']} speaks of payment: {answer['payment']}"
            )
        session.people[me] = UUID(answer["registration_id"])
        return str(answer["state"])

    async def _imports_statement(
        self, me: Actor, transfers: Sequence[Transfer], account_iban: str
    ) -> list[str]:
        await self._watch.read_inbox()
        now, lines = await self._watch.now(), []
        for number, each in enumerate(transfers, start=1):
            payer, emails = each.payer, self._watch.inbox.to(each.payer.email)
            asked = [email.communication for email in emails if email.communication] or [""]
            lines.append(
                bank.Line(
                    payer=f"{payer.first_name} {payer.last_name}",
                    payer_iban=each.iban.replace(" ", ""),
                    communication=None if each.text else "".join(filter(str.isdigit, asked[-1])),
                    text=each.text,
                    reference=f"{now:%Y%m%d%H}{number:04}",
                    day=now.date().isoformat(),
                )
            )
        content = bank.statement(*lines, account=account_iban.replace(" ", ""))
        imported = await self._ask("POST", "training/statements", me, content)
        while imported["state"] != "imported":
            await self._watch.settle()
            imported = await self._ask("GET", f"training/statements/{imported['statement_id']}", me)
        payments = imported["payments"]
        for each, payment in zip(transfers, payments, strict=True):
            each.id = UUID(payment["payment_id"])
        return [payment["state"] for payment in payments]

    # What people see

    async def _reads(self, me: Actor, case: Case, what: str) -> Access:
        try:
            await self._ask("GET", READINGS[what].format(case.id), me)
        except Refused as refused:
            if refused.status not in (403, 404, 410):
                raise
            return "erased" if refused.status == 410 else "refused"
        return "shown"

    async def _sees(self, me: Actor, case: Case) -> CaseView:
        found = await self._ask("GET", f"intake/cases/{case.id}", me)
        return {
            "state": found["state"],
            "coordinator": next(iter(_who(case, [found["coordinator_id"]])), None),
        }

    async def _sees_circle(self, me: Actor, case: Case) -> CircleView:
        items = await self._items(f"network/cases/{case.id}/persons", me)
        items = [item for item in items if item["state"] not in ("removed", "excluded")]
        answers = {item["person_id"]: item["invitation"]["answer"] for item in items if item["invitation"]}
        return {
            "total": len(items),
            "widened": sum(bool(item["widened"]) for item in items),
            "invited": len(answers),
            "said_yes": list(answers.values()).count("yes"),
            "silent": _who(case, [person for person, answer in answers.items() if not answer]),
        }

    async def _sees_poll(self, me: Actor, case: Case) -> PollView:
        poll = await self._poll(me, case)
        dates = {each["option_id"]: _hours(each) for each in poll["options"]}
        counts = {_hours(each): (each["yes"], each["maybe"], each["no"]) for each in poll["options"]}
        return {
            "best": dates.get(poll["best_option_id"]),
            "silent": _who(case, poll["silent"]),
            "answers": counts,
        }

    async def _sees_conference(self, me: Actor, case: Case) -> ConferenceView:
        found = await self._conference(me, case)
        starts_at = datetime.fromisoformat(found["starts_at"]) if found["starts_at"] else None
        return {"number": found["conference_no"], "state": found["state"], "starts_at": starts_at}

    async def _sees_agreements(self, me: Actor, case: Case) -> dict[UUID, str]:
        items = await self._items(f"plans/cases/{case.id}/agreements", me)
        return {UUID(item["agreement_id"]): item["state"] for item in items}

    async def _sees_suggestion(self, me: Actor, transfer: Transfer) -> UUID | None:
        items = await self._items("training/payments", me, state="suggested")
        suggested = [item["suggestions"] for item in items if item["payment_id"] == str(transfer.id)]
        return UUID(suggested[0][0]["registration_id"]) if suggested and suggested[0] else None

    async def _sees_registrations(self, me: Actor, session: Session) -> dict[Actor, str]:
        return {
            person: (await self._ask("GET", f"training/registrations/{registration}", me))["state"]
            for person, registration in session.people.items()
        }

    # Requests

    async def _ask(self, method: str, path: str, me: Actor | None, body: Any = None) -> Any:
        answer = await self._client.ask(method, path, await self._headers(me), body=body)
        return answer.json() if answer.content else None

    async def _items(self, path: str, me: Actor, **query: str) -> list[dict[str, Any]]:
        return await self._client.items(path, await self._headers(me), **query)

    async def _headers(self, me: Actor | None) -> dict[str, str]:
        headers = {"Kring-Tenant": str(self._tenant)}
        if isinstance(me, Person):
            await self._watch.read_inbox()
            links = [email.link for email in self._watch.inbox.to(me.email) if email.link is not None]
            token = links[-1][0] if links else None
            if token is None:
                # Nobody knows them yet, as when they ask for a conference.
                return headers
            if token not in self._tokens:
                answer = await self._client.ask("POST", "network/links/exchange", {}, body={"token": token})
                me.id = UUID(answer.json()["person_id"])
                self._tokens[token] = str(answer.json()["access_token"])
            return {**headers, "Authorization": f"Bearer {self._tokens[token]}"}
        if me is not None and me.id is not None:
            home = me.organisation.id if isinstance(me, Staff) else None
            roles = set(me.roles) if isinstance(me, Staff) else {Role.COORDINATOR}
            if me not in self._tokens:
                self._tokens[me] = self._issuer.staff(person=me.id, organisation=home, roles=roles)
            headers["Authorization"] = f"Bearer {self._tokens[me]}"
        return headers


def _only(found: Sequence[Any], otherwise: str) -> Any:
    """Return the first of what was found. Raises: WentWrong if there is nothing."""
    if not found:
        raise WentWrong(otherwise)
    return found[0]


def _who(case: Case, ids: Sequence[str]) -> set[Actor]:
    return {actor for actor in case.people if str(actor.id) in ids}


def _hours(option: Mapping[str, Any]) -> Hours:
    return Hours(datetime.fromisoformat(option["starts_at"]), datetime.fromisoformat(option["ends_at"]))


def _answers(poll: Mapping[str, Any], *, yes: Sequence[Hours], maybe: Sequence[Hours]) -> dict[str, str]:
    """Return what is said of each date of a poll: all that are not named do not suit."""
    dates = {option["option_id"]: _hours(option) for option in poll["options"]}
    if not {*yes, *maybe} <= {*dates.values()}:
        raise WentWrong("a date that is answered is not in the poll")
    return {key: "yes" if day in yes else "maybe" if day in maybe else "no" for key, day in dates.items()}
