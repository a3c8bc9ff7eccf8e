"""The way back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Take the step. There is no way back: an older form of the ledger is its backup."""
    op.create_table(
        "store_trait",
        sa.Column("store_id", sa.SmallInteger(), nullable=False),
        sa.Column("trait", sa.Text(), nullable=False),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.Column(
            "order_id", sa.BigInteger(), nullable=False, comment="The store's order on which it was seen."
        ),
        sa.Column(
            "learned_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("store_trait_store_id_fkey")),
        sa.PrimaryKeyConstraint("store_id", "trait", name=op.f("store_trait_pkey")),
    )
    op.create_index(
        "fulfillment_order_acknowledged_idx",
        "fulfillment_order",
        ["lane", "state_since"],
        unique=False,
        postgresql_where=sa.text("state = 'acknowledged'"),
    )
    op.add_column(
        "package",
        sa.Column(
            "former",
            sa.ARRAY(sa.Text()),
            server_default="{}",
            nullable=False,
            comment="Numbers that it had before.",
        ),
    )
    op.add_column(
        "package",
        sa.Column(
            "carrier_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the carrier took it over, as far as the warehouse tells.",
        ),
    )
    op.add_column(
        "package",
        sa.Column(
            "voided_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the warehouse no longer had it.",
        ),
    )
    op.add_column(
        "package",
        sa.Column(
            "intended_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Since when the store may have it; null again once it surely has not.",
        ),
    )
    op.execute("UPDATE package SET intended_at = posted_at WHERE posted_at IS NOT NULL")
    op.add_column(
        "package", sa.Column("told_in", sa.Text(), nullable=True, comment="Where the store was told it.")
    )
    op.add_column(
        "package",
        sa.Column(
            "store_shipment_id",
            sa.BigInteger(),
            nullable=True,
            comment="The store's shipment that was created for it.",
        ),
    )
    op.alter_column(
        "package",
        "posted_at",
        existing_type=postgresql.TIMESTAMP(timezone=True),
        comment="When the store was told this number; null again once it was removed.",
        existing_comment="When the store was told this number.",
        existing_nullable=True,
    )
    op.create_index(
        "package_withdrawn_idx",
        "package",
        ["shipment_id"],
        unique=False,
        postgresql_where=sa.text("intended_at IS NOT NULL AND voided_at IS NOT NULL"),
    )
    op.add_column(
        "shipment",
        sa.Column(
            "lines",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
            comment="What it held, by line.",
        ),
    )
    op.add_column(
        "shipment",
        sa.Column(
            "names",
            sa.ARRAY(sa.Text()),
            server_default="{}",
            nullable=False,
            comment="What it may belong to.",
        ),
    )
    op.add_column(
        "shipment",
        sa.Column(
            "digest", sa.Text(), server_default="", nullable=False, comment="Of all that was said of it."
        ),
    )
    op.add_column(
        "shipment",
        sa.Column(
            "weighed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When its last change was held against its order; null means not yet.",
        ),
    )
    op.create_index(
        "shipment_unmatched_idx",
        "shipment",
        ["lane", "id"],
        unique=False,
        postgresql_where=sa.text("fulfillment_order_id IS NULL"),
    )
    op.create_index(
        "shipment_unmatched_names_idx",
        "shipment",
        ["names"],
        unique=False,
        postgresql_using="gin",
        postgresql_where=sa.text("fulfillment_order_id IS NULL"),
    )
    op.create_index(
        "shipment_unmatched_remote_idx",
        "shipment",
        ["lane", "remote_id"],
        unique=False,
        postgresql_where=sa.text("fulfillment_order_id IS NULL"),
    )
    op.create_index(
        "shipment_unweighed_idx",
        "shipment",
        ["lane", "fulfillment_order_id"],
        unique=False,
        postgresql_where=sa.text("weighed_at IS NULL AND fulfillment_order_id IS NOT NULL"),
    )
    op.drop_index("package_unposted_idx", table_name="package")
    op.create_index(
        "package_unposted_idx",
        "package",
        ["shipment_id"],
        unique=False,
        postgresql_where=sa.text("posted_at IS NULL AND unfit_at IS NULL AND voided_at IS NULL"),
    )
    op.create_check_constraint(
        op.f("package_told_in_check"), "package", "told_in IN ('comment', 'field', 'shipment')"
    )
    op.drop_constraint(op.f("post_back_kind_check"), "post_back", type_="check")
    op.create_check_constraint(
        op.f("post_back_kind_check"),
        "post_back",
        "kind IN ('comment', 'processing', 'shipment', 'status', 'tracking')",
    )
    op.drop_constraint(op.f("post_back_tracking_has_order_check"), "post_back", type_="check")
    op.create_check_constraint(
        op.f("post_back_tracking_has_order_check"),
        "post_back",
        "(kind IN ('comment', 'shipment', 'tracking')) = (fulfillment_order_id IS NOT NULL)",
    )
