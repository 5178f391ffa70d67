"""Steps of the conference as scheduling knows it: the date poll, the date, the postponement, the day itself."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from deploy.demo.failures import StoryWrong, WentWrong
from deploy.demo.keys import LabelKey, PersonKey
from deploy.demo.moments import DayTime, Length, Span
from deploy.demo.steps.base import Part, Step
from deploy.demo.steps.circle import Mode, Through
from deploy.demo.words import Words

if TYPE_CHECKING:
    from deploy.demo.stage import Scene, Stage

TimeOfDay = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Hours = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d ?- ?([01]\d|2[0-3]):[0-5]\d$")]


async def conferences(stage: "Stage", scene: "Scene") -> list[dict[str, Any]]:
    """Return the conferences of the thread's case."""
    asker = stage.the_coordinator(scene)
    return await stage.api.items("scheduling", f"/v1/cases/{scene.case}/conferences", asker)


async def current(stage: "Stage", scene: "Scene") -> dict[str, Any]:
    """Return the conference that is being prepared or was held last. Raises: WentWrong if there is none."""
    found = await conferences(stage, scene)
    if not found:
        raise WentWrong("no conference is being prepared for this case")
    conference = max(found, key=lambda item: item["conference_no"])
    scene.conference_id = UUID(conference["conference_id"])
    if conference.get("poll_id"):
        scene.poll_id = UUID(conference["poll_id"])
    return conference


async def read_poll(stage: "Stage", scene: "Scene") -> dict[str, Any]:
    """Return the poll as the coordinator sees it."""
    poll = scene.need(scene.poll_id, "a date poll")
    answer: dict[str, Any] = await stage.api.get(
        "scheduling", f"/v1/polls/{poll}", stage.the_coordinator(scene)
    )
    return answer


class OpenPoll(Step, name="open-poll"):
    """The coordinator asks the circle which dates suit; each option gets a name for later steps."""

    options: dict[LabelKey, Span] = Field(min_length=1)
    closes: Length | None = None

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Open the poll, and learn the options' ids by their times."""
        await current(stage, scene)
        times = {key: span.since(stage.start) for key, span in self.options.items()}
        body: dict[str, Any] = {
            "options": [{"starts_at": begin, "ends_at": end} for begin, end in times.values()]
        }
        if self.closes is not None:
            body["closes"] = f"{self.closes.count}{self.closes.unit}"
        path = f"/v1/conferences/{scene.conference_id}/poll"
        answer = await stage.api.post("scheduling", path, stage.the_coordinator(scene), body)
        scene.poll_id = UUID(answer["poll_id"])
        await learn_options(stage, scene, {key: begin for key, (begin, _) in times.items()})
        return f"{stage.the_coordinator(scene).name} asks the circle about {len(times)} dates."


async def learn_options(stage: "Stage", scene: "Scene", begins: dict[LabelKey, datetime]) -> None:
    """Learn the ids of dates by when they begin. Raises: WentWrong if one is not in the poll."""
    poll = await read_poll(stage, scene)
    ids = {datetime.fromisoformat(each["starts_at"]): UUID(each["option_id"]) for each in poll["options"]}
    for key, begin in begins.items():
        if begin not in ids:
            raise WentWrong(f'the date "{key}" ({begin:%Y-%m-%d %H:%M} UTC) is not in the poll')
        scene.options[key] = ids[begin]


class AnswerPoll(Step, name="answer-poll"):
    """People say which dates suit them: `yes`, `maybe`; all other dates do not."""

    who: tuple[PersonKey, ...] = Field(min_length=1)
    yes: tuple[LabelKey, ...] = ()
    maybe: tuple[LabelKey, ...] = ()
    through: Through = "link"

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Answer for each."""
        poll = scene.need(scene.poll_id, "a date poll")
        for date in (*self.yes, *self.maybe):
            scene.find(scene.options, date, "date")
        answers = {
            str(option): "yes" if key in self.yes else "maybe" if key in self.maybe else "no"
            for key, option in scene.options.items()
        }
        for key in self.who:
            if self.through == "link":
                asker = await stage.person(key, scene)
                await stage.api.put("scheduling", f"/v1/me/polls/{poll}", asker, {"answers": answers})
            else:
                path = f"/v1/polls/{poll}/answers/{await stage.person_id(key, scene)}"
                await stage.api.put("scheduling", path, stage.the_coordinator(scene), {"answers": answers})
        through = "" if self.through == "link" else f" through {stage.the_coordinator(scene).name}"
        return f"{stage.firsts(self.who)} can come on {len(self.yes)} of {len(answers)} dates{through}."


class Venue(Part):
    """Where the conference will be."""

    name: Words
    address: Words


class Schedule(Step, name="schedule"):
    """The coordinator sets the date: the best of the poll, which must be the one named here, or just this one."""

    date: LabelKey
    choose: Literal["best", "this"] = "best"
    venue: Venue

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Set it, and see that it became the date expected."""
        await current(stage, scene)
        wanted = scene.find(scene.options, self.date, "date")
        body: dict[str, Any] = {"venue": self.venue.model_dump()}
        if self.choose == "this":
            body["option_id"] = wanted
        path = f"/v1/conferences/{scene.conference_id}/schedule"
        await stage.api.post("scheduling", path, stage.the_coordinator(scene), body)
        starts_at = datetime.fromisoformat((await current(stage, scene))["starts_at"])
        options = {
            each["option_id"]: each["starts_at"] for each in (await read_poll(stage, scene))["options"]
        }
        if datetime.fromisoformat(options[str(wanted)]) != starts_at:
            raise WentWrong(
                f'the conference was set on {starts_at:%Y-%m-%d %H:%M} UTC, and not on "{self.date}"'
            )
        return f"The conference is set on day {stage.day_number(starts_at)}: everyone it needs can come then."


