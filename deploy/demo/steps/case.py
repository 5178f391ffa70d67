"""Steps of a case as intake knows it: the referral, the coordinator's answer, how a case rests, stops or goes on."""

from typing import TYPE_CHECKING, Literal
from uuid import UUID

from pydantic import Field

from deploy.demo.failures import StoryWrong, WentWrong
from deploy.demo.keys import ActorKey, CoordinatorKey, LabelKey, OrganisationKey, PersonKey, StaffKey
from deploy.demo.steps.base import Part, Step
from deploy.demo.words import Words

if TYPE_CHECKING:
    from deploy.demo.api import Asker
    from deploy.demo.stage import Scene, Stage


class Referred(Part):
    """Somebody named in a referral, what they are to it, and whether they agree to it."""

    person: PersonKey
    role: Literal["central", "representative", "circle"] = "central"
    relation: Words | None = None
    side: Literal["maternal", "paternal", "other"] | None = None
    parental_authority: bool | None = None
    agrees: bool = True


class Wishes(Part):
    """What the people concerned wish of the coordinator."""

    languages: tuple[str, ...] = ()
    gender: str | None = None
    culture: str | None = None


class Refer(Step, name="refer"):
    """Somebody asks for a conference: a professional (`by` one of the staff), or a person (`by`) for themselves."""

    by: ActorKey
    themes: tuple[str, ...] = Field(min_length=1)
    question: Words
    persons: tuple[Referred, ...] = Field(min_length=1)
    track: Literal["normal", "urgent"] = "normal"
    languages: tuple[str, ...] = ("nl",)
    wishes: Wishes = Wishes()
    bottom_lines: dict[LabelKey, Words] = Field(default_factory=dict)
    resources: Words | None = None
    mandated: OrganisationKey | None = None
    summary: Words | None = None

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Send the referral."""
        by_professional = self.by in stage.staff
        asker = stage.asker(self.by, scene) if by_professional else stage.open_door(scene)
        answer = await stage.api.post("intake", "/v1/referrals", asker, self._body(stage, by_professional))
        scene.referral_id = UUID(answer["referral_id"])
        scene.referrer = self.by if by_professional else None
        if answer["state"] != "received":
            raise WentWrong(f"the referral is {answer['state']}, not received")
        centre = stage.firsts(each.person for each in self.persons)
        first = stage.first(self.by)
        if not by_professional:
            return f"{first} asks for a conference, and needs nobody to be referred."
        return f"{first} refers {centre}: {len(self.bottom_lines)} bottom lines, in {' and '.join(self.languages)}."

    def _body(self, stage: "Stage", by_professional: bool) -> dict[str, object]:
        today = stage.start.date()
        persons = []
        for number, each in enumerate(self.persons, start=1):
            person = stage.story.people[each.person]
            entry = {
                "ref": f"p{number}",
                "first_name": person.first_name,
                "last_name": person.last_name,
                "birth_date": stage.birth_date(each.person),
                "role": each.role,
                "email": person.email,
                "phone": person.phone,
                "address": person.address,
                "language": person.language,
                "relation": each.relation,
                "side": each.side,
                "parental_authority": each.parental_authority,
            }
            known = {name: value for name, value in entry.items() if value is not None}
            persons.append({**known, "consent": {"referral": each.agrees, "date": today}})
        body: dict[str, object] = {
            "kind": "professional" if by_professional else "self",
            "themes": self.themes,
            "track": self.track,
            "question": self.question,
            "languages": self.languages,
            "wishes": self.wishes.model_dump(exclude_none=True),
            "persons": persons,
            "bottom_lines": list(self.bottom_lines.values()),
        }
        if self.resources is not None:
            body["resources"] = self.resources
        if self.summary is not None:
            body["summary"] = self.summary
        if self.mandated is not None:
            body["mandated_organisation_id"] = stage.organisations[self.mandated]
        return body


class AcceptReferral(Step, name="accept-referral", main="by"):
    """The regional manager takes the referral on: a case opens."""

    by: StaffKey

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Accept it."""
        scene.manager = self.by
        referral = scene.need(scene.referral_id, "a referral")
        answer = await stage.api.post(
            "intake", f"/v1/referrals/{referral}/accept", stage.asker(self.by, scene)
        )
        scene.case_id = UUID(answer["case_id"])
        return f"{stage.first(self.by)} takes the referral on: a case opens."


