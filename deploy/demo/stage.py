"""Where a story is played: the APIs, the mailbox, the house, and what has come of each thread so far.

The ids in here came from the APIs' own answers and from letters, as they would for any caller.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from deploy.demo.api import Api, Asker
from deploy.demo.failures import StoryWrong, WentWrong
from deploy.demo.house import House
from deploy.demo.mailbox import Letter, Mailbox
from deploy.demo.moments import DayTime
from deploy.demo.story import Story, Thread
from shared.auth import LOCAL_ISSUER, Issuer, Role
from shared.calendar import BRUSSELS
from shared.ids import uuid7


@dataclass
class Scene:
    """What one thread has brought about. The dictionaries go from the story's keys to the platform's ids."""

    name: str
    thread: Thread
    tenant: UUID
    referral_id: UUID | None = None
    case_id: UUID | None = None
    stopped_at: datetime | None = None
    coordinator: str | None = None
    referrer: str | None = None
    manager: str | None = None
    persons: dict[str, UUID] = field(default_factory=dict)
    invitations: dict[str, UUID] = field(default_factory=dict)
    conference_id: UUID | None = None
    poll_id: UUID | None = None
    options: dict[str, UUID] = field(default_factory=dict)
    bottom_lines: dict[str, UUID] = field(default_factory=dict)
    plan_id: UUID | None = None
    agreements: dict[str, UUID] = field(default_factory=dict)
    check_ins: set[UUID] = field(default_factory=set)
    courses: dict[str, UUID] = field(default_factory=dict)
    sessions: dict[str, UUID] = field(default_factory=dict)
    session_of: dict[str, str] = field(default_factory=dict)
    registrations: dict[str, UUID] = field(default_factory=dict)
    payments: dict[str, UUID] = field(default_factory=dict)
    statements: int = 0
    data_requests: dict[str, UUID] = field(default_factory=dict)

    @property
    def case(self) -> UUID:
        """Return the case of this thread. Raises: StoryWrong."""
        return self.need(self.case_id, "an accepted referral")

    @property
    def is_about_a_case(self) -> bool:
        """Say whether the thread is about a case."""
        return self.thread.about == "case"

    def need(self, value: UUID | None, what: str) -> UUID:
        """Return a value that an earlier step brought. Raises: StoryWrong."""
        if value is None:
            raise StoryWrong(f'this step of "{self.name}" needs {what} before it')
        return value

    def find(self, ids: dict[str, UUID], key: str, what: str) -> UUID:
        """Return the id of something that an earlier step named. Raises: StoryWrong."""
        if key not in ids:
            raise StoryWrong(
                f'"{key}" is no {what} of "{self.name}" so far; there are {", ".join(ids) or "none"}'
            )
        return ids[key]


class Stage:
    """One story on one platform."""

    def __init__(self, *, story: Story, api: Api, mailbox: Mailbox, house: House, secrets: Path) -> None:
        self.story = story
        self.api = api
        self.mailbox = mailbox
        self.house = house
        self.start = datetime.now(UTC)
        self.assertions = 0
        self.organisations: dict[str, UUID] = {key: uuid7() for key in story.organisations}
        self.staff: dict[str, UUID] = {key: uuid7() for key in story.staff}
        self.coordinators: dict[str, UUID] = {key: uuid7() for key in story.coordinators}
        self.scenes: dict[str, Scene] = {
            name: Scene(name=name, thread=thread, tenant=self.organisations[thread.tenant])
            for name, thread in story.threads.items()
        }
        self._issuer = Issuer.load(secrets / "local_issuer_key", name=LOCAL_ISSUER)
        self._askers: dict[str, Asker] = {}
        self.installer = Asker(
            "the installer", self._issuer.staff(person=uuid7(), organisation=None, roles={Role.OPS})
        )

    async def now(self) -> datetime:
        """Return the business time."""
        return await self.house.now()

    def first(self, key: str) -> str:
        """Return somebody's first name."""
        return str(self.story.someone(key).first_name)

    def firsts(self, keys: Any) -> str:
        """Return several first names as people write them."""
        names = [self.first(key) for key in keys]
        return (
            names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "nobody"
        )

    def moment(self, when: DayTime) -> datetime:
        """Return a moment of the story in UTC."""
        return when.since(self.start)

    def day(self, when: DayTime) -> date:
        """Return a date of the story."""
        return when.date_since(self.start)

    def day_number(self, moment: datetime) -> int:
        """Return which day of the story a moment falls on."""
        return (moment.astimezone(BRUSSELS).date() - self.start.astimezone(BRUSSELS).date()).days

    def birth_date(self, key: str) -> date | None:
        """Return when one of the people was born: they reached their age some months before the story."""
        age = self.story.people[key].age
        if age is None:
            return None
        begin = self.start.astimezone(BRUSSELS).date().replace(day=1)
        return begin.replace(year=begin.year - age) - timedelta(days=120)

    def asker(self, key: str, scene: Scene) -> Asker:
        """Return somebody with an account, at the tenant of this thread. Raises: StoryWrong."""
        name = f"{key}@{scene.tenant}"
        if name not in self._askers:
            self._askers[name] = Asker(self.first(key), self._token(key), scene.tenant)
        return self._askers[name]

    def open_door(self, scene: Scene) -> Asker:
        """Return somebody without any token, at the tenant of this thread."""
        return Asker("somebody without an account", None, scene.tenant)

    async def person(self, key: str, scene: Scene) -> Asker:
        """Return one of the people, let in by the personal link in their latest letter. Raises: WentWrong."""
        address = self.story.people[key].email
        if address is None:
            raise StoryWrong(
                f"{self.first(key)} has no e-mail address, so no personal link; let a coordinator act"
            )
        await self.mailbox.look()
        token = self.mailbox.latest_link(address)
        if token is None:
            raise WentWrong(f"{self.first(key)} has received no letter with a personal link")
        known = self._askers.get(token)
        if known is None:
            answer = await self.api.post(
                "network", "/v1/links/exchange", Asker(self.first(key), None), {"token": token}
            )
            scene.persons.setdefault(key, UUID(answer["person_id"]))
            known = Asker(self.first(key), str(answer["access_token"]), scene.tenant)
            self._askers[token] = known
        return known

    async def anyone(self, key: str, scene: Scene) -> Asker:
        """Return somebody of the story, by account or by personal link."""
        return await self.person(key, scene) if key in self.story.people else self.asker(key, scene)

    def forget_links(self) -> None:
        """Let everybody show their link again: the tokens they got for it are short-lived."""
        self._askers = {name: asker for name, asker in self._askers.items() if "@" in name}

    def manager(self, scene: Scene) -> Asker:
        """Return a regional manager of the thread's tenant. Raises: StoryWrong."""
        return self.asker(scene.manager or self.with_role(Role.REGIONAL_MANAGER, scene), scene)

    def with_role(self, role: Role, scene: Scene) -> str:
        """Return the key of somebody of the thread's tenant with a role. Raises: StoryWrong."""
        for key, member in self.story.staff.items():
            if role in member.roles and member.organisation == scene.thread.tenant:
                return key
        raise StoryWrong(f'nobody of "{scene.thread.tenant}" is {role.value}')

    def the_coordinator(self, scene: Scene) -> Asker:
        """Return the coordinator who accepted the case. Raises: StoryWrong."""
        if scene.coordinator is None:
            raise StoryWrong(f'nobody has accepted the case of "{scene.name}" yet')
        return self.asker(scene.coordinator, scene)

    async def refresh_persons(self, scene: Scene) -> list[dict[str, Any]]:
        """Learn the ids of the people of the case from the coordinator's list, and return that list."""
        asker = self.the_coordinator(scene)
        items = await self.api.items("network", f"/v1/cases/{scene.case}/persons", asker)
        by_name = {(item["first_name"], item["last_name"]): item for item in items}
        for key, person in self.story.people.items():
            item = by_name.get((person.first_name, person.last_name))
            if item is not None:
                scene.persons[key] = UUID(item["person_id"])
                if item.get("invitation"):
                    scene.invitations[key] = UUID(item["invitation"]["invitation_id"])
        return items

    async def person_id(self, key: str, scene: Scene) -> UUID:
        """Return the id of one of the people in this thread's case. Raises: StoryWrong."""
        if key not in scene.persons and scene.coordinator is not None:
            await self.refresh_persons(scene)
        return scene.find(scene.persons, key, "person")

    def addresses(self, scene: Scene) -> dict[str, str]:
        """Return, by e-mail address, the keys of those that this thread is about and those who work on it."""
        keys = {*scene.persons, *scene.registrations, scene.coordinator, scene.referrer, scene.manager} - {
            None
        }
        found = {key: self.story.someone(key).email for key in keys if key is not None}
        return {address.lower(): key for key, address in found.items() if address is not None}

    def letters_to(self, key: str) -> list[Letter]:
        """Return the letters that somebody received so far (look first)."""
        address = self.story.someone(key).email
        return self.mailbox.to(address) if address else []

    def _token(self, key: str) -> str:
        if key in self.staff:
            member = self.story.staff[key]
            organisation = self.organisations[member.organisation]
            return self._issuer.staff(
                person=self.staff[key], organisation=organisation, roles=frozenset(member.roles)
            )
        if key in self.coordinators:
            return self._issuer.staff(
                person=self.coordinators[key], organisation=None, roles={Role.COORDINATOR}
            )
        raise StoryWrong(f'"{key}" has no account')
