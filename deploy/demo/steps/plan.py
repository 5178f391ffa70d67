"""Steps of the plan and the year after it, as plans knows them."""

from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from pydantic import Field, model_validator

from deploy.demo.failures import StoryWrong, WentWrong
from deploy.demo.keys import ActorKey, LabelKey, OrganisationKey, PersonKey, StaffKey
from deploy.demo.moments import DayTime
from deploy.demo.steps.base import Part, Step
from deploy.demo.words import Words

if TYPE_CHECKING:
    from deploy.demo.stage import Scene, Stage

CheckInKind = Literal["four-weeks", "three-months", "six-months", "twelve-months", "review"]
AgreementStatus = Literal["open", "done", "lapsed"]


class Agreement(Part):
    """What was agreed, by whom (people of the circle, or somebody else in words), and when it is to be done."""

    what: Words
    who: tuple[PersonKey, ...] = ()
    who_else: Words | None = None
    by: Literal["network", "professional"] = "network"
    due: DayTime
    known_done_how: Words | None = None

    @model_validator(mode="after")
    def _somebody(self) -> "Agreement":
        if not self.who and self.who_else is None:
            raise ValueError("somebody must do it: who, or who_else")
        return self


class PlanB(Part):
    """What is done if things go otherwise."""

    when: Words
    then: Words
    who: PersonKey | None = None


class RecordPlan(Step, name="record-plan"):
    """The coordinator writes the circle's plan down; each agreement gets a name for later steps."""

    goals: tuple[Words, ...] = Field(min_length=1)
    agreements: dict[LabelKey, Agreement] = Field(min_length=1)
    plan_b: tuple[PlanB, ...] = ()
    monitor: PersonKey
    review: DayTime
    without_meeting: bool = False

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Record it."""
        conference = None if self.without_meeting else scene.need(scene.conference_id, "a conference")
        body = {
            "conference_id": conference,
            "goals": self.goals,
            "agreements": [await self._agreement(each, stage, scene) for each in self.agreements.values()],
            "plan_b": [await self._plan_b(each, stage, scene) for each in self.plan_b],
            "monitor_person_id": await stage.person_id(self.monitor, scene),
            "review_on": stage.day(self.review),
        }
        path = f"/v1/cases/{scene.case}/plans"
        answer = await stage.api.post("plans", path, stage.the_coordinator(scene), body)
        scene.plan_id = UUID(answer["plan_id"])
        scene.agreements = {
            key: UUID(found) for key, found in zip(self.agreements, answer["agreement_ids"], strict=True)
        }
        return (
            f"The circle's plan: {len(self.goals)} goals, {len(self.agreements)} agreements, a plan B,"
            f" and {stage.first(self.monitor)} to watch over it."
        )

    @staticmethod
    async def _agreement(each: Agreement, stage: "Stage", scene: "Scene") -> dict[str, Any]:
        body: dict[str, Any] = {
            "what": each.what,
            "who_person_ids": [await stage.person_id(key, scene) for key in each.who],
            "by": each.by,
            "due_on": stage.day(each.due),
        }
        if each.who_else is not None:
            body["who_text"] = each.who_else
        if each.known_done_how is not None:
            body["known_done_how"] = each.known_done_how
        return body

    @staticmethod
    async def _plan_b(each: PlanB, stage: "Stage", scene: "Scene") -> dict[str, Any]:
        who = {"who_person_id": await stage.person_id(each.who, scene)} if each.who else {}
        return {"when": each.when, "then": each.then, **who}


class Judgement(Part):
    """Whether a bottom line is met, and why not."""

    met: bool = True
    reason: Words | None = None


class AcceptPlan(Step, name="accept-plan"):
    """The mandated professional says of each bottom line whether the plan meets it."""

    by: StaffKey
    lines: tuple[Judgement, ...] = Field(min_length=1)
    expect: Literal["accepted", "partly-accepted", "refused"] = "accepted"

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Say so, line by line in the order of the referral."""
        asker = stage.asker(self.by, scene)
        baseline = await stage.api.get("intake", f"/v1/cases/{scene.case}/baseline", asker)
        known = baseline["bottom_lines"]
        if len(known) != len(self.lines):
            raise StoryWrong(f"there are {len(known)} bottom lines, and {len(self.lines)} are judged")
        lines = [
            {"bottom_line_id": line["bottom_line_id"], **judged.model_dump(exclude_none=True)}
            for line, judged in zip(known, self.lines, strict=True)
        ]
        plan = scene.need(scene.plan_id, "a plan")
        answer = await stage.api.put("plans", f"/v1/plans/{plan}/acceptance", asker, {"lines": lines})
        came_out = (answer or {}).get("acceptance") or (answer or {}).get("state")
        if came_out is not None and came_out != self.expect:
            raise WentWrong(f"the plan is {came_out}, and not {self.expect}")
        came_out = self.expect.replace("-", " ")
        return f"{asker.name} looks at {len(lines)} bottom lines, one by one: the plan is {came_out}."


