"""Required actions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Take the step. There is no way back: an older form of the ledger is its backup."""
    op.create_table(
        "required_action",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("cause_id", sa.BigInteger(), nullable=False),
        sa.Column("opening", sa.Integer(), nullable=False, comment="Which opening of the cause it is about."),
        sa.Column(
            "asked_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When Airflow took the run that asks; null means not yet.",
        ),
        sa.Column(
            "offers",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="The mappings that may be chosen; null until it is asked.",
        ),
        sa.Column("answer", sa.Text(), nullable=True, comment="The option that a person chose."),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True, comment="What came of it."),
        sa.Column(
            "orders",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Orders skipped or held by it.",
        ),
        sa.CheckConstraint(
            "outcome IN ('held', 'left', 'mapped', 'mended_elsewhere', 'skipped', 'unanswered')",
            name=op.f("required_action_outcome_check"),
        ),
        sa.CheckConstraint(
            "(answer IS NULL) = (answered_by IS NULL)", name=op.f("required_action_answered_check")
        ),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (outcome IS NULL)", name=op.f("required_action_settled_check")
        ),
        sa.ForeignKeyConstraint(["cause_id"], ["cause.id"], name=op.f("required_action_cause_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("required_action_pkey")),
        sa.UniqueConstraint("cause_id", "opening", name=op.f("required_action_cause_id_opening_key")),
    )
    op.create_index(
        "required_action_open_idx",
        "required_action",
        ["lane", "id"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NULL"),
    )
