"""Stock from the warehouse to the store."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Take the step. There is no way back: an older form of the ledger is its backup."""
    op.create_table(
        "stock_level",
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False, comment="As the warehouse spells it."),
        sa.Column("on_hand", sa.Numeric(), nullable=False),
        sa.Column("available", sa.Numeric(), nullable=False),
        sa.Column("allocated", sa.Numeric(), nullable=False),
        sa.Column("on_hold", sa.Numeric(), nullable=False),
        sa.Column("ordered_not_allocated", sa.Numeric(), nullable=False),
        sa.Column(
            "number",
            sa.BigInteger(),
            nullable=False,
            comment="The last reading that named it; an older one than the last complete one: it has none left.",
        ),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("lane", "sku", name=op.f("stock_level_pkey")),
    )
    op.create_table(
        "stock_push",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column(
            "everything",
            sa.Boolean(),
            nullable=False,
            comment="Every stock was to be written, changed or not.",
        ),
        sa.Column("compared", sa.Integer(), nullable=False),
        sa.Column(
            "began_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "lease_until",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="Until then no other run pushes.",
        ),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("abandoned", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("stock_push_pkey")),
    )
    op.create_index(op.f("stock_push_lane_began_at_idx"), "stock_push", ["lane", "began_at"], unique=False)
    op.create_index(op.f("stock_push_run_id_idx"), "stock_push", ["run_id"], unique=False)
    op.create_index(
        "stock_push_open_key",
        "stock_push",
        ["lane"],
        unique=True,
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_table(
        "stock_reading",
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False, comment="Counts the lane's readings."),
        sa.Column(
            "began_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="Before the first request left: what the warehouse had by then is in the figures.",
        ),
        sa.Column(
            "as_of",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="How old the warehouse says its answer is; null where it does not say.",
        ),
        sa.Column(
            "went_back", sa.Boolean(), nullable=False, comment="The answer is older than the one before it."
        ),
        sa.Column("skus", sa.Integer(), nullable=False, comment="How many SKUs the answer named."),
        sa.Column(
            "finished_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("lane", name=op.f("stock_reading_pkey")),
        comment="The last complete reading of a lane's warehouse.",
    )
    op.create_table(
        "stock_stop",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("reasons", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("compared", sa.Integer(), nullable=False),
        sa.Column("zeroed", sa.Integer(), nullable=False),
        sa.Column("swung", sa.Integer(), nullable=False),
        sa.Column(
            "suspects",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Each entry in doubt: catalog_id, option (its SKU, folded), sku, before, after.",
        ),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column(
            "opened_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "asked_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="When it was last asked anew.",
        ),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("answer IN ('approve', 'refuse')", name=op.f("stock_stop_answer_check")),
        sa.CheckConstraint(
            "reasons <@ ARRAY['empty', 'stale', 'zeroed', 'swung']::text[]",
            name=op.f("stock_stop_known_reasons_check"),
        ),
        sa.CheckConstraint(
            "(answer IS NULL) = (answered_by IS NULL) AND (answer IS NULL) = (answered_at IS NULL)",
            name=op.f("stock_stop_answered_check"),
        ),
        sa.CheckConstraint("cardinality(reasons) > 0", name=op.f("stock_stop_reasons_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("stock_stop_pkey")),
    )
    op.create_index(
        "stock_stop_open_key",
        "stock_stop",
        ["lane"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "stock_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("push_id", sa.BigInteger(), nullable=False),
        sa.Column("catalog_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "code", sa.Text(), nullable=False, comment="Of the combination of options; empty for the product."
        ),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column(
            "before",
            sa.Numeric(),
            nullable=True,
            comment="What the store showed; null where that was not known any more.",
        ),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column(
            "intent_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('not_sent', 'refused', 'unknown', 'written')",
            name=op.f("stock_change_outcome_check"),
        ),
        sa.CheckConstraint(
            "(outcome IS NULL) = (finished_at IS NULL)", name=op.f("stock_change_finished_check")
        ),
        sa.CheckConstraint("value >= 0", name=op.f("stock_change_value_check")),
        sa.ForeignKeyConstraint(
            ["push_id"], ["stock_push.id"], name=op.f("stock_change_push_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("stock_change_pkey")),
    )
    op.create_index(op.f("stock_change_push_id_id_idx"), "stock_change", ["push_id", "id"], unique=False)
    op.create_index(
        "fulfillment_order_moved_idx",
        "fulfillment_order",
        ["store_id", "state_since"],
        unique=False,
        postgresql_where=sa.text("state IN ('acknowledged', 'partially_shipped', 'shipped')"),
    )
