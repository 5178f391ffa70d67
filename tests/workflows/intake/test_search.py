"""The search for a coordinator as it runs: whom it asks, what time does to it, and when it ends."""

from sqlalchemy import text

from tests.workflows.intake.cases import Cases, search_of


class TestSearch:
    async def test_asks_one_after_another_until_one_accepts(self, search: Cases) -> None:
        world = search.world
        third = await world.enter_coordinator()
        second = await world.enter_coordinator(languages=["nl", "fr"])
        first = await world.enter_coordinator(languages=["nl", "fr", "ar"])
        case = await search.begun(wishes={"languages": ["nl", "fr", "ar"]})
        declined = await search.offer(case)
        await world.decline(declined, first)
        await search.skipped.deliver()
        silent = await search.offer(case, declined)
        await search.skipped.reach(search_of(case))
        assert await world.emailed("offer-reminder") == [second]
        await search.skipped.waits(search_of(case))
        await search.skipped.reach(search_of(case))
        accepted = await search.offer(case, silent)
        await world.accept(accepted, third)
        await search.skipped.deliver()
        await search.skipped.ended(search_of(case))
        assert await world.emailed("offer-made") == [first, second, third]
        assert await world.emailed("offer-reminder") == [second]
        assert await world.emailed("offer-closed") == [second]
        for what, times in (("made", 3), ("answered", 2), ("expired", 1)):
            assert len(await world.published(f"intake.offer.{what}.v1", case=case)) == times
        shown = await world.do("GET", f"/v1/cases/{case.id}", world.manager())
        assert shown["coordinator_id"] == str(third)

    async def test_ends_when_the_case_stops_and_asks_nobody_more(self, search: Cases) -> None:
        world = search.world
        coordinator = await world.enter_coordinator()
        await world.enter_coordinator()
        case = await search.begun()
        await search.offer(case)
        path = f"/v1/cases/{case.id}/withdraw"
        await world.do("POST", path, world.person(case, role="central"), json={"reason": "family-withdrew"})
        await search.skipped.deliver()
        await search.skipped.ended(search_of(case))
        assert len(await world.published("intake.offer.made.v1", case=case)) == 1
        assert await world.emailed("offer-closed") == [coordinator]

    async def test_asks_nobody_for_a_case_that_stopped_first(self, search: Cases) -> None:
        world = search.world
        await world.enter_coordinator()
        case = await world.open_case()
        path = f"/v1/cases/{case.id}/withdraw"
        await world.do("POST", path, world.manager(), json={"reason": "other"})
        # The stop is heard of before the opening.
        await world.deliver_published("intake.clock.stopped.v1", "intake.case.withdrawn.v1")
        world.delivered = 0
        await search.skipped.deliver()
        await search.skipped.ended(search_of(case))
        assert await world.published("intake.offer.made.v1", case=case) == []

    async def test_is_paused_with_the_case(self, search: Cases) -> None:
        world = search.world
        await world.enter_coordinator()
        case = await search.begun()
        await search.offer(case)
        await world.do("POST", f"/v1/cases/{case.id}/pause", world.manager(), json={"reason": "illness"})
        await search.skipped.deliver()
        await search.skipped.paused(search_of(case))
        await search.skipped.skip(days=30)
        assert await world.emailed("offer-reminder") == []
        await world.do("POST", f"/v1/cases/{case.id}/resume", world.manager())
        await search.skipped.deliver()
        await search.skipped.waits(search_of(case))
        await search.skipped.reach(search_of(case))
        assert len(await world.emailed("offer-reminder")) == 1

    async def test_waits_for_somebody_when_nobody_is_left(self, search: Cases) -> None:
        world = search.world
        case = await search.begun()
        await search.skipped.waits(search_of(case))
        assert await search.nobody_left(case)
        for _ in range(3):
            await search.skipped.reach(search_of(case))
            await search.skipped.waits(search_of(case))
        assert await world.emailed("no-coordinator-left") == [world.manager_id]
        newcomer = await world.enter_coordinator()

        await world.accept(await search.asked_again(case), newcomer)
        await search.skipped.deliver()
        await search.skipped.ended(search_of(case))
        assert len(await world.published("intake.clock.breached.v1", case=case)) == 1

    async def test_begins_again_for_a_coordinator_who_leaves(self, search: Cases) -> None:
        world = search.world
        first = await world.enter_coordinator()
        case = await search.begun()
        await world.accept(await search.offer(case), first)
        await search.skipped.deliver()
        await search.skipped.ended(search_of(case))
        second = await world.enter_coordinator()
        path = f"/v1/cases/{case.id}/release-coordinator"
        await world.do("POST", path, world.manager(), json={"reason": "conflict-of-interest"})
        await search.skipped.deliver()
        await world.accept(await search.offer(case, number=2), second)
        await search.skipped.deliver()
        await search.skipped.ended(search_of(case, 2))
        assert await world.emailed("offer-made") == [first, second]

    async def test_an_event_heard_twice_changes_nothing(self, search: Cases) -> None:
        world = search.world
        first = await world.enter_coordinator()
        await world.enter_coordinator()
        case = await search.begun()
        offer = await search.offer(case)
        await world.decline(offer, first)
        await search.skipped.deliver()
        await search.offer(case, offer)
        async with world.owner.transaction() as session:
            await session.execute(text("DELETE FROM inbox"))
        world.delivered = 0
        await search.skipped.deliver()
        await search.skipped.waits(search_of(case))
        assert len(await world.published("intake.offer.made.v1", case=case)) == 2
