"""What the warehouse answered, and alerts that are over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Take the step. There is no way back: an older form of the ledger is its backup."""
    op.create_index(
        "alert_closed_idx",
        "alert",
        ["lane", "closed_at", "id"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NOT NULL"),
    )
    op.add_column(
        "transfer",
        sa.Column(
            "answer_status",
            sa.Integer(),
            nullable=True,
            comment="The HTTP status of the warehouse's answer, where it has one.",
        ),
    )
    op.add_column(
        "transfer",
        sa.Column(
            "answer",
            sa.Text(),
            nullable=True,
            comment="What it answered; cut, no secrets, no card data. Null: nothing came.",
        ),
    )
    op.add_column(
        "transfer",
        sa.Column(
            "found",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="The orders that it showed when asked what became of this attempt.",
        ),
    )
