"""What the database itself promises about communications."""

from services.training import models
from tests.support.world.training import Training


async def test_numbers_of_communications_never_come_again(world: Training) -> None:
    [found] = await world.rows(
        "SELECT max_value, cycle FROM pg_sequences WHERE sequencename = :name",
        name=models.communication_number.name,
    )
    assert (found.max_value, found.cycle) == (models.communication_number.maxvalue, False)
