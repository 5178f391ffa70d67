"""What only people of the example do, besides what people of any story do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from deploy.demo.coordinator import Coordinator
from deploy.demo.person import Person
from deploy.demo.staff import Staff
from deploy.demo.things import Case, Venue, Words
from services.intake.domain.codes import ReferralReason
from services.scheduling.domain import NeedKind
from shared.events.network import AccessNeed, Need
from shared.fields import LanguageCode


@dataclass(frozen=True)
class Giver:
    """A professional who gives the circle information at the conference, or writes it down for it."""

    name: Words
    function: Words
    tells: Words
    how: Literal["present", "in-writing"] = "present"


@dataclass(eq=False, kw_only=True)
class ExampleStaff(Staff):
    """A member of staff of the example."""

    async def declines_referral(self, case: Case, *, reason: ReferralReason) -> None:
        """{me} does not take the referral on ({reason})."""
        await self._post(f"intake/referrals/{case.referral_id}/decline", reason=reason)

    async def enters_venue(
        self, venue: Venue, *, meets: Sequence[AccessNeed] = (), open_at: Sequence[str] = (), **about: Any
    ) -> UUID:
        """{me} enters a place where circles can meet."""
        answer = await self._post("scheduling/venues", **vars(venue), meets=meets, open_at=open_at, **about)
        return UUID(answer["venue_id"])

    async def lets_statistics_tell_of(self, smallest: int) -> None:
        """{me} decides that statistics tell of no smaller group than {smallest}."""
        read = await self._ask("GET", "intake/policy")
        body = {
            "version": read["version"],
            "settings": {**read["settings"], "statistics_smallest_group": smallest},
        }
        await self._ask("PUT", "intake/policy/safeguards", body)

    async def adds_to_text(self, purpose: str, sentence: Words) -> None:
        """{me} asks for agreement in one sentence more ({purpose}); who said yes before is asked again."""
        path = f"network/consent-texts/{purpose}"
        read = await self._ask("GET", path)
        texts = [
            {**each, "body": f"{each['body']}\n\n{sentence}"} if each["language"] == self.language else each
            for each in read["texts"]
        ]
        await self._post(path, version=read["version"], texts=texts)


@dataclass(eq=False, kw_only=True)
class ExampleCoordinator(Coordinator):
    """A coordinator of the example."""

    async def notes_needs(self, case: Case, person: Person, *needs: Need, words: Words | None = None) -> None:
        """{me} notes what {person} needs to take part."""
        await self._meets(case)
        path = f"network/persons/{person.id}"
        version = (await self._ask("GET", path))["version"]
        await self._ask("PATCH", path, {"version": version, "needs": needs, "needs_words": words})

    async def sees_to_need(self, case: Case, person: Person, need: NeedKind) -> None:
        """{me} has seen to something that {person} needs ({need})."""
        conference = (await self._conference(case))["conference_id"]
        path = f"scheduling/conferences/{conference}/needs/{person.id}/{need}"
        await self._ask("PUT", path, {"done": True})

    async def announces_givers(self, case: Case, *givers: Giver) -> None:
        """{me} writes down who will tell the circle what."""
        path = f"scheduling/conferences/{(await self._conference(case))['conference_id']}/information-givers"
        version = (await self._ask("GET", path))["version"]
        await self._ask("PUT", path, {"version": version, "givers": givers})

    async def words_plan(self, case: Case, language: LanguageCode, texts: Mapping[str, str]) -> None:
        """{me} writes the plan in {language}, beside the words of the circle."""
        path = f"plans/plans/{case.plan_id}"
        newest = (await self._ask("GET", path))["version"]
        words = [{"in_plan": text, "wording": wording} for text, wording in texts.items()]
        await self._ask("PUT", f"{path}/wordings/{language}", {"version": newest, "texts": words})
