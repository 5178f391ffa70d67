"""What Alembic runs for every history: its steps, on the connection and with the models that the caller chose."""

from typing import Any

from alembic import context
from sqlalchemy import Column, Index

from shared.migrations import VERSIONS_SCHEMA, History


def _compared(item: Any, _name: str | None, _kind: str, _reflected: bool, other: Any) -> bool:
    """Leave out an index on an expression that is on both sides: PostgreSQL gives its text back in another form."""
    return (
        other is None
        or not isinstance(item, Index)
        or all(isinstance(each, Column) for each in item.expressions)
    )


history: History = context.config.attributes["history"]
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=history.metadata,
    version_table=history.name,
    version_table_schema=VERSIONS_SCHEMA,
    compare_server_default=True,
    include_object=_compared,
)
with context.begin_transaction():
    context.run_migrations()
