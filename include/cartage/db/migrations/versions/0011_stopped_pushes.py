"""Stopped pushes as questions; open orders for lanes that share a warehouse's stock."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Take the step. There is no way back: an older form of the ledger is its backup."""
    op.add_column(
        "stock_stop",
        sa.Column(
            "asking",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="Counts how often it was asked anew.",
        ),
    )
    op.create_index(
        "event_stock_idx",
        "event",
        ["lane", "id"],
        unique=False,
        postgresql_where=sa.text("kind IN ('stock_stopped', 'stock_answered', 'stock_stop_over')"),
    )
    op.alter_column("required_action", "cause_id", nullable=True)
    op.alter_column(
        "required_action",
        "opening",
        comment="Which opening of the cause, or asking of the stop.",
        existing_comment="Which opening of the cause it is about.",
        existing_type=sa.Integer(),
        existing_nullable=False,
    )
    op.add_column(
        "required_action",
        sa.Column("stop_id", sa.BigInteger(), nullable=True, comment="Or a push of stock that was stopped."),
    )
    op.create_foreign_key(
        op.f("required_action_stop_id_fkey"), "required_action", "stock_stop", ["stop_id"], ["id"]
    )
    op.create_unique_constraint(
        op.f("required_action_stop_id_opening_key"), "required_action", ["stop_id", "opening"]
    )
    op.create_check_constraint(
        op.f("required_action_matter_check"), "required_action", "num_nonnulls(cause_id, stop_id) = 1"
    )
    op.drop_constraint(op.f("required_action_outcome_check"), "required_action")
    op.create_check_constraint(
        op.f("required_action_outcome_check"),
        "required_action",
        "outcome IN ('approved', 'held', 'left', 'mapped', 'mended_elsewhere', 'refused', 'skipped', 'unanswered')",
    )
    op.create_table(
        "stock_listed",
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("shipment_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sku", sa.Text(), nullable=False, comment="As the store has it."),
        sa.Column("quantity", sa.Numeric(), nullable=False),
        sa.Column(
            "listed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("lane", "order_id", "shipment_id", "sku", name=op.f("stock_listed_pkey")),
        comment="What a lane's store listed as open when last asked, for lanes that share the warehouse's stock.",
    )
