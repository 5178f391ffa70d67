"""What goes otherwise than planned: all of it through the APIs, and some in a browser."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deploy.demo.browser import chromium, hand_of
from deploy.demo.player import UNDISTURBED, story_on
from deploy.demo.story import API, Hand
from deploy.local.platform import Platform
from deploy.stories.changed_agreement import changed_agreement
from deploy.stories.exceptions import EXCEPTIONS
from deploy.stories.people import Part, at_the_ring
from deploy.stories.refused_plan import refused_plan
from deploy.stories.without_meeting import without_meeting
from shared.events import intake

pytestmark = pytest.mark.timeout(400)

# Those with pages that the first story does not open.
_ON_PAGES = (without_meeting, refused_plan, changed_agreement)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def own() -> AsyncIterator[Platform]:
    """A platform on which nothing else is played."""
    async with Platform(skipped_time=True, extra=UNDISTURBED) as platform:
        yield platform


async def closed_on(platform: Platform, hand: Hand, *parts: Part) -> set[str]:
    """Play stories on one timeline, and return those whose case closed once and whose emails came once."""
    async with story_on(platform, patience=90, hand=hand) as story:
        await at_the_ring(story, *parts)
        assert {email.deliveries for email in story.watch.inbox.emails} == {1}
        return {
            name.replace("-", "_")
            for name, case in story.cases.items()
            if [event.type for event in story.events(case)].count(intake.CaseClosed.TYPE) == 1
        }


class TestTheExceptions:
    async def test_end_well_through_the_apis(self, own: Platform) -> None:
        assert await closed_on(own, API, *EXCEPTIONS) == {part.__name__ for part in EXCEPTIONS}

    async def test_end_well_on_pages(self, own: Platform) -> None:
        async with chromium() as browser:
            closed = await closed_on(own, hand_of(browser, own), *_ON_PAGES)
        assert closed == {part.__name__ for part in _ON_PAGES}