class DeclineReferral(Step, name="decline-referral"):
    """The regional manager does not take the referral on."""

    by: StaffKey
    reason: str

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Decline it."""
        referral = scene.need(scene.referral_id, "a referral")
        path = f"/v1/referrals/{referral}/decline"
        await stage.api.post("intake", path, stage.asker(self.by, scene), {"reason": self.reason})
        return f"{stage.first(self.by)} does not take the referral on."


class AnswerOffer(Step, name="coordinator"):
    """A coordinator is offered the case, and accepts, declines or stays silent until the offer is over.

    Waits until the offer comes to this coordinator; so the order of these steps is the order of the offers.
    """

    who: CoordinatorKey
    answer: Literal["accepts", "declines", "stays-silent"]
    reason: str = "no-time"

    async def awaited(self, stage: "Stage", scene: "Scene") -> str | None:
        """Wait for the offer."""
        if await self._offer(stage, scene) is None:
            return f"an offer of this case to {stage.first(self.who)}"
        return None

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Answer it, or not."""
        offer = await self._offer(stage, scene)
        asker, first = stage.asker(self.who, scene), stage.first(self.who)
        if self.answer == "stays-silent":
            return f"{first} is asked, and does not answer."
        if self.answer == "declines":
            await stage.api.post("intake", f"/v1/offers/{offer}/decline", asker, {"reason": self.reason})
            return f"{first} is asked, and declines."
        await stage.api.post("intake", f"/v1/offers/{offer}/accept", asker, {"no_conflict": True})
        scene.coordinator = self.who
        return f"{first} is asked, has no ties to anyone concerned, and accepts."

    async def _offer(self, stage: "Stage", scene: "Scene") -> str | None:
        offers = await stage.api.items("intake", "/v1/offers", stage.asker(self.who, scene))
        for offer in offers:
            if offer["case_id"] == str(scene.case) and offer.get("state", "open") in ("open", "made"):
                return str(offer["offer_id"])
        return None


class RecordBaseline(Step, name="record-baseline"):
    """The coordinator writes the questions of the conference down as they were agreed on; the bottom lines stay."""

    questions: tuple[Words, ...] = Field(min_length=1)

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Read the baseline and write it with these questions."""
        path, asker = f"/v1/cases/{scene.case}/baseline", stage.the_coordinator(scene)
        known = await stage.api.get("intake", path, asker)
        body = {
            "questions": self.questions,
            "bottom_lines": [
                {"bottom_line_id": line["bottom_line_id"], "text": line["text"]}
                for line in known["bottom_lines"]
            ],
            "resources": known.get("resources"),
        }
        await stage.api.put("intake", path, asker, body)
        return f"{asker.name} writes down {len(self.questions)} questions for the circle."


class _ByCode(Step):
    """Something that is done to a case with a reason."""

    reason: str = ""
    by: ActorKey | None = None

    async def _asker(self, stage: "Stage", scene: "Scene") -> "Asker":
        return stage.manager(scene) if self.by is None else await stage.anyone(self.by, scene)

    async def _post(self, stage: "Stage", scene: "Scene", verb: str) -> str:
        asker = await self._asker(stage, scene)
        body = {"reason": self.reason} if self.reason else {}
        await stage.api.post("intake", f"/v1/cases/{scene.case}/{verb}", asker, body)
        return asker.name


class Pause(_ByCode, name="pause"):
    """The case is paused, and its clocks with it."""

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Pause it."""
        return f"{await self._post(stage, scene, 'pause')} lets the case rest."


class Resume(_ByCode, name="resume"):
    """The case goes on."""

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Resume it."""
        return f"{await self._post(stage, scene, 'resume')} lets the case go on."


class Withdraw(_ByCode, name="withdraw"):
    """The case stops before its end, at whoever's wish (`by` a person: with their personal link)."""

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Stop it."""
        if not self.reason:
            raise StoryWrong("a case is withdrawn for a reason")
        # Taken before: the first letters go out while the answer travels.
        scene.stopped_at = await stage.now()
        name = await self._post(stage, scene, "withdraw")
        return f"{name} stops the case: everything about it ends here."


class ReleaseCoordinator(_ByCode, name="release-coordinator"):
    """The coordinator no longer works on the case; unless the task is done, another one is looked for."""

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Release the coordinator."""
        released = stage.the_coordinator(scene).name
        await self._post(stage, scene, "release-coordinator")
        scene.coordinator = None
        return f"{released} no longer works on the case ({self.reason})."
