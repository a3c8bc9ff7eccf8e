"""Mappings and holds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Take the step. There is no way back: an older form of the ledger is its backup."""
    op.create_table(
        "mapping_rule",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("store", sa.Text(), nullable=False, comment="The store's text, pattern or SKU."),
        sa.Column("match", sa.Text(), nullable=True, comment="How the text of a ship method is compared."),
        sa.Column(
            "position", sa.Integer(), server_default="0", nullable=False, comment="The order of patterns."
        ),
        sa.Column(
            "target",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="The warehouse's method, or its items with quantities.",
        ),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=True, comment="Null: from ever."),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True, comment="Null: for ever."),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "made_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column(
            "ended_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When another version took over, or it was dropped.",
        ),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'ship_method') = (match IS NOT NULL)", name=op.f("mapping_rule_match_check")
        ),
        sa.CheckConstraint(
            "jsonb_typeof(target) = CASE kind WHEN 'sku' THEN 'array' ELSE 'object' END",
            name=op.f("mapping_rule_target_check"),
        ),
        sa.CheckConstraint("kind IN ('ship_method', 'sku')", name=op.f("mapping_rule_kind_check")),
        sa.CheckConstraint(
            "match IN ('exact', 'normalised', 'pattern')", name=op.f("mapping_rule_match_word_check")
        ),
        sa.CheckConstraint("store <> '' AND author <> ''", name=op.f("mapping_rule_named_check")),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name=op.f("mapping_rule_ended_check")),
        sa.CheckConstraint("valid_from < valid_until", name=op.f("mapping_rule_valid_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("mapping_rule_pkey")),
    )
    op.create_index(
        op.f("mapping_rule_lane_kind_store_id_idx"),
        "mapping_rule",
        ["lane", "kind", "store", "id"],
        unique=False,
    )
    op.create_index(
        "mapping_rule_standing_idx",
        "mapping_rule",
        ["lane", "id"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "hold",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("fulfillment_order_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "source",
            sa.Text(),
            nullable=False,
            comment="A person, a rule of the lane, or a likely duplicate.",
        ),
        sa.Column("rule", sa.Text(), server_default="", nullable=False, comment="The rule's name."),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False, comment="Who is to look at it."),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False, comment="When it ends by itself."),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column(
            "placed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.CheckConstraint("(source = 'rule') = (rule <> '')", name=op.f("hold_rule_has_name_check")),
        sa.CheckConstraint("reason <> ''", name=op.f("hold_reason_check")),
        sa.CheckConstraint("source IN ('duplicate', 'person', 'rule')", name=op.f("hold_source_check")),
        sa.CheckConstraint("(released_at IS NULL) = (released_by IS NULL)", name=op.f("hold_released_check")),
        sa.ForeignKeyConstraint(
            ["fulfillment_order_id"], ["fulfillment_order.id"], name=op.f("hold_fulfillment_order_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("hold_pkey")),
    )
    op.create_index(
        op.f("hold_fulfillment_order_id_id_idx"), "hold", ["fulfillment_order_id", "id"], unique=False
    )
    op.create_index(
        "hold_once_key",
        "hold",
        ["fulfillment_order_id", "source", "rule"],
        unique=True,
        postgresql_where=sa.text("source <> 'person'"),
    )
    op.create_index(
        "hold_open_idx", "hold", ["lane", "id"], unique=False, postgresql_where=sa.text("released_at IS NULL")
    )
    op.add_column(
        "fulfillment_order",
        sa.Column(
            "rules_hash",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="Stands for the mappings and rules by which the request was made.",
        ),
    )
    op.create_index(
        "sales_order_customer_idx",
        "sales_order",
        ["store_id", sa.literal_column("lower(document ->> 'email')"), "ordered_at"],
        unique=False,
    )
    op.create_index(
        op.f("sales_order_lane_ordered_at_idx"), "sales_order", ["lane", "ordered_at"], unique=False
    )
