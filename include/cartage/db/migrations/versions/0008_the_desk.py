"""The desk."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Take the step. There is no way back: an older form of the ledger is its backup."""
    op.create_table(
        "desk_work",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column(
            "asked_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "input",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="What it works on; its form depends on the kind.",
        ),
        sa.Column(
            "started_at", sa.DateTime(timezone=True), nullable=True, comment="When a run last took it on."
        ),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "total", sa.Integer(), nullable=True, comment="How much there is to do, where that is known."
        ),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "outcome",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="What came of it; its form depends on the kind.",
        ),
        sa.Column("failure", sa.Text(), server_default="", nullable=False, comment="Why nothing came of it."),
        sa.CheckConstraint(
            "(outcome IS NULL AND failure = '') = (finished_at IS NULL)", name=op.f("desk_work_outcome_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("desk_work_pkey")),
    )
    op.create_index(op.f("desk_work_lane_id_idx"), "desk_work", ["lane", "id"], unique=False)
    op.create_table(
        "ship_method_offer",
        sa.Column(
            "account", sa.Text(), nullable=False, comment="The warehouse account, as in the catalogue."
        ),
        sa.Column(
            "methods",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Its carriers and services.",
        ),
        sa.Column(
            "read_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("account", name=op.f("ship_method_offer_pkey")),
    )
    op.add_column(
        "cause",
        sa.Column(
            "suggestions",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
            comment="What may mend it, best first.",
        ),
    )
    op.add_column(
        "cause",
        sa.Column(
            "suggested_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When that was last thought about.",
        ),
    )
    op.create_index(
        "event_throughput_idx",
        "event",
        ["lane", "to_state", "at"],
        unique=False,
        postgresql_where=sa.text("to_state IN ('acknowledged', 'shipped')"),
    )
    op.create_index(
        op.f("fulfillment_order_lane_created_at_id_idx"),
        "fulfillment_order",
        ["lane", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("fulfillment_order_lane_remote_id_idx"),
        "fulfillment_order",
        ["lane", "remote_id"],
        unique=False,
        postgresql_where=sa.text("remote_id IS NOT NULL"),
    )
    op.create_index(
        "fulfillment_order_standing_idx",
        "fulfillment_order",
        ["lane", "state", "state_since"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(
        "sales_order_email_idx",
        "sales_order",
        ["lane", sa.literal_column("lower(document ->> 'email')")],
        unique=False,
        postgresql_where=sa.text("document ->> 'email' <> ''"),
    )
    op.create_index(
        "sales_order_invoice_idx",
        "sales_order",
        ["lane", sa.text("lower(invoice) text_pattern_ops")],
        unique=False,
    )
