"""What must be there before a story begins: organisations, staff, coordinators and policies, made through the APIs."""

from deploy.demo.api import Asker
from deploy.demo.stage import Scene, Stage
from shared.auth import Role


async def cast(stage: Stage) -> str:
    """Register everyone whom the story's services must know, and set the policies; return what was done."""
    await _organisations(stage)
    await _staff(stage)
    await _coordinators(stage)
    await _policies(stage)
    story = stage.story
    return (
        f"{len(story.organisations)} organisations, {len(story.staff)} members of staff,"
        f" {len(story.coordinators)} volunteer coordinators"
    )


async def _organisations(stage: Stage) -> None:
    for key, organisation in stage.story.organisations.items():
        body = {
            "organisation_id": stage.organisations[key],
            "name": organisation.name,
            "kbo_number": organisation.kbo,
            "is_tenant": organisation.runs_conferences,
            "languages": organisation.languages,
        }
        await stage.api.post("intake", "/v1/organisations", stage.installer, body)


async def _staff(stage: Stage) -> None:
    for key, member in stage.story.staff.items():
        organisation = stage.organisations[member.organisation]
        body = {
            "staff_id": stage.staff[key],
            "organisation_id": organisation,
            "roles": [role.value for role in member.roles],
            "first_name": member.first_name,
            "last_name": member.last_name,
            "email": member.email,
            "language": member.language,
        }
        asker = Asker(stage.installer.name, stage.installer.token, organisation)
        await stage.api.post("intake", "/v1/staff", asker, body)


async def _coordinators(stage: Stage) -> None:
    # Registered in the order of the story, by whoever manages each tenant that has a thread.
    for scene in _one_per_tenant(stage):
        manager = stage.asker(_manager_of(stage, scene), scene)
        for key, coordinator in stage.story.coordinators.items():
            body = {
                "coordinator_id": stage.coordinators[key],
                "first_name": coordinator.first_name,
                "last_name": coordinator.last_name,
                "email": coordinator.email,
                "language": coordinator.language,
                "languages": coordinator.languages,
                "gender": coordinator.gender,
                "cultures": coordinator.cultures,
                "region": coordinator.region,
                "max_load": coordinator.max_load,
                "tied_to": [stage.organisations[each] for each in coordinator.tied_to],
            }
            known = {name: value for name, value in body.items() if value is not None}
            await stage.api.post("intake", "/v1/coordinators", manager, known)


async def _policies(stage: Stage) -> None:
    for scene in _one_per_tenant(stage):
        for service, settings in stage.story.policies.get(scene.thread.tenant, {}).items():
            asker = stage.asker(_manager_of(stage, scene), scene)
            known = await stage.api.get(service, "/v1/policy", asker)
            merged = {**(known.get("settings") or {}), **settings}
            await stage.api.put(service, "/v1/policy", asker, merged)


def _one_per_tenant(stage: Stage) -> list[Scene]:
    found: dict[str, Scene] = {}
    for scene in stage.scenes.values():
        if scene.is_about_a_case or scene.thread.tenant in stage.story.policies:
            found.setdefault(scene.thread.tenant, scene)
    return list(found.values())


def _manager_of(stage: Stage, scene: Scene) -> str:
    return stage.with_role(Role.REGIONAL_MANAGER, scene)
