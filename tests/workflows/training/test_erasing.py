"""Erasing a registration on all the real parts: training hears itself, destroys the keys and confirms."""

from temporalio.service import RPCError

from shared.deadlines import workflow_id
from tests.support.eventually import eventually
from tests.workflows.training.running import Running


class TestErasing:
    async def test_is_confirmed_by_itself_and_looked_after(self, training: Running) -> None:
        house = training.house
        registered = await house.register(await house.session(), "Annelies")
        path = f"/v1/registrations/{registered['registration_id']}"
        await house.ask("POST", f"{path}/cancel", house.trainer, expect=200)
        officer = house.officer()
        await house.ask("POST", f"{path}/erase", officer, json={"because": "asked"}, expect=200)

        async def done() -> bool:
            standing = await house.ask("GET", f"{path}/erasure", officer, expect=200)
            return bool(standing.json()["state"] == "done")

        await eventually(done, "the erasure to be confirmed", seconds=20)
        [clock] = await house.rows("SELECT id, state FROM clock WHERE kind = 'erasure'")
        assert clock.state == "stopped"
        client = await house.context.temporal.client()

        handle = client.get_workflow_handle(workflow_id(clock.id))

        async def looked_after() -> bool:
            try:
                return (await handle.describe()).workflow_type == "Deadline"
            except RPCError:
                return False

        await eventually(looked_after, "a workflow for the clock")
        await house.ask("GET", path, house.trainer, expect=410)
