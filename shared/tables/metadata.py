"""The metadata of the platform's tables, and the declarations in a table's `info`."""

from sqlalchemy import (
    DateTime,
    MetaData,
)

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

platform = MetaData(naming_convention=NAMING)

# Declares in `info` that rows are not for their own tenant alone (see shared.migrations.roles): why they have no
# tenant, or an SQL condition on rows that all may read, and only their own tenant may write.
NO_TENANT_REASON = "no tenant reason"
SHOWN_TO_ALL = "shown to all"
# Declares in `info` that rows are append-only: services have no right to change or delete them.
APPEND_ONLY = "append only"

Timestamp = DateTime(timezone=True)
