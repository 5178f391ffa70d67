"""Members of staff and coordinators in a browser: they sign in, and use the pages for the verbs defined here."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Unpack
from uuid import UUID

from playwright.async_api import FilePayload, Page

from deploy.demo.acting import account_of, born
from deploy.demo.api import fields_of
from deploy.demo.browser.browsing import SEND, Browsing, Fields
from deploy.demo.browser.forms import CONTACT, SCORES, days, form, hours, id_in, ids, wishes
from deploy.demo.coordinator import Coordinator
from deploy.demo.person import Person
from deploy.demo.staff import Staff
from deploy.demo.things import (
    Agreement,
    Attendance,
    Case,
    Hours,
    Judgement,
    Organisation,
    Plan,
    Referral,
    Referred,
    RequestKind,
    Session,
    Transfer,
    Venue,
)
from deploy.local.provider import add_accounts
from services.network.domain import Channel, ContactPurpose
from shared.auth import Role

_YES = {True: "yes", False: "no"}


@dataclass(eq=False, kw_only=True)
class SigningIn(Browsing):
    """Somebody with an account."""

    # The directory in which the local provider finds the accounts.
    accounts: ClassVar[Path]

    async def _open(self, path: str) -> Page:
        """Go to a page, and sign in on the way if needed."""
        page = await self.window.of(self)
        await page.goto(f"{self.portal}{path}")
        if not page.url.startswith(self.portal):
            # At the provider, which asks who they are.
            await page.goto(f"{page.url}&login_hint={self.id}")
        if page.url == f"{self.portal}/organisation" or page.url.startswith(f"{self.portal}/organisation?"):
            await page.check(f"input[name=tenant][value='{self.api.tenant}']", force=True)
            await self._press(page, SEND)
        await self._look(page)
        return page

    def _has_account(self, organisation: Organisation | None, *roles: Role) -> None:
        """Add an account to the local provider."""
        add_accounts(self.accounts, [account_of(self, organisation, roles)])


@dataclass(eq=False, kw_only=True)
class BrowserStaff(SigningIn, Staff):
    """A member of staff of an organisation."""

    accepts = form(
        "/referrals/{case.referral_id}",
        decision="accept",
        gives=lambda said, leads: setattr(said.case, "id", id_in(leads, 2)),
    )
    opens_file = form("/cases/{case.id}/open-file", "reason", understood="yes")
    erases = form(
        "/privacy/files/{case.id}",
        erasure_reason="{reason}",
        understood="yes",
        button="button[name=do][value=erase]",
    )
    checks_in = form("/cases/{case.id}/check-ins", "decision", "note")
    gives_scores = form("/cases/{case.id}/survey", *SCORES)
    offers_course = form(
        "/trainings/new",
        "title",
        "audience",
        in_language="{language}",
        gives=lambda _, leads: id_in(leads, 3),
    )
    plans_session = form(
        "/trainings/courses/{course}",
        *("place", "capacity", "price", "account_iban", "account_name"),
        fields=lambda said: hours(said.when, begins="begins", ends="ends"),
        gives=lambda said, leads: Session(said.course, id_in(leads, 3)),
    )
    cancels_session = form("/trainings/sessions/{session.id}/cancel")
    confirms_payment = form(
        "/payments", button="#f-{transfer.id} button[name=registration][value='{registration}']"
    )

    async def enter(self) -> None:
        """Be entered by who installs the platform."""
        await super().enter()
        self._has_account(self.organisation, *self.roles)

    async def refers(self, *persons: Referred, **about: Unpack[Referral]) -> Case:
        """{me} refers {persons}, in {languages}."""
        page, today = await self._open("/referrals/new"), await self._today()
        await self._press(page, "#page-form button")
        words = {"question": about["question"], "summary": about.get("summary"), "themes[]": about["themes"]}
        await self._fill(page, words)
        await self._fill(page, wishes(about))
        for number, each in enumerate(persons, start=1):
            if number > 1:
                await self._press(page, f"a[href='/referrals/new/person-{number}']")
            entry = {
                **fields_of(each, "role", "relation", "side"),
                **fields_of(each.person, *CONTACT),
                "birth_date": born(each.person, today),
                "spoken": each.person.language,
                "parental_authority": ["yes"] if each.parental_authority else [],
                "agreed": ["yes"] if each.agrees else [],
                "agreed_on": today,
            }
            await self._fill(page, entry)
        await self._press(page, "a[href='/referrals/new/mandate']")
        mandated = about.get("mandated")
        mandate = {
            "mandated": "other" if mandated else "no",
            "mandated_other": str(mandated.id) if mandated else None,
            "bottom_lines": "\n".join(about.get("bottom_lines", ())),
            "resources": about.get("resources"),
        }
        await self._fill(page, mandate)
        await self._press(page, SEND)
        return Case(id_in(page.url, 2))

    async def accepts_plan(self, case: Case, *lines: Judgement) -> str:
        """{me} looks at the bottom lines, one by one: the plan is {result}."""
        known = (await self._ask("GET", f"intake/cases/{case.id}/baseline"))["bottom_lines"]
        fields: dict[str, str | None] = {}
        for line, each in zip(known, lines, strict=True):
            fields[f"met-{line['bottom_line_id']}"] = "yes" if each.met else "no"
            fields[f"reason-{line['bottom_line_id']}"] = each.reason
        await self._fill(await self._open(f"/cases/{case.id}/acceptance"), fields)
        return str((await self._ask("GET", f"plans/plans/{case.plan_id}"))["acceptance"])

    async def approves_request(self, person: Person, kind: RequestKind) -> None:
        """{me} approves what {person} asked of their data ({kind})."""
        page = await self._open("/privacy/requests")
        await self._press(page, f"a[href='/privacy/requests/{person.requests[kind]}']")
        await self._press(page, "button[name=do][value=approve]")

    async def gives_back(self, transfer: Transfer) -> str:
        """{me} says that {transfer}'s money went back: {result}."""
        await self._press(
            await self._open("/payments"), f"#f-{transfer.id} button[name=settle][value=refund]"
        )
        return str((await self._ask("GET", f"training/payments/{transfer.id}"))["state"])

    async def _give(self, statement: bytes) -> str:
        """Upload a bank's file; return where its import can be read."""
        page = await self._open("/payments")
        file = FilePayload(name="statement.xml", mimeType="application/xml", buffer=statement)
        await page.set_input_files("[name=file]", file)
        await self._press(page, "#statement > button[type=submit]")
        return f"training/statements/{id_in(page.url, 3)}"


