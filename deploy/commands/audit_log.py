"""`kring audit-log`: verify that the audit log of each service is intact; delete entries past their retention."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from deploy.local.errors import PlatformError
from shared.audit.shortening import shorten
from shared.audit.verifying import Broken, Verification
from shared.database import Database
from shared.retention import AUDIT_YEARS_AT_LEAST
from shared.secrets import Secrets
from shared.settings import Settings

_YEAR = timedelta(days=365.25)


async def verify(services: Sequence[str], *, kept: str | None = None) -> int:
    """Recompute the chains of these services, and print their lengths or where they break; 1 if one does.

    `kept`: NUMBER:DIGEST of a seal of the one service, as printed or logged before. Raises: PlatformError.
    """
    noted = _noted(kept) if kept is not None else None
    if noted is not None and len(services) != 1:
        raise PlatformError("Name the one service whose seal was noted.")
    broken = 0
    for service in services:
        async with _chain(service) as (database, key):
            try:
                found = await Verification(database, service=service, key=key).verify(kept=noted)
            except Broken as error:
                broken += 1
                print(f"{service}: BROKEN: {error}")
            else:
                print(
                    f"{service}: holds; {found.entries} entries in {found.seals} seals, {found.waiting} wait;"
                    f" newest {found.newest}:{found.digest}"
                )
    return 1 if broken else 0


async def shorten_all(services: Sequence[str], *, years: int) -> int:
    """Remove what was sealed more than so many years ago, if the chain holds; print how much, 1 if one is broken.

    Raises: PlatformError.
    """
    if years < AUDIT_YEARS_AT_LEAST:
        raise PlatformError(f"The audit log is kept for {AUDIT_YEARS_AT_LEAST} year at least.")
    broken, now = 0, datetime.now(UTC)
    for service in services:
        async with _chain(service) as (database, key):
            try:
                # Verified first: removing the old end must not hide a break there.
                await Verification(database, service=service, key=key).verify()
            except Broken as error:
                broken += 1
                print(f"{service}: BROKEN, and left as it is: {error}")
                continue
            gone = await shorten(database, key=key, before=now - years * _YEAR, now=now)
            print(f"{service}: {gone.entries} entries in {gone.seals} seals removed")
    return 1 if broken else 0


@asynccontextmanager
async def _chain(service: str) -> AsyncIterator[tuple[Database, bytes]]:
    """Yield a service's database with its owner's login, and the key of its chain."""
    settings = Settings()
    key = Secrets.load(settings.secrets_of(service)).audit_key
    database = Database.connect(
        settings.database_of(service), application_name="kring-audit-log", pool_size=1
    )
    try:
        yield database, key
    finally:
        await database.close()


def _noted(kept: str) -> tuple[int, str]:
    number, _, digest = kept.partition(":")
    if not number.isdigit() or not digest:
        raise PlatformError("A noted seal is NUMBER:DIGEST, as `kring audit-log verify` prints it.")
    return int(number), digest
