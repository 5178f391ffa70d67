"""The bare counterpart of `POST /v1/referrals`: FastAPI, the same request model, the same writes, and nothing else.

Run as a process of its own: `python -m tests.bench.bare RECORDING PORT`, with the database in DATABASE_URL. The
statements are those by which the real endpoint wrote for the same request, recorded just before; each request sends
them with fresh ids. What the real one reads (calendar, organisations, policy, other referrals of the child) and what
it counts against who asks too often are not among them.
"""

import os
import pickle
import re
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import uvicorn
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import create_async_engine

from services.intake.schemas.referrals import NewReferral, ReferralReceipt
from shared.ids import uuid7

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def make_app(recording: Path, url: str) -> FastAPI:
    """Return an app with the one endpoint."""
    statements, kept = pickle.loads(recording.read_bytes())  # noqa: S301 - written by the benchmark itself
    engine = create_async_engine(url, pool_size=10, max_overflow=0)
    app = FastAPI()

    @app.post("/v1/referrals", status_code=201)
    async def receive(_referral: NewReferral) -> ReferralReceipt:
        fresh: dict[UUID, UUID] = {}
        # Of another child each time: else each would find all before it.
        unlike: dict[bytes, bytes] = {}

        def renew(value: Any) -> Any:
            if isinstance(value, list):
                return [renew(item) for item in value]
            if isinstance(value, str):
                # Entries of the audit log go as JSON.
                return _ID.sub(lambda found: str(renew(UUID(found[0]))), value)
            if isinstance(value, bytes):
                return unlike.setdefault(value, os.urandom(len(value)))
            if not isinstance(value, UUID) or value in kept:
                return value
            return fresh.setdefault(value, uuid7())

        async with engine.begin() as connection:
            for statement, parameters in statements:
                await connection.exec_driver_sql(statement, tuple(renew(value) for value in parameters))
        return ReferralReceipt(referral_id=next(iter(fresh.values())))

    return app


if __name__ == "__main__":
    _recording, _port = sys.argv[1:]
    uvicorn.run(
        make_app(Path(_recording), os.environ["DATABASE_URL"]),
        port=int(_port),
        loop="uvloop",
        log_config=None,
        access_log=False,
    )
