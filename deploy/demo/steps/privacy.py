"""Steps about people's data: opening a file in need, asking for one's data, and being forgotten."""

from typing import TYPE_CHECKING, Literal
from uuid import UUID

from deploy.demo.failures import WentWrong
from deploy.demo.keys import PersonKey, StaffKey
from deploy.demo.steps.base import Step
from deploy.demo.words import Words

if TYPE_CHECKING:
    from deploy.demo.stage import Scene, Stage


class OpenFile(Step, name="open-file"):
    """A regional manager opens the file of a case for some hours, and says why."""

    by: StaffKey
    reason: Words

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Open it."""
        path, asker = f"/v1/cases/{scene.case}/break-glass", stage.asker(self.by, scene)
        await stage.api.post("intake", path, asker, {"reason": self.reason})
        return f"{asker.name} opens the file for some hours, and says why."


class AskForData(Step, name="ask-for-data"):
    """Somebody asks, behind their link, for everything about them, for a correction, or to be forgotten."""

    who: PersonKey
    kind: Literal["copy", "erasure", "correction"] = "copy"
    words: Words | None = None

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Ask."""
        body = {"kind": self.kind} | ({} if self.words is None else {"text": self.words})
        answer = await stage.api.post(
            "network", "/v1/me/data-requests", await stage.person(self.who, scene), body
        )
        scene.data_requests[f"{self.kind} {self.who}"] = UUID(answer["request_id"])
        asked = {
            "copy": "for everything that is kept about them",
            "erasure": "to be forgotten",
            "correction": "for something to be put right",
        }
        return f"{stage.first(self.who)} asks {asked[self.kind]}."


class AnswerDataRequest(Step, name="answer-data-request"):
    """The data protection officer answers what somebody asked of their data."""

    by: StaffKey
    who: PersonKey
    kind: Literal["copy", "erasure", "correction"] = "copy"
    says: Literal["yes", "no"] = "yes"
    reason: Words | None = None

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Answer it."""
        asker = stage.asker(self.by, scene)
        request = scene.find(scene.data_requests, f"{self.kind} {self.who}", "request")
        waiting = await stage.api.items("network", "/v1/data-requests", asker)
        if str(request) not in {item["request_id"] for item in waiting}:
            raise WentWrong(f"{asker.name} does not find the request of {stage.first(self.who)} in the list")
        verb = "approve" if self.says == "yes" else "refuse"
        body = {"reason": self.reason} if self.reason is not None else {}
        await stage.api.post("network", f"/v1/data-requests/{request}/{verb}", asker, body)
        return f"{asker.name} says {self.says} to what {stage.first(self.who)} asked of their data."


class ReadCopy(Step, name="read-copy"):
    """Somebody reads everything that is kept about them: these words are in it, and those are not."""

    who: PersonKey
    holds: tuple[Words, ...] = ()
    lacks: tuple[Words, ...] = ()

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Read it, for people and for machines."""
        request = scene.find(scene.data_requests, f"copy {self.who}", "request")
        asker = await stage.person(self.who, scene)
        path = f"/v1/me/data-requests/{request}/copy"
        for form in ("json", "html"):
            text = await stage.api.text("network", path, asker, format=form)
            for words in self.holds:
                if words not in text:
                    raise WentWrong(f"the copy ({form}) of {asker.name} lacks “{words}”")
            for words in self.lacks:
                if words in text:
                    raise WentWrong(f"the copy ({form}) of {asker.name} holds “{words}”, which is another's")
        return f"{asker.name} reads everything that is kept about them."


class EraseCase(Step, name="erase-case"):
    """The data protection officer erases a case: nobody can read anything of it any more."""

    by: StaffKey
    because: Literal["asked", "entered-by-mistake"] = "asked"

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Erase it."""
        asker = stage.asker(self.by, scene)
        await stage.api.post("intake", f"/v1/cases/{scene.case}/erase", asker, {"because": self.because})
        return f"{asker.name} erases the case."
