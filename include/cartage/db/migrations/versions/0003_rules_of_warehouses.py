"""Mapping rules of one of several warehouses, and a quick look at what each routing rule took."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Migrate. There is no downgrade: restore a backup instead."""
    op.add_column(
        "mapping_rule",
        sa.Column(
            "warehouse",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="Which of the lane's several warehouses the rule is for; empty: all.",
        ),
    )
    op.create_index(
        "event_routed_idx", "event", ["lane", "at"], unique=False, postgresql_where=sa.text("kind = 'routed'")
    )
