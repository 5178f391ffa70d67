"""Steps of the circle as network knows it: who belongs to it, who is invited, what they answer, and that it stands."""

from typing import TYPE_CHECKING, Literal
from uuid import UUID

from pydantic import Field

from deploy.demo.failures import WentWrong
from deploy.demo.keys import PersonKey
from deploy.demo.steps.base import Step
from deploy.demo.words import Words

if TYPE_CHECKING:
    from deploy.demo.stage import Scene, Stage

Role = Literal["central", "circle", "professional", "advocate", "interpreter", "representative"]
Side = Literal["maternal", "paternal", "other"]
Mode = Literal["in-person", "online", "phone", "letter", "recorded", "spokesperson", "absent"]
Through = Literal["link", "coordinator"]


class AddPerson(Step, name="add-person"):
    """Somebody comes into the circle.

    `proposed_by` says whose idea it was. With `through: link` that person proposes them behind the personal link and
    the coordinator confirms; else the coordinator writes them down.
    """

    person: PersonKey
    relation: Words
    role: Role = "circle"
    side: Side = "other"
    proposed_by: PersonKey | None = None
    through: Through = "coordinator"

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Add them."""
        person = stage.story.people[self.person]
        body: dict[str, object] = {
            name: value
            for name in ("first_name", "last_name", "email", "phone", "address", "language")
            if (value := getattr(person, name)) is not None
        }
        body |= {"side": self.side, "relation": self.relation}
        coordinator = stage.the_coordinator(scene)
        if self.through == "link" and self.proposed_by is not None:
            asker = await stage.person(self.proposed_by, scene)
            answer = await stage.api.post("network", "/v1/me/proposals", asker, body)
            await stage.api.post("network", f"/v1/persons/{answer['person_id']}/confirm", coordinator)
        else:
            body["role"] = self.role
            if self.proposed_by is not None:
                body["proposed_by"] = await stage.person_id(self.proposed_by, scene)
            answer = await stage.api.post("network", f"/v1/cases/{scene.case}/persons", coordinator, body)
        scene.persons[self.person] = UUID(answer["person_id"])
        idea = f", {stage.first(self.proposed_by)}'s idea" if self.proposed_by else ""
        what = f"a professional, {self.relation}" if self.role == "professional" else self.relation
        return f"{person.first_name} ({what}) comes into the circle{idea}."


class RemovePerson(Step, name="remove-person"):
    """Somebody leaves the circle, or (`exclude`) may not come; the reason of that is kept where few see it."""

    person: PersonKey
    reason: Words
    exclude: bool = False

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Remove them."""
        verb = "exclude" if self.exclude else "remove"
        path = f"/v1/persons/{await stage.person_id(self.person, scene)}/{verb}"
        await stage.api.post("network", path, stage.the_coordinator(scene), {"reason": self.reason})
        return f"{stage.first(self.person)} {'may not come' if self.exclude else 'leaves the circle'}."


class Contact(Step, name="contact"):
    """The coordinator was in touch with people: that it happened, never what was said."""

    who: tuple[PersonKey, ...] = Field(min_length=1)
    channel: Literal["visit", "phone", "video", "mail", "message"] = "visit"
    purpose: Literal["first-contact", "explanation", "safety", "other"] = "explanation"

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Note it for each."""
        coordinator = stage.the_coordinator(scene)
        body = {"channel": self.channel, "purpose": self.purpose}
        for key in self.who:
            path = f"/v1/persons/{await stage.person_id(key, scene)}/contacts"
            await stage.api.post("network", path, coordinator, body)
        return f"{coordinator.name} was in touch with {stage.firsts(self.who)} ({self.channel})."


class InviteAll(Step, name="invite-all"):
    """The coordinator invites everyone of the circle who is not yet invited; `expect` says how many that must be."""

    include_central: bool = False
    expect: int | None = None

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Invite them."""
        coordinator = stage.the_coordinator(scene)
        body = {"include_central": True} if self.include_central else {}
        path = f"/v1/cases/{scene.case}/invitations"
        answer = await stage.api.post("network", path, coordinator, body)
        if self.expect is not None and len(answer["invited"]) != self.expect:
            raise WentWrong(f"{len(answer['invited'])} people were invited, and not {self.expect}")
        await stage.refresh_persons(scene)
        return f"{coordinator.name} invites {len(answer['invited'])} people, each personally."


class SendLink(Step, name="send-link"):
    """The coordinator has a new personal link sent; every earlier one is worthless from then on."""

    to: tuple[PersonKey, ...] = Field(min_length=1)

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Renew the links."""
        for key in self.to:
            path = f"/v1/persons/{await stage.person_id(key, scene)}/link/renew"
            await stage.api.post("network", path, stage.the_coordinator(scene))
        stage.forget_links()
        return f"A new personal link goes to {stage.firsts(self.to)}."


class Answer(Step, name="answer"):
    """People answer their invitation: behind their personal link, or by telling the coordinator."""

    who: tuple[PersonKey, ...] = Field(min_length=1)
    says: Literal["yes", "no"] = "yes"
    mode: Mode = "in-person"
    through: Through = "link"

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Answer for each."""
        body = {"answer": self.says, "mode": self.mode if self.says == "yes" else "absent"}
        for key in self.who:
            if self.through == "link":
                asker = await stage.person(key, scene)
                await stage.api.post("network", "/v1/me/invitation/answer", asker, body)
            else:
                if key not in scene.invitations:
                    await stage.refresh_persons(scene)
                invitation = scene.find(scene.invitations, key, "invited person")
                path = f"/v1/invitations/{invitation}/answer"
                await stage.api.post("network", path, stage.the_coordinator(scene), body)
        how = (
            "behind the personal link"
            if self.through == "link"
            else f"through {stage.the_coordinator(scene).name}"
        )
        how_they_come = (
            f", {self.mode.replace('-', ' ')}" if self.says == "yes" and self.mode != "in-person" else ""
        )
        say = "says" if len(self.who) == 1 else "say"
        return f"{stage.firsts(self.who)} {say} {self.says}{how_they_come}, {how}."


class Consent(Step, name="consent"):
    """Somebody agrees to a purpose, or takes it back, behind the personal link."""

    who: PersonKey
    purpose: str
    given: bool = True
    version: int = 1

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Say so."""
        asker = await stage.person(self.who, scene)
        body = {"given": self.given, "version": self.version}
        await stage.api.put("network", f"/v1/me/consents/{self.purpose}", asker, body)
        return (
            f"{stage.first(self.who)} {'agrees to' if self.given else 'no longer agrees to'} {self.purpose}."
        )


class CircleReady(Step, name="circle-ready"):
    """The coordinator says that the circle stands; the conference cannot do without those in `required`."""

    required: tuple[PersonKey, ...] = ()

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Say so."""
        coordinator = stage.the_coordinator(scene)
        body = (
            {"required": [await stage.person_id(key, scene) for key in self.required]}
            if self.required
            else {}
        )
        await stage.api.post("network", f"/v1/cases/{scene.case}/circle-ready", coordinator, body)
        needs = f"; it needs {stage.firsts(self.required)}" if self.required else ""
        return f"The circle stands{needs}."
