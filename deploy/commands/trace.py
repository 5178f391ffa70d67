"""`kring trace verify`: whether the trace of each service is as it was written, and where it first is not."""

from collections.abc import Sequence

from deploy.local.errors import PlatformError
from shared.database import Database
from shared.secrets import Secrets
from shared.settings import Settings
from shared.trace import trace_key_for
from shared.trace.verifying import Broken, Verification


async def verify(services: Sequence[str], *, kept: str | None = None) -> int:
    """Recompute the chains of these services, and print how long they are or where they break; 1 if one does.

    `kept`: NUMBER:DIGEST of a seal of the one service, as it was printed or logged before. Raises: PlatformError.
    """
    settings = Settings()
    noted = _noted(kept) if kept is not None else None
    if noted is not None and len(services) != 1:
        raise PlatformError("Name the one service whose seal was noted.")
    key, broken = Secrets.load(settings.secrets_dir).trace_key, 0
    for service in services:
        database = Database.connect(
            settings.database_of(service), application_name="kring-trace", pool_size=1
        )
        verification = Verification(database, service=service, key=trace_key_for(key, service))
        try:
            found = await verification.verify(kept=noted)
            print(
                f"{service}: holds; {found.entries} entries in {found.seals} seals, {found.waiting} wait;"
                f" newest {found.seals}:{found.digest}"
            )
        except Broken as error:
            broken += 1
            print(f"{service}: BROKEN: {error}")
        finally:
            await database.close()
    return 1 if broken else 0


def _noted(kept: str) -> tuple[int, str]:
    number, _, digest = kept.partition(":")
    if not number.isdigit() or not digest:
        raise PlatformError("A noted seal is NUMBER:DIGEST, as `kring trace verify` prints it.")
    return int(number), digest
