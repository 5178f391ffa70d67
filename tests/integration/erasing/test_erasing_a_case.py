"""Erasing a case: in every service what was readable is not any more, and everyone says so once."""

import random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from shared.auth import Role
from shared.errors import Operational
from shared.ids import uuid7
from shared.services import SERVICES_WITH_CASES
from tests.support.world.platform import CasePlatform, Story

ERASED = (410, "case-erased")


def shuffled(letters: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Return events in another order than they were said in."""
    return random.Random(7).sample(letters, len(letters))


async def subjects_of(platform: CasePlatform, story: Story) -> dict[str, list[UUID]]:
    """Return the subjects of a case that have a key, by service."""
    people = [story.case.id, story.central, story.mother, story.neighbour]
    return {service: await platform.living_keys(service, *people) for service in SERVICES_WITH_CASES}


class TestEraseCase:
    async def test_leaves_nothing_readable_in_any_service(self, platform: CasePlatform) -> None:
        story = await platform.story()
        before = await subjects_of(platform, story)
        assert {service: len(found) for service, found in before.items()} == {
            "intake": 3,
            "network": 3,
            "scheduling": 1,
            "plans": 1,
        }
        await platform.close(story)
        await platform.erase(story)
        await platform.settle()
        assert await subjects_of(platform, story) == {service: [] for service in SERVICES_WITH_CASES}
        for service in SERVICES_WITH_CASES:
            ledger = await platform.rows(
                service, "SELECT subject FROM erasure_ledger WHERE erased = :case", case=story.case.id
            )
            assert {row.subject for row in ledger} >= set(before[service]), service
        for table in ("poll_answer", "poll_asked", "circle_member", "case_person", "notified"):
            assert await platform.rows("scheduling", f"SELECT 1 FROM {table}") == [], table
        for table in ("contact", "circle"):
            assert await platform.rows("network", f"SELECT 1 FROM {table}") == [], table

    @pytest.mark.parametrize("change", ["DELETE FROM erasure_ledger", "UPDATE erasure_ledger SET at = now()"])
    async def test_no_service_may_change_its_ledger(self, platform: CasePlatform, change: str) -> None:
        for service in SERVICES_WITH_CASES:
            with pytest.raises(ProgrammingError, match="permission denied"):
                async with platform.worlds[service].context.database.transaction() as session:
                    await session.execute(text(change))

    async def test_every_read_says_that_it_was_erased(self, platform: CasePlatform) -> None:
        story = await platform.story()
        await platform.close(story)
        await platform.erase(story)
        await platform.settle()
        case, manager = story.case.id, platform.manager()
        central, referrer = platform.person(story, story.central), platform.intake.referrer()
        reads = [
            ("intake", f"/v1/cases/{case}", manager),
            ("intake", f"/v1/cases/{case}", referrer),
            ("intake", f"/v1/cases/{case}/offers", manager),
            ("intake", f"/v1/cases/{case}/baseline", referrer),
            ("intake", f"/v1/referrals/{story.case.referral_id}", manager),
            ("intake", f"/v1/referrals/{story.case.referral_id}", referrer),
            ("intake", f"/v1/cases/{case}/persons-at-opening", platform.intake.from_service("copy-persons")),
            ("network", "/v1/me", central),
            ("network", "/v1/me/consents", central),
            ("scheduling", f"/v1/cases/{case}/conferences", manager),
            ("scheduling", f"/v1/conferences/{story.conference}", manager),
            ("scheduling", f"/v1/conferences/{story.conference}", central),
            ("scheduling", f"/v1/polls/{story.poll}", manager),
            ("scheduling", "/v1/me/polls", central),
            ("plans", f"/v1/cases/{case}/plans", central),
            ("plans", f"/v1/plans/{story.plan}", central),
            ("plans", f"/v1/plans/{story.plan}", referrer),
            ("plans", f"/v1/cases/{case}/check-ins", manager),
            ("plans", f"/v1/cases/{case}/agreements", central),
        ]
        for service, path, who in reads:
            assert await platform.code(service, "GET", path, who) == ERASED, (service, path)
        assert (await platform.do("intake", "GET", "/v1/cases", manager))["items"] == []
        assert (await platform.do("intake", "GET", "/v1/referrals", manager))["items"] == []

    async def test_a_stranger_does_not_learn_that_there_was_a_case(self, platform: CasePlatform) -> None:
        story = await platform.story()
        await platform.close(story)
        await platform.erase(story)
        await platform.settle()
        stranger = platform.intake.coordinator(uuid7())
        for service, path in (
            ("intake", f"/v1/cases/{story.case.id}"),
            ("network", f"/v1/cases/{story.case.id}/persons"),
            ("scheduling", f"/v1/conferences/{story.conference}"),
            ("plans", f"/v1/plans/{story.plan}"),
        ):
            status, _ = await platform.code(service, "GET", path, stranger)
            assert status == 404, (service, path)

    async def test_the_clock_stops_when_the_last_service_has_confirmed(self, platform: CasePlatform) -> None:
        story = await platform.story()
        await platform.close(story)
        await platform.erase(story, reason="retention")
        await platform.settle(but=lambda service, _: service == "plans")
        running = await platform.erasure(story)
        assert (running["state"], running["reason"], running["done_at"]) == ("running", "retention", None)
        confirmed = {one["service"]: one["confirmed_at"] is not None for one in running["services"]}
        assert confirmed == {"intake": True, "network": True, "scheduling": True, "plans": False}
        platform.intake.later(days=8)
        late = await platform.erasure(story)
        assert (late["state"], late["late_since"]) == ("late", late["due_at"])
        platform.begin_again()
        await platform.settle()
        assert (await platform.erasure(story))["state"] == "done"
        clock = await platform.rows("intake", "SELECT owner, state FROM clock WHERE kind = 'erasure'")
        assert [(row.owner, row.state) for row in clock] == [("dpo", "stopped")]

    async def test_every_service_confirms_once_however_often_and_in_whatever_order_it_hears(
        self, platform: CasePlatform
    ) -> None:
        story = await platform.story()
        await platform.close(story)
        await platform.erase(story)
        await platform.settle()
        for _ in range(2):
            platform.begin_again()
            await platform.settle(order=shuffled)
        for service in SERVICES_WITH_CASES:
            said = await platform.rows(
                service, "SELECT 1 FROM outbox WHERE type = :type", type=f"{service}.erasure.confirmed.v1"
            )
            assert len(said) == 1, service
        assert "bug" not in {outcome for _, _, outcome in platform.outcomes}

    async def test_a_service_that_hears_of_the_erasure_first_takes_nothing_in_afterwards(
        self, platform: CasePlatform
    ) -> None:
        story = await platform.story()
        await platform.close(story)
        await platform.erase(story)
        # As if nothing had ever been carried: plans and scheduling hear everything now, the erasure before the opening.
        for service in ("scheduling", "plans"):
            tables = await platform.rows(
                service,
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
                " AND tablename NOT IN ('outbox', 'stream')",
            )
            async with platform.worlds[service].owner.transaction() as session:
                names = ", ".join(f'"{row.tablename}"' for row in tables)
                await session.execute(text(f"TRUNCATE {names} CASCADE"))
        platform.begin_again()
        await platform.settle(order=lambda published: published[::-1])
        for service, tables_of in (
            ("scheduling", ("preparation", "circle_member", "case_person", "case_info")),
            ("plans", ("plan", "case_person", "case_info")),
        ):
            for table in tables_of:
                assert await platform.rows(service, f"SELECT 1 FROM {table}") == [], table
        assert (await platform.erasure(story))["state"] == "done"

    async def test_a_process_killed_between_two_effects_ends_in_destroyed_keys_and_one_confirmation(
        self, platform: CasePlatform, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        story = await platform.story()
        await platform.close(story)
        await platform.erase(story)
        vault = platform.worlds["network"].context.vault
        destroy, tried = vault.destroy_keys, 0

        async def killed_at_first(key_ids: Any, **erased: UUID) -> None:
            nonlocal tried
            tried += 1
            if tried == 2:
                await destroy(key_ids, **erased)
            if tried < 3:
                raise Operational("the process ends here")
            await destroy(key_ids, **erased)

        monkeypatch.setattr(vault, "destroy_keys", killed_at_first)
        for _ in range(2):
            with pytest.raises(Operational):
                await platform.settle()
            platform.begin_again()
        await platform.settle()
        assert tried == 3
        assert (await subjects_of(platform, story))["network"] == []
        assert (await platform.erasure(story))["state"] == "done"
        said = await platform.rows(
            "network", "SELECT 1 FROM outbox WHERE type = 'network.erasure.confirmed.v1'"
        )
        assert len(said) == 1

    async def test_answers_kept_for_a_second_sending_go_and_nothing_is_done_twice(
        self, platform: CasePlatform
    ) -> None:
        story, other = await platform.story(), await platform.story()
        body = {"first_name": "Ludo", "last_name": "Ver"}

        async def add(of: Story, key: str) -> tuple[int, str]:
            path = f"/v1/cases/{of.case.id}/persons"
            return await platform.code(
                "network",
                "POST",
                path,
                {**platform.coordinator(of), "idempotency-key": key},
                json=body,
            )

        assert (await add(story, "one"))[0] == (await add(other, "two"))[0] == 201
        await platform.close(story)
        await platform.erase(story)
        await platform.settle()
        assert await add(story, "one") == (410, "answer-erased")
        assert (await add(other, "two"))[0] == 201
        people = await platform.rows(
            "network", "SELECT 1 FROM person WHERE case_id = :case", case=other.case.id
        )
        assert len(people) == 4


class TestWhatIsRefused:
    async def test_a_case_that_goes_on(self, platform: CasePlatform) -> None:
        case = await platform.intake.open_case()
        path, body = f"/v1/cases/{case.id}/erase", {"reason": "asked"}
        assert await platform.code("intake", "POST", path, platform.officer(), json=body) == (
            409,
            "case-goes-on",
        )
        assert await platform.code("intake", "GET", f"/v1/cases/{case.id}/erasure", platform.officer()) == (
            404,
            "erasure-not-found",
        )

    async def test_a_second_time(self, platform: CasePlatform) -> None:
        story = await platform.story()
        await platform.close(story)
        await platform.erase(story)
        path, body = f"/v1/cases/{story.case.id}/erase", {"reason": "asked"}
        assert await platform.code("intake", "POST", path, platform.officer(), json=body) == ERASED

    @pytest.mark.parametrize("body", [{}, {"reason": "x"}, {"reason": None}, {"reason": ["asked"]}, []])
    async def test_a_reason_that_is_none(self, platform: CasePlatform, body: Any) -> None:
        case = await platform.intake.open_case()
        path = f"/v1/cases/{case.id}/erase"
        assert (await platform.code("intake", "POST", path, platform.officer(), json=body))[0] == 422

    async def test_a_case_of_another_organisation(self, platform: CasePlatform) -> None:
        case = await platform.intake.open_case()
        elsewhere = platform.intake.stranger(Role.DPO)
        path = f"/v1/cases/{case.id}/erase"
        assert await platform.code("intake", "POST", path, elsewhere, json={"reason": "asked"}) == (
            404,
            "case-not-found",
        )
