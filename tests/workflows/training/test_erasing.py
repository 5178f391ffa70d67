"""Erasing a registration on all the real parts: training hears itself, destroys the keys and confirms."""

from tests.support.eventually import eventually
from tests.workflows.training.running import Running


class TestErasing:
    async def test_is_confirmed_by_itself_and_looked_after(self, training: Running) -> None:
        world = training.world
        registered = await world.register(await world.session(), "Annelies")
        path = f"/v1/registrations/{registered['registration_id']}"
        await world.ask("POST", f"{path}/cancel", world.trainer, expect=200)
        officer = world.officer()
        await world.ask("POST", f"{path}/erase", officer, json={"reason": "asked"}, expect=200)

        async def done() -> bool:
            standing = await world.ask("GET", f"{path}/erasure", officer, expect=200)
            return bool(standing.json()["state"] == "done")

        await eventually(done, "the erasure to be confirmed")
        [clock] = await world.rows("SELECT id, state FROM clock WHERE kind = 'erasure'")
        assert clock.state == "stopped"
        workflow_id = f"clock/erasure/{registered['registration_id']}"
        await training.skipped.ended(workflow_id)
        [history] = await training.skipped.histories(workflow_id)
        assert history.events[0].workflow_execution_started_event_attributes.workflow_type.name == "Clock"
        await world.ask("GET", path, world.trainer, expect=410)
