"""The whole road once: the first story, through the same player that `make demo` uses."""

from collections import Counter

import pytest

from deploy.local.platform import Platform
from deploy.watch.watch import settings_of
from shared.audit.verifying import Verification
from shared.database import Database
from shared.secrets import Secrets
from shared.services import SERVICES
from tests.journeys.conftest import Played

pytestmark = pytest.mark.timeout(400)


class TestFirstStory:
    async def test_ends_well_after_more_than_a_year(self, played: Played) -> None:
        assert played.report["ok"] is True
        assert played.report["simulated_days"] >= 365
        assert played.report["assertions"] > 250

    async def test_every_step_is_taken_on_a_page(self, played: Played) -> None:
        assert played.report["steps"]["through-apis"] == {}
        assert sum(played.report["steps"]["on-pages"].values()) >= 95

    async def test_every_service_has_its_say(self, played: Played) -> None:
        assert set(played.report["events"]) == set(SERVICES)
        assert all(count > 0 for count in played.report["events"].values())

    async def test_reports_the_events_of_each_case_in_order(self, played: Played) -> None:
        for case in played.report["cases"].values():
            events = case["events"]
            assert [event["time"] for event in events] == sorted(event["time"] for event in events)
            assert len({event["id"] for event in events}) == len(events)
        first, withdrawn = (played.report["cases"][name]["events"] for name in ("first-case", "second-case"))
        assert first[0]["type"] == withdrawn[0]["type"] == "intake.referral.received.v1"
        assert {"plans.follow-up.ended.v1", "intake.case.closed.v1"} <= {event["type"] for event in first}
        assert "intake.case.withdrawn.v1" in {event["type"] for event in withdrawn}

    async def test_every_workflow_ended_well_and_some_had_to_wait(self, played: Played) -> None:
        workflows = played.report["workflows"]
        assert Counter(workflow["type"] for workflow in workflows) == {
            "CoordinatorAssignment": 2,
            "Invitation": 12,
            "ConferencePreparation": 2,
            "FollowUp": 1,
            "Survey": 1,
            # Two of six registrations had nothing to pay in time, and of all persons one will be of age in a case.
            "Registration": 4,
            "DataRequest": 2,
            # A file that came twice is looked through twice, and booked once.
            "Statement": 2,
            "ComingOfAge": 1,
            "Retention": 1,
            # Of two referrals to decide, of three people whom the circle proposed, of who has no email address,
            # of a payment to settle, and of the erasure.
            "Clock": 9,
        }
        # A file is kept for years: what waits for that goes on when the story is over.
        waiting = {workflow["type"] for workflow in workflows if workflow["status"] == "running"}
        assert waiting == {"Retention"}
        assert {workflow["status"] for workflow in workflows if workflow["type"] != "Retention"} == {
            "completed"
        }
        assert sum(workflow["timers_fired"] for workflow in workflows) > 20

    async def test_every_email_was_delivered_once_and_names_nobody_in_the_report(
        self, played: Played
    ) -> None:
        mails = played.report["mails"]
        assert {mail["deliveries"] for mail in mails} == {1}
        assert all(mail["role"] and mail["subject"] and mail["date"] for mail in mails)
        assert not any("@post.example" in str(mail) for mail in mails)

    async def test_each_confirmed_participant_got_exactly_one_confirmation(self, played: Played) -> None:
        confirmed = Counter(event["type"] for event in played.report["other_events"])
        letters = Counter(mail["kind"] for mail in played.report["mails"])
        assert confirmed["training.registration.confirmed.v1"] == letters["registration-confirmed"] == 5

    @pytest.mark.usefixtures("played")
    async def test_leaves_an_audit_log_that_holds_in_every_service(self, platform: Platform) -> None:
        settings = settings_of(platform)
        for service in SERVICES:
            database = Database.connect(
                settings.database_of(service), application_name="test-audit-log", pool_size=1
            )
            key = Secrets.load(settings.secrets_of(service)).audit_key
            verification = Verification(database, service=service, key=key)
            found = await verification.verify()
            await database.close()
            assert found.seals > 0, service

    async def test_names_the_addresses_of_the_parts(self, played: Played) -> None:
        assert set(SERVICES) | {"postgresql", "rabbitmq", "temporal", "mailbox"} <= set(
            played.report["addresses"]
        )
