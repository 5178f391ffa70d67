"""${message}."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    """Go to this step."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Go back from this step."""
    ${downgrades if downgrades else "pass"}