@dataclass(eq=False, kw_only=True)
class BrowserCoordinator(SigningIn, Coordinator):
    """A coordinator, who works for no organisation."""

    records_baseline = form(
        "/cases/{case.id}/baseline", fields=lambda said: {"questions": "\n".join(said.questions)}
    )
    adds = form(
        "/cases/{case.id}/circle/new",
        *("relation", "role", "side"),
        proposed_by="{proposed_by.id}",
        written_in="{person.language}",
        fields=lambda said: fields_of(said.person, *CONTACT),
    )
    confirms = form("/cases/{case.id}/circle", button="button[name=confirm][value='{person.id}']")
    notes_answer = form(
        "/cases/{case.id}/circle/{person.id}/answer",
        fields=lambda said: {"taking_part": "in-person" if said.answer == "yes" else "no"},
    )
    declares_circle_ready = form(
        "/cases/{case.id}/circle/ready", fields=lambda said: {"required[]": ids(said.required)}
    )
    opens_poll = form(
        "/cases/{case.id}/dates",
        fields=lambda said: {
            name: value
            for row, each in enumerate(said.options, start=1)
            for name, value in hours(each, f"day-{row}", f"from-{row}", f"to-{row}").items()
        },
    )
    schedules_best = form("/cases/{case.id}/dates/set", fields=lambda said: _place(said.venue))
    postpones = form("/cases/{case.id}/conference/change", moved="{reason}")
    holds_conference = form(
        "/cases/{case.id}/conference/after",
        "outcome",
        fields=lambda said: {
            **{f"came-{each.person.id}": _came(each) for each in said.attendance},
            **hours(said.information, begins="begins", ends="private_begins"),
            **hours(said.presentation, begins="private_ends", ends="ends"),
            "return_called": _YES.get(said.return_called_by_circle),
        },
    )
    shares_plan = form(
        "/cases/{case.id}/plan/share",
        fields=lambda said: {"organisations[]": ids(said.organisations)} if said.organisations else {},
    )
    checks_in = form("/cases/{case.id}/check-ins", "decision", "note")
    calls_referrer = form("/cases/{case.id}/referrer-call", "going", "note")

    async def enter(self) -> None:
        """Be entered by who installs the platform."""
        await super().enter()
        self._has_account(None, Role.COORDINATOR)

    async def accepts_offer(self, case: Case, *, no_conflict: bool = True) -> None:
        """{me} was asked, has no ties to anyone concerned, and accepts."""
        await self._answers(case, {"answer": "yes", "no_ties": ["yes"] if no_conflict else []})

    async def declines_offer(self, case: Case, *, reason: str) -> None:
        """{me} was asked, and declines ({reason})."""
        await self._answers(case, {"answer": "no", "reason": reason})

    async def _answers(self, case: Case, fields: Fields) -> None:
        await self._fill(await self._open(f"/offers/{await self._offer(case)}"), fields)

    async def contacts(self, case: Case, *people: Person, channel: Channel, purpose: ContactPurpose) -> None:
        """{me} was in touch with {people} ({channel})."""
        await self._meets(case)
        for person in people:
            page = await self._open(f"/cases/{case.id}/circle/{person.id}/contact")
            await self._fill(page, {"channel": channel, "purpose": purpose})

    async def invites_all(self, case: Case, *, include_central: bool = False) -> int:
        """{me} invites {result} people, each personally."""
        before = (await self.sees_circle(case))["invited"]
        page = await self._open(f"/cases/{case.id}/circle")
        fields = {"include_central": ["yes"] if include_central else []}
        await self._fill(page, fields, "#invite-form > button[type=submit]")
        return int((await self.sees_circle(case))["invited"]) - int(before)

    async def notes_dates(
        self, case: Case, person: Person, *, yes: Sequence[Hours], maybe: Sequence[Hours] = ()
    ) -> None:
        """{me} notes when {person} can come."""
        page = await self._open(f"/cases/{case.id}/dates/people/{person.id}")
        await self._fill(page, days(await self._poll(case), yes, maybe))

    async def records_plan(
        self,
        case: Case,
        *agreements: Agreement,
        without_meeting: bool = False,  # noqa: ARG002 - the page knows
        **about: Unpack[Plan],
    ) -> None:
        """{me} records the circle's plan: {agreements}; {monitor} watches over it."""
        page = await self._open(f"/cases/{case.id}/plan/write")
        await self._fill(page, _plan(agreements, about))
        case.plan_id = UUID((await self._items(f"plans/cases/{case.id}/plans"))[0]["plan_id"])
        kept = await self._items(f"plans/cases/{case.id}/agreements")
        known = {each["what"]: UUID(each["agreement_id"]) for each in kept}
        for each in agreements:
            each.id = known[each.what]


def _came(each: Attendance) -> str:
    return each.mode if each.came or each.mode == "absent" else "no-show"


def _place(venue: Venue | UUID) -> Fields:
    if isinstance(venue, UUID):
        return {"venue": str(venue)}
    return {"venue_name": venue.name, "venue_address": venue.address}


def _plan(agreements: Sequence[Agreement], about: Plan) -> Fields:
    fields: dict[str, Any] = {"monitor": str(about["monitor"].id), "review": about["review"]}
    for row, goal in enumerate(about["goals"], start=1):
        fields[f"goal-{row}"] = goal
    for row, one in enumerate(agreements, start=1):
        fields |= {f"what-{row}": one.what, f"who-{row}[]": ids(one.who), f"by-{row}": one.by}
        fields |= {f"due-{row}": one.due, f"how-{row}": one.known_done_how}
    for row, other in enumerate(about.get("plan_b", ()), start=1):
        fields |= {f"when-{row}": other.when, f"then-{row}": other.then, f"then_who-{row}": str(other.who.id)}
    return fields
