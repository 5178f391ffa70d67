"""The search for a coordinator as it runs: whom it asks, what time does to it, and when it ends."""

from sqlalchemy import text

from tests.workflows.intake.cases import Cases, search_of


class TestSearch:
    async def test_asks_one_after_another_until_one_accepts(self, search: Cases) -> None:
        house = search.house
        third = await house.enter_coordinator()
        second = await house.enter_coordinator(languages=["nl", "fr"])
        first = await house.enter_coordinator(languages=["nl", "fr", "ar"])
        case = await search.begun(wishes={"languages": ["nl", "fr", "ar"]})
        declined = await search.offer(case)
        await house.decline(declined, first)
        await search.skipped.deliver()
        silent = await search.offer(case, declined)
        await search.skipped.reach(search_of(case))
        assert await house.emailed("offer-reminder") == [second]
        await search.skipped.waits(search_of(case))
        await search.skipped.reach(search_of(case))
        accepted = await search.offer(case, silent)
        await house.accept(accepted, third)
        await search.skipped.deliver()
        await search.skipped.ended(search_of(case))
        assert await house.emailed("offer-made") == [first, second, third]
        assert await house.emailed("offer-reminder") == [second]
        assert await house.emailed("offer-closed") == [second]
        for what, times in (("made", 3), ("answered", 2), ("expired", 1)):
            assert len(await house.published(f"intake.offer.{what}.v1", case=case)) == times
        shown = await house.do("GET", f"/v1/cases/{case.id}", house.manager())
        assert shown["coordinator_id"] == str(third)

    async def test_ends_when_the_case_stops_and_asks_nobody_more(self, search: Cases) -> None:
        house = search.house
        coordinator = await house.enter_coordinator()
        await house.enter_coordinator()
        case = await search.begun()
        await search.offer(case)
        path = f"/v1/cases/{case.id}/withdraw"
        await house.do("POST", path, house.person(case, role="central"), json={"reason": "family-withdrew"})
        await search.skipped.deliver()
        await search.skipped.ended(search_of(case))
        assert len(await house.published("intake.offer.made.v1", case=case)) == 1
        assert await house.emailed("offer-closed") == [coordinator]

    async def test_asks_nobody_for_a_case_that_stopped_first(self, search: Cases) -> None:
        house = search.house
        await house.enter_coordinator()
        case = await house.open_case()
        path = f"/v1/cases/{case.id}/withdraw"
        await house.do("POST", path, house.manager(), json={"reason": "other"})
        # The stop is heard of before the opening.
        await house.deliver_published("intake.clock.stopped.v1", "intake.case.withdrawn.v1")
        house.delivered = 0
        await search.skipped.deliver()
        await search.skipped.ended(search_of(case))
        assert await house.published("intake.offer.made.v1", case=case) == []

    async def test_is_paused_with_the_case(self, search: Cases) -> None:
        house = search.house
        await house.enter_coordinator()
        case = await search.begun()
        await search.offer(case)
        await house.do("POST", f"/v1/cases/{case.id}/pause", house.manager(), json={"reason": "illness"})
        await search.skipped.deliver()
        await search.skipped.paused(search_of(case))
        await search.skipped.skip(days=30)
        assert await house.emailed("offer-reminder") == []
        await house.do("POST", f"/v1/cases/{case.id}/resume", house.manager())
        await search.skipped.deliver()
        await search.skipped.waits(search_of(case))
        await search.skipped.reach(search_of(case))
        assert len(await house.emailed("offer-reminder")) == 1

    async def test_waits_for_somebody_when_nobody_is_left(self, search: Cases) -> None:
        house = search.house
        case = await search.begun()
        await search.skipped.waits(search_of(case))
        assert await search.nobody_left(case)
        for _ in range(3):
            await search.skipped.reach(search_of(case))
            await search.skipped.waits(search_of(case))
        assert await house.emailed("no-coordinator-left") == [house.manager_id]
        newcomer = await house.enter_coordinator()

        await house.accept(await search.asked_again(case), newcomer)
        await search.skipped.deliver()
        await search.skipped.ended(search_of(case))
        assert len(await house.published("intake.clock.breached.v1", case=case)) == 1

    async def test_begins_again_for_a_coordinator_who_leaves(self, search: Cases) -> None:
        house = search.house
        first = await house.enter_coordinator()
        case = await search.begun()
        await house.accept(await search.offer(case), first)
        await search.skipped.deliver()
        await search.skipped.ended(search_of(case))
        second = await house.enter_coordinator()
        path = f"/v1/cases/{case.id}/release-coordinator"
        await house.do("POST", path, house.manager(), json={"reason": "conflict-of-interest"})
        await search.skipped.deliver()
        await house.accept(await search.offer(case, number=2), second)
        await search.skipped.deliver()
        await search.skipped.ended(search_of(case, 2))
        assert await house.emailed("offer-made") == [first, second]

    async def test_an_event_heard_twice_changes_nothing(self, search: Cases) -> None:
        house = search.house
        first = await house.enter_coordinator()
        await house.enter_coordinator()
        case = await search.begun()
        offer = await search.offer(case)
        await house.decline(offer, first)
        await search.skipped.deliver()
        await search.offer(case, offer)
        async with house.owner.transaction() as session:
            await session.execute(text("DELETE FROM inbox"))
        house.delivered = 0
        await search.skipped.deliver()
        await search.skipped.waits(search_of(case))
        assert len(await house.published("intake.offer.made.v1", case=case)) == 2
