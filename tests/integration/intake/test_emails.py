"""Mails: to whom, in which language, and that they say nothing of the case."""

from datetime import date, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from icalendar import Calendar

from services.intake import emails
from shared import mail, messages
from shared.auth import Role
from shared.events import intake, network, plans
from shared.languages import LANGUAGES, STAFF_LANGUAGES, Language
from shared.messages import NotWanted
from tests.support.world.intake import Intake

TEMPLATES = Path(emails.__file__).with_name("templates")
KINDS = sorted({path.name.partition(".")[0] for path in TEMPLATES.iterdir()})
# To who referred themselves, in the language of the page on which they did.
FOR_ANYBODY = ("own-referral-declined", "own-referral-received")


async def written(world: Intake, kind: str) -> list[mail.Mail]:
    """Return the mails of a kind, as they would be sent now."""
    async with world.transaction() as session:
        rows = await world.rows("SELECT id FROM message WHERE kind = :kind ORDER BY queued_at, id", kind=kind)
        found = [await messages.read(session, row.id) for row in rows]
        return [await emails.write(session, each, world.context) for each in found if each is not None]


class TestWrite:
    async def test_an_offer_says_until_when_in_the_coordinators_language(self, world: Intake) -> None:
        await world.enter_coordinator(language="fr")
        await world.offer_next(await world.open_case())
        (letter,) = await written(world, "offer-made")
        assert (letter.address, letter.language) == ("malou@voorbeeld.example", "fr")
        assert letter.values["until"] == "mercredi 4 mars 2026, 9\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}00"

    async def test_who_referred_is_asked_once_about_each_conference(self, world: Intake) -> None:
        case = await world.open_case()
        await world.handle(case.opened())
        opened = [
            network.SurveyOpened(case_id=case.id, survey_id=uuid4(), closes_at=await world.now())
            for _ in range(2)
        ]
        for fact in opened:
            await world.handle(fact)
        asked = await world.emails("survey", case=case)
        assert [row.parameters["survey_id"] for row in asked] == [str(fact.survey_id) for fact in opened]

    async def test_an_unknown_language_becomes_dutch(self, world: Intake) -> None:
        await world.enter_coordinator(language="ar")
        await world.offer_next(await world.open_case())
        (letter,) = await written(world, "offer-made")
        assert letter.language == "nl"
        assert (
            mail.render(TEMPLATES, letter, organisation="Kring Noord")[1] == "Wil jij deze kring begeleiden?"
        )

    async def test_an_offer_that_was_answered_is_not_spoken_of(self, world: Intake) -> None:
        coordinator = await world.enter_coordinator()
        offer = await world.offer_next(await world.open_case())
        await world.decline(offer, coordinator)
        with pytest.raises(NotWanted):
            await written(world, "offer-made")

    @pytest.mark.parametrize("verb", ["accept", "decline", "withdraw"])
    async def test_a_referral_that_was_decided_meanwhile_waits_for_nobody(
        self, world: Intake, verb: str
    ) -> None:
        referral = await world.refer()
        await world.deliver_published("intake.referral.received.v1")
        body: dict[str, Any] = {} if verb == "accept" else {"json": {"reason": "other-help-fits-better"}}
        await world.do("POST", f"/v1/referrals/{referral}/{verb}", world.manager(), **body)
        with pytest.raises(NotWanted):
            await written(world, "referral-new")
        if verb == "accept":
            assert len(await written(world, "referral-received")) == 1
        else:
            with pytest.raises(NotWanted):
                await written(world, "referral-received")

    async def test_a_coordinator_who_was_released_meanwhile_hears_no_more_of_a_case(
        self, world: Intake
    ) -> None:
        case, _ = await world.assigned_case()
        await world.handle(case.opened())
        failed = {"case_id": case.id, "person_id": uuid4(), "message_id": uuid4(), "kind": "invitation"}
        await world.handle(network.MessageFailed.model_validate(failed))
        said = {"case_id": case.id, "plan_id": uuid4(), "version": 1, "refused": ()}
        await world.handle(plans.PlanRefused.model_validate(said))
        kinds = ("mail-not-delivered", "plan-not-accepted")
        for kind in kinds:
            assert len(await written(world, kind)) == 1
        path = f"/v1/cases/{case.id}/release-coordinator"
        await world.do("POST", path, world.manager(), json={"reason": "unavailable"})
        for kind in kinds:
            with pytest.raises(NotWanted):
                await written(world, kind)

    async def test_whoever_must_see_to_it_hears_that_a_circle_wants_to_adjust_its_plan(
        self, world: Intake
    ) -> None:
        case, coordinator = await world.assigned_case()
        await world.handle(case.opened())
        said = {"case_id": case.id, "check_in_id": uuid4(), "decision": "adjust", "task_goes_on": True}
        # Whoever made the call at four weeks knows.
        await world.handle(plans.CheckInRecorded.model_validate({**said, "kind": "four-weeks"}))
        assert await world.emailed("plan-adjust") == []
        await world.handle(plans.CheckInRecorded.model_validate({**said, "kind": "three-months"}))
        assert await world.emailed("plan-adjust") == [coordinator]
        assert len(await written(world, "plan-adjust")) == 1

    async def test_whoever_must_see_to_it_hears_from_a_circle_that_met_by_itself_what_changes(
        self, world: Intake
    ) -> None:
        case, coordinator = await world.assigned_case()
        await world.handle(case.opened())
        met = plans.CircleMet(
            case_id=case.id, plan_id=uuid4(), met_on=date(2026, 3, 4), changed=True, said_as="person"
        )
        for other in ({"changed": False}, {"said_as": "coordinator"}):
            await world.handle(met.model_copy(update=other))
        assert await world.emailed("plan-adjust") == []
        await world.handle(met)
        assert await world.emailed("plan-adjust") == [coordinator]

    async def test_a_referrer_is_found_where_their_own_organisation_entered_them(self, world: Intake) -> None:
        await world.assigned_case()
        (letter,) = await written(world, "coordinator-assigned")
        assert letter.address == "hanneke@voorbeeld.example"

    async def test_nobody_elses_administrator_takes_a_referrers_mails(self, world: Intake) -> None:
        world.referrer_id = uuid4()
        await world.refer()
        await world.deliver_published("intake.referral.received.v1")
        await world.enter_staff(world.referrer_id, world.mandated, "referrer", tenant=world.mandated)
        with pytest.raises(NotWanted):
            await written(world, "referral-received")
        await world.enter_staff(world.referrer_id, world.school, "referrer", tenant=world.school)
        (letter,) = await written(world, "referral-received")
        assert letter.address == "hanneke@voorbeeld.example"

    async def test_who_is_not_registered_gets_no_mail(self, world: Intake) -> None:
        world.referrer_id = UUID(int=7)
        await world.assigned_case()
        with pytest.raises(NotWanted):
            await written(world, "coordinator-assigned")

    async def test_an_officer_hears_of_an_opened_file_and_reads_why_behind_a_link(
        self, world: Intake
    ) -> None:
        officer = uuid4()
        await world.enter_staff(officer, world.tenant, "dpo", tenant=world.tenant)
        case, _ = await world.assigned_case()
        path, reason = f"/v1/cases/{case.id}/break-glass", "Vandaag is er crisisoverleg."
        opened = await world.do("POST", path, world.manager(), json={"reason": reason})
        (letter,) = await written(world, "break-glass-used")
        _, subject, body, page = mail.render(TEMPLATES, letter, organisation="Kring Noord")
        assert letter.values["link"].endswith(f"/break-glass/{opened['break_glass_id']}")
        assert "maandag 2 maart 2026" in body
        assert not any(reason in text or "Verbeeck" in text for text in (subject, body, page))

    async def test_an_officer_hears_of_it_where_they_were_known_when_it_was_opened(
        self, world: Intake
    ) -> None:
        officer = uuid4()
        await world.enter_staff(officer, world.tenant, "dpo", tenant=world.tenant)
        case, _ = await world.assigned_case()
        await world.do(
            "POST", f"/v1/cases/{case.id}/break-glass", world.manager(), json={"reason": "Crisisoverleg."}
        )
        entry = {
            "staff_id": str(officer), "organisation_id": str(world.tenant), "roles": ["dpo"],
            "first_name": "Hanneke", "email": "weg@voorbeeld.example", "version": 1,
        }  # fmt: skip
        await world.do("POST", "/v1/staff", world.colleague(Role.ADMINISTRATOR), json=entry)
        for kind in ("break-glass-used", "contact-changed"):
            (letter,) = await written(world, kind)
            assert letter.address == "hanneke@voorbeeld.example"

    @pytest.mark.parametrize(
        ("reason", "about", "told"),
        [("refused", "invitation", 1), ("no-address", "invitation", 0), ("no-address", "agreements/1", 1)],
    )
    async def test_a_coordinator_hears_whom_no_mail_reaches(
        self, world: Intake, reason: Any, about: str, told: int
    ) -> None:
        case, _ = await world.assigned_case()
        await world.handle(case.opened())
        failed = network.MessageFailed(
            case_id=case.id,
            person_id=uuid4(),
            message_id=uuid4(),
            kind="invitation",
            reason=reason,
            link_target=about,
        )
        await world.handle(failed)
        assert [letter.address for letter in await written(world, "mail-not-delivered")] == [
            "malou@voorbeeld.example"
        ] * told

    async def test_managers_hear_of_a_referral_and_its_referrer_that_it_was_declined(
        self, world: Intake
    ) -> None:
        referral = await world.refer()
        await world.deliver_published("intake.referral.received.v1")
        (new,) = await written(world, "referral-new")
        assert new.values["link"].endswith(f"/referrals/{referral}")
        assert await world.emailed("referral-new") == [world.manager_id]
        path, body = f"/v1/referrals/{referral}/decline", {"reason": "other-help-fits-better"}
        await world.do("POST", path, world.manager(), json=body)
        assert len(await written(world, "referral-declined")) == 1
        assert await world.emailed("referral-declined") == [world.referrer_id]

    async def test_who_refers_themselves_hears_that_it_arrived(self, world: Intake) -> None:
        person = {"ref": "p1", "role": "central", "first_name": "Marijke", "last_name": "Goor"}
        await world.refer_oneself(persons=[person | {"email": "marijke@voorbeeld.example"}])
        await world.deliver_published("intake.referral.received.v1")
        (letter,) = await written(world, "own-referral-received")
        assert (letter.address, letter.name) == ("marijke@voorbeeld.example", "")

    @pytest.mark.parametrize(
        ("reason", "told"), [("no-capacity", ["own-referral-declined"]), ("family-withdrew", [])]
    )
    async def test_who_refers_themselves_hears_of_a_decline_also_when_mail_was_late(
        self, world: Intake, reason: str, told: list[str]
    ) -> None:
        person = {"ref": "p1", "role": "central", "first_name": "Marijke", "last_name": "Goor"}
        referral = await world.refer_oneself(persons=[person | {"email": "marijke@voorbeeld.example"}])
        await world.deliver_published("intake.referral.received.v1")
        path = f"/v1/referrals/{referral}/decline"
        await world.do("POST", path, world.manager(), json={"reason": reason})
        # That it arrived need not be said any more.
        with pytest.raises(NotWanted):
            await written(world, "own-referral-received")
        letters = await written(world, "own-referral-declined")
        assert [letter.template for letter in letters] == told
        assert all(letter.address == "marijke@voorbeeld.example" for letter in letters)

    async def test_who_refers_themselves_without_an_address_is_not_written_to(self, world: Intake) -> None:
        person = {"ref": "p1", "role": "central", "first_name": "Marijke", "last_name": "Goor"}
        referral = await world.refer_oneself(persons=[person | {"phone": "+32 470 12 34 56"}])
        path = f"/v1/referrals/{referral}/decline"
        await world.do("POST", path, world.manager(), json={"reason": "no-capacity"})
        assert await written(world, "own-referral-declined") == []

    async def test_an_address_that_strangers_name_again_and_again_is_written_to_seldom(
        self, world: Intake
    ) -> None:
        person = {"ref": "p1", "role": "central", "first_name": "Win 500 euro", "last_name": "Goor"}
        for _ in range(8):
            await world.refer_oneself(persons=[person | {"email": "marijke@voorbeeld.example"}])
        await world.deliver_published("intake.referral.received.v1")
        assert len(await world.emailed("own-referral-received")) == 5
        assert await world.emailed("referral-new") == [world.manager_id] * 5
        # A professional shows who they are: of their referrals every manager hears.
        await world.refer()
        await world.deliver_published("intake.referral.received.v1")
        assert len(await world.emailed("referral-new")) == 6

    @pytest.mark.parametrize("refused", [plans.PlanRefused, plans.PlanPartlyAccepted])
    async def test_the_mandated_hear_of_a_plan_and_the_coordinator_of_their_no(
        self, world: Intake, refused: Any
    ) -> None:
        case, coordinator = await world.assigned_case()
        judge = uuid4()
        await world.enter_staff(judge, world.mandated, "referrer", tenant=world.tenant)
        recorded = case.planned(conference=None).model_copy(update={"needs_acceptance": True})
        said = {"case_id": case.id, "plan_id": recorded.plan_id, "version": 1, "refused": ()}
        for event in (case.opened(), recorded):
            await world.handle(event)
        assert await world.emailed("plan-waits") == [judge]
        assert len(await written(world, "plan-waits")) == 1
        await world.handle(refused.model_validate(said))
        assert await world.emailed("plan-not-accepted") == [coordinator]

    @pytest.mark.parametrize("order", sorted(permutations(range(3))))
    async def test_the_mandated_are_asked_about_the_newest_version_alone(
        self, world: Intake, order: tuple[int, ...]
    ) -> None:
        case, _ = await world.assigned_case()
        await world.enter_staff(uuid4(), world.mandated, "referrer", tenant=world.tenant)
        await world.handle(case.opened())
        first = case.planned(conference=None).model_copy(update={"needs_acceptance": True})
        said = {"case_id": case.id, "plan_id": first.plan_id, "version": 1}
        events = (first, plans.PlanRefused.model_validate(said), first.model_copy(update={"version": 2}))
        for number in order:
            assert await world.handle(events[number], sequence=10 + number) == "handled"
        rows = await world.rows("SELECT id FROM message WHERE kind = 'plan-waits'")
        async with world.transaction() as session:
            found = [await messages.read(session, row.id) for row in rows]
            asked = [each.asked for each in found if each and not await messages.is_closed(session, each)]
        assert asked == [12]

    async def test_an_organisation_hears_that_a_plan_was_shared_with_it(self, world: Intake) -> None:
        case, _ = await world.assigned_case()
        await world.handle(case.opened())
        school, reader = world.school, world.referrer_id
        shared = plans.PlanShared(
            case_id=case.id, plan_id=uuid4(), version=1, organisations=(world.mandated,)
        )
        await world.handle(shared, sequence=10)
        # The mandated side hears of a plan when it is asked for its judgement.
        assert await world.emailed("plan-shared") == []
        shared = shared.model_copy(update={"organisations": (school,)})
        ended = plans.PlanSharingEnded(case_id=case.id, plan_id=shared.plan_id, recipient_id=school)
        for number, event in enumerate((shared, ended, shared.model_copy(update={"version": 2})), start=11):
            await world.handle(event, sequence=number)
        assert await world.emailed("plan-shared") == [reader, reader]
        [letter, _] = await written(world, "plan-shared")
        assert letter.values["link"].endswith(f"/cases/{case.id}/acceptance")
        rows = await world.rows("SELECT id FROM message WHERE kind = 'plan-shared'")
        async with world.transaction() as session:
            found = [await messages.read(session, row.id) for row in rows]
            asked = [each.asked for each in found if each and not await messages.is_closed(session, each)]
        assert asked == [13]

    async def test_a_coordinator_gets_the_date_into_their_calendar_and_out_of_it_again(
        self, world: Intake
    ) -> None:
        case, coordinator = await world.assigned_case()
        starts = await world.now() + timedelta(days=9)
        uid, found = uuid4(), []
        for revision, kind, method in ((1, "", "REQUEST"), (4, "-off", "CANCEL")):
            entry = {"uid": uid, "revision": revision, "method": method, "starts_at": starts}
            asked = {"case_id": case.id, "coordinator_id": coordinator, "kind": f"conference-date{kind}"}
            calendar = entry | {"ends_at": starts + timedelta(hours=3)}
            await world.handle(intake.NotifyCoordinator.model_validate(asked | {"calendar": calendar}))
            (letter,) = await written(world, f"conference-date{kind}")
            (file,) = letter.attachments
            event: Any = Calendar.from_ical(file.content).walk("VEVENT")[0]
            found.append((event["UID"].split("@")[0], event["SEQUENCE"], file.parameters["method"]))
            assert str(event["ATTENDEE"]).lower() == f"mailto:{letter.address}"
            assert event["DTSTART"].dt == starts
            # Neither a place nor a link is in it, nor who the case is about.
            assert not {"LOCATION", "URL"} & set(event)
            assert str(case.id) not in file.content.decode()
        assert found == [(str(uid), 1, "REQUEST"), (str(uid), 4, "CANCEL")]

    async def test_who_coordinates_no_more_is_told_that_the_date_goes_and_no_date(
        self, world: Intake
    ) -> None:
        case, _ = await world.assigned_case()
        former, starts = await world.enter_coordinator(), await world.now()
        entry = {"uid": uuid4(), "revision": 1, "starts_at": starts, "ends_at": starts + timedelta(hours=3)}
        for kind in ("conference-date", "conference-date-off"):
            asked = {"case_id": case.id, "coordinator_id": former, "kind": kind, "calendar": entry}
            await world.handle(intake.NotifyCoordinator.model_validate(asked))
        with pytest.raises(NotWanted):
            await written(world, "conference-date")
        (letter,) = await written(world, "conference-date-off")
        # What they may open still.
        assert letter.values["link"].endswith("/cases")

    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("language", LANGUAGES)
    async def test_every_kind_is_there_in_every_language_of_who_gets_it(
        self, kind: str, language: Language
    ) -> None:
        if kind not in FOR_ANYBODY and language not in STAFF_LANGUAGES:
            assert not (TEMPLATES / f"{kind}.{language}.txt").exists()
            return
        values: dict[str, Any] = {
            "first_name": "Malou",
            "link": "http://127.0.0.1/x",
            "until": "maandag",
            "when": "maandag",
            "waiting": 3,
            "late": 1,
            "off": "http://127.0.0.1/y",
            "moved": False,
            "reason": "stopped",
            "role": Role.COORDINATOR,
        }
        letter = mail.Mail(
            address="x@voorbeeld.example", name="Malou", language=language, template=kind, values=values
        )
        found, subject, body, page = mail.render(TEMPLATES, letter, organisation="Kring Noord")
        assert found == language
        assert "Malou" not in subject
        # The address of who referred themselves is not confirmed: no words of strangers go there.
        assert ("Malou" in body) == (kind not in FOR_ANYBODY)
        assert "{" not in body
        without_link = ("offer-closed", "case-stopped", "contact-changed", *FOR_ANYBODY)
        assert "<a " in page or kind in without_link

    def test_there_is_a_template_for_each_kind_and_no_other(self) -> None:
        assert (
            sorted(
                {
                    "offer-made",
                    "offer-reminder",
                    "offer-closed",
                    "coordinator-assigned",
                    "no-coordinator-left",
                    "referral-received",
                    "case-stopped",
                    "break-glass-used",
                    "conference-date",
                    "conference-date-off",
                    "contact-changed",
                    "daily-mail",
                    "mail-not-delivered",
                    *FOR_ANYBODY,
                    "plan-adjust",
                    "plan-not-accepted",
                    "plan-shared",
                    "plan-waits",
                    "referral-declined",
                    "referral-new",
                    "survey",
                }
            )
            == KINDS
        ), "a kind of email that is sent stands in this list, and has its templates; no other has"