class SharePlan(Step, name="share-plan"):
    """The circle shares the plan; with all of the circle if nobody is named."""

    people: tuple[PersonKey, ...] = ()
    organisations: tuple[OrganisationKey, ...] = ()
    by: PersonKey | None = None

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Share it."""
        asker = stage.the_coordinator(scene) if self.by is None else await stage.person(self.by, scene)
        body: dict[str, Any] = {}
        if self.people:
            body["person_ids"] = [await stage.person_id(key, scene) for key in self.people]
        if self.organisations:
            body["organisation_ids"] = [stage.organisations[key] for key in self.organisations]
        await stage.api.post("plans", f"/v1/plans/{scene.need(scene.plan_id, 'a plan')}/share", asker, body)
        whom = stage.firsts(self.people) if self.people else "all of the circle"
        return f"The plan is shared with {whom}."


class _AgreementStep(Step):
    """Something that somebody says of an agreement."""

    agreement: LabelKey
    by: ActorKey

    async def _say(self, stage: "Stage", scene: "Scene", verb: str) -> str:
        agreement = scene.find(scene.agreements, self.agreement, "agreement")
        asker = await stage.anyone(self.by, scene)
        await stage.api.post("plans", f"/v1/agreements/{agreement}/{verb}", asker)
        return asker.name


class AgreementDone(_AgreementStep, name="agreement-done"):
    """Somebody says that an agreement was carried out."""

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Say so."""
        return f"{await self._say(stage, scene, 'done')}: “{self.agreement}” is done."


class AgreementLapse(_AgreementStep, name="agreement-lapse"):
    """Somebody says that an agreement is let go."""

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Say so."""
        return f"{await self._say(stage, scene, 'lapse')} lets “{self.agreement}” go."


class CheckIn(Step, name="check-in"):
    """Somebody asks how things go, and records what the circle decided. Waits until that check-in is due."""

    kind: CheckInKind
    by: ActorKey
    decision: Literal["continue", "adjust", "new-conference", "close"] = "continue"
    note: Words | None = None
    agreements: dict[LabelKey, AgreementStatus] = Field(default_factory=dict)

    async def awaited(self, stage: "Stage", scene: "Scene") -> str | None:
        """Wait until it is due."""
        due = any(
            event.type == "plans.check-in.due.v1"
            and event.case_id == scene.case
            and event.data["kind"] == self.kind
            for event in stage.house.ledger.events
        )
        return None if due else f"the {self.kind} check-in to be due"

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Record it."""
        asker = await stage.anyone(self.by, scene)
        items = await stage.api.items("plans", f"/v1/cases/{scene.case}/check-ins", asker)
        open_ones = [item for item in items if item["kind"] == self.kind and item.get("state") != "recorded"]
        if not open_ones:
            raise WentWrong(f"{asker.name} sees no open {self.kind} check-in")
        body: dict[str, Any] = {"decision": self.decision}
        if self.note is not None:
            body["note"] = self.note
        if self.agreements:
            body["agreements"] = [
                {"agreement_id": scene.find(scene.agreements, key, "agreement"), "status": status}
                for key, status in self.agreements.items()
            ]
        await stage.api.post("plans", f"/v1/check-ins/{open_ones[0]['check_in_id']}/record", asker, body)
        return f"{asker.name} asks how it goes ({self.kind.replace('-', ' ')}): {self.decision.replace('-', ' ')}."


class RequestReview(Step, name="request-review", main="by"):
    """Somebody asks to look at the plan earlier than agreed."""

    by: ActorKey

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Ask for it."""
        plan = scene.need(scene.plan_id, "a plan")
        asker = await stage.anyone(self.by, scene)
        await stage.api.post("plans", f"/v1/plans/{plan}/review-requests", asker)
        return f"{asker.name} asks to look at the plan again."