class Postpone(Step, name="postpone"):
    """The conference cannot be held as set; the next one of the case takes its place, and no answer is lost.

    `dates` names, of the dates of the first poll, those that must still be there with all their answers.
    """

    reason: str
    dates: dict[LabelKey, Span] = Field(default_factory=dict)

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Postpone it, and count the answers that were carried over."""
        conference = scene.need(scene.conference_id, "a conference")
        before = {each["starts_at"]: each for each in (await read_poll(stage, scene))["options"]}
        path = f"/v1/conferences/{conference}/postpone"
        answer = await stage.api.post(
            "scheduling", path, stage.the_coordinator(scene), {"reason": self.reason}
        )
        scene.conference_id = UUID(answer["next_conference_id"])
        await stage.house.quiet()
        await current(stage, scene)
        after = {each["starts_at"]: each for each in (await read_poll(stage, scene))["options"]}
        for starts_at, option in after.items():
            for what in ("yes", "maybe", "no"):
                had, has = before.get(starts_at, {}).get(what), option.get(what)
                if had != has:
                    raise WentWrong(
                        f"the date {starts_at} had {had} answers “{what}” and has {has} after postponing"
                    )
        await learn_options(
            stage, scene, {key: span.since(stage.start)[0] for key, span in self.dates.items()}
        )
        return f"The conference is postponed ({self.reason}); the answers about {len(after)} dates are kept."


class CancelConference(Step, name="cancel-conference", main="reason"):
    """The conference will not be held."""

    reason: str

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Cancel it."""
        await current(stage, scene)
        path = f"/v1/conferences/{scene.conference_id}/cancel"
        await stage.api.post("scheduling", path, stage.the_coordinator(scene), {"reason": self.reason})
        return f"The conference will not be held ({self.reason})."


class Parts(Part):
    """When the three parts were. Of the private part nothing else is known."""

    information: Hours
    private: Hours
    presentation: Hours


class Hold(Step, name="hold"):
    """The conference was held: who came, and when its three parts began and ended."""

    came: dict[PersonKey, Mode] = Field(min_length=1)
    absent: tuple[PersonKey, ...] = ()
    late: dict[PersonKey, TimeOfDay] = Field(default_factory=dict)
    left: dict[PersonKey, TimeOfDay] = Field(default_factory=dict)
    parts: Parts
    outcome: Literal["plan", "no-plan"] = "plan"
    return_called_by_circle: bool | None = None

    async def play(self, stage: "Stage", scene: "Scene") -> str:
        """Record it."""
        conference = await current(stage, scene)
        if not conference.get("starts_at"):
            raise StoryWrong("a conference without a date cannot be held")
        day = stage.day_number(datetime.fromisoformat(conference["starts_at"]))

        def at(time_of_day: str) -> datetime:
            return stage.moment(DayTime.parse(f"day {day} {time_of_day}"))

        attendance: list[dict[str, Any]] = []
        for key in (*self.came, *self.absent):
            entry: dict[str, Any] = {
                "person_id": await stage.person_id(key, scene),
                "mode": self.came.get(key, "absent"),
                "came": key in self.came,
            }
            times = {"arrived_at": self.late.get(key), "left_at": self.left.get(key)}
            attendance.append(entry | {name: at(time) for name, time in times.items() if time is not None})
        parts = {}
        for name in ("information", "private", "presentation"):
            begin, end = (side.strip() for side in getattr(self.parts, name).split("-"))
            parts[name] = {"from": at(begin), "to": at(end)}
        body: dict[str, Any] = {"attendance": attendance, "parts": parts, "outcome": self.outcome}
        if self.return_called_by_circle is not None:
            body["return_called_by_circle"] = self.return_called_by_circle
        path = f"/v1/conferences/{scene.conference_id}/hold"
        await stage.api.post("scheduling", path, stage.the_coordinator(scene), body)
        came = f"{len(self.came)} people came" + (f", {len(self.absent)} could not" if self.absent else "")
        return f"The conference is held: {came}. Of the private part, only its hours are known."
