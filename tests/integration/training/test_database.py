"""The database is as the models say."""

from pathlib import Path

from services.training import models
from shared import migrations
from tests.integration.training.house import House

DIRECTORY = Path(models.__file__).with_name("migrations")


async def test_tables_are_those_of_the_models(house: House) -> None:
    await migrations.check(url=house.context.settings.database_of("training"), directory=DIRECTORY)


async def test_numbers_of_communications_never_come_again(house: House) -> None:
    [found] = await house.rows(
        "SELECT max_value, cycle FROM pg_sequences WHERE sequencename = :name",
        name=models.communication_number.name,
    )
    assert (found.max_value, found.cycle) == (models.communication_number.maxvalue, False)
