"""Orders of which several warehouses ship parts: what a person chose if none has all of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Migrate. There is no downgrade: restore a backup instead."""
    op.add_column(
        "fulfillment_order",
        sa.Column(
            "routing_choice",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="What a person chose if no warehouse has all of it; empty: it waits.",
        ),
    )
    op.create_check_constraint(
        op.f("fulfillment_order_routing_choice_check"),
        "fulfillment_order",
        "routing_choice IN ('', 'backorder', 'split')",
    )
    op.alter_column(
        "fulfillment_order",
        "superseded_at",
        existing_type=sa.DateTime(timezone=True),
        existing_nullable=True,
        existing_comment="When a later generation replaced it.",
        comment="When a later generation replaced it, or other parts took over its lines.",
    )
