"""Records histories of the wait for a payment, readable and from made-up ids.

By `python -m tests.workflows.training.record`.
Run it when the workflow changes on purpose, with a new number, and keep the older histories while runs of that time may
be under way.
"""

import asyncio
import re
import sys
import tempfile
from pathlib import Path

from pydantic import SecretStr

from deploy.local.postgres import PostgreSQL
from deploy.local.rabbitmq import RabbitMQ
from deploy.local.secrets import ensure_secrets
from deploy.local.temporal import TimeSkippingServer
from shared.secrets import database_key
from shared.settings import Settings
from tests.integration.training.bank import Line, digits, statement
from tests.support.backing import KEYS, Backing, Databases
from tests.workflows.training.running import Running, running

HISTORIES = Path(__file__).with_name("histories")


async def play(training: Running) -> dict[str, str]:
    """Play a session with one place, and return histories (JSON) of who expired, who waited, who came free."""
    house = training.house
    session = await house.session(days=80, capacity=1)
    never_pays = await house.register(session, "Sofie")
    waits = await house.register(session, "Hilde")
    await training.pass_moment(never_pays, "warn_at")
    await training.comes_to(never_pays, "awaiting-payment", "payment-request", "payment-reminder")
    await training.pass_moment(never_pays, "due_at")
    await training.comes_to(waits, "awaiting-payment", "waitlisted", "place-free")
    await training.waits(waits)
    asked = (await house.registration(waits["registration_id"]))["payment"]
    await house.import_file(statement(Line(communication=digits(asked))))
    free = await house.register(await house.session(price="0"), "Noor")
    found = {}
    for name, registered in (("expired", never_pays), ("waited-and-paid", waits), ("free", free)):
        await training.ended(registered)
        history = await training.history(registered)
        # Who worked on it names a machine, and does not matter to a replay.
        found[name] = re.sub(r'"[^"]*@[^"]*"', '"worker"', history.to_json())
    return found


async def main(number: str) -> None:
    """Record under a number."""
    with tempfile.TemporaryDirectory() as directory:
        parts = Backing(Path(directory))
        try:
            postgres = await parts.get("postgres", PostgreSQL)
            rabbitmq = await parts.get("rabbitmq", RabbitMQ)
            server = await parts.get("temporal", TimeSkippingServer)
            secrets = Path(directory, "secrets")
            ensure_secrets(secrets)
            databases = Databases(postgres, database_key(secrets))
            await databases.recreate(KEYS)
            settings = Settings(
                database_url=SecretStr(postgres.url),
                broker_url=SecretStr(rabbitmq.url),
                temporal_address=server.address,
                temporal_namespace=server.namespace,
                clock="skipped",
                secrets_dir=secrets,
                local=True,
                stop_seconds=5,
                retry_scale=0.05,
            )
            async with running(settings, await databases.fresh("training"), readable=True) as training:
                for name, history in (await play(training)).items():
                    HISTORIES.joinpath(f"{name}-{number}.json").write_text(history + "\n")
            await databases.close()
        finally:
            await parts.stop()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:] or ["0001"]))
