"""Run by Alembic for every history: its steps, on the caller's connection and models."""

from alembic import context

from shared.migrations import VERSIONS_SCHEMA, History

history: History = context.config.attributes["history"]
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=history.metadata,
    version_table=history.name,
    version_table_schema=VERSIONS_SCHEMA,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
