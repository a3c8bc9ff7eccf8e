"""Several warehouses for one lane.

Everything that a lane had belongs to its one warehouse, whose name is empty. Alembic does not see changed primary keys
and checks, nor what must be copied: those statements are written by hand.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Migrate. There is no downgrade: restore a backup instead."""
    op.create_table(
        "warehouse_state",
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("warehouse", sa.Text(), server_default="", nullable=False),
        sa.Column("shipments_cursor", sa.Text(), server_default="", nullable=False),
        sa.Column("shipments_polled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "stock_cursor",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="What the last poll of stock files saw of those that were not complete.",
        ),
        sa.Column(
            "counted_account",
            sa.Text(),
            nullable=True,
            comment="The bucket of the warehouse's account, without the operation.",
        ),
        sa.Column(
            "files_read_again_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the files were read again that an earlier ledger had taken in and put away.",
        ),
        sa.ForeignKeyConstraint(
            ["lane"], ["lane_state.lane"], name=op.f("warehouse_state_lane_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("lane", "warehouse", name=op.f("warehouse_state_pkey")),
        comment="How far each warehouse of a lane was read.",
    )
    op.add_column(
        "fulfillment_order",
        sa.Column(
            "part",
            sa.SmallInteger(),
            server_default="0",
            nullable=False,
            comment="Which share of the ship-to group it is, where several warehouses fill it.",
        ),
    )
    op.add_column("fulfillment_order", sa.Column("warehouse", sa.Text(), server_default="", nullable=False))
    op.drop_index(
        op.f("fulfillment_order_lane_remote_id_idx"),
        table_name="fulfillment_order",
        postgresql_where="(remote_id IS NOT NULL)",
    )
    op.drop_constraint(
        op.f("fulfillment_order_store_id_order_id_shipment_id_generation_key"),
        "fulfillment_order",
        type_="unique",
    )
    op.drop_index(
        op.f("fulfillment_order_adopted_key"),
        table_name="fulfillment_order",
        postgresql_where="((adopted_as IS NOT NULL) AND (superseded_at IS NULL))",
    )
    op.create_index(
        "fulfillment_order_adopted_key",
        "fulfillment_order",
        ["lane", sa.literal_column("lower(adopted_as)"), "warehouse"],
        unique=True,
        postgresql_where=sa.text("adopted_as IS NOT NULL AND superseded_at IS NULL"),
    )
    op.drop_index(
        op.f("fulfillment_order_live_key"),
        table_name="fulfillment_order",
        postgresql_where="(superseded_at IS NULL)",
    )
    op.create_index(
        "fulfillment_order_live_key",
        "fulfillment_order",
        ["store_id", "order_id", "shipment_id", "part"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_unique_constraint(
        "fulfillment_order_generation_key",
        "fulfillment_order",
        ["store_id", "order_id", "shipment_id", "part", "generation"],
    )
    op.create_index(
        op.f("fulfillment_order_lane_remote_id_warehouse_idx"),
        "fulfillment_order",
        ["lane", "remote_id", "warehouse"],
        unique=False,
        postgresql_where=sa.text("remote_id IS NOT NULL"),
    )
    op.create_check_constraint(op.f("fulfillment_order_part_check"), "fulfillment_order", "part >= 0")
    columns = "shipments_cursor, shipments_polled_at, stock_cursor, counted_account, files_read_again_at"
    op.execute(f"INSERT INTO warehouse_state (lane, {columns}) SELECT lane, {columns} FROM lane_state")  # noqa: S608 - constants
    op.drop_column("lane_state", "shipments_cursor")
    op.drop_column("lane_state", "shipments_polled_at")
    op.drop_column("lane_state", "stock_cursor")
    op.drop_column("lane_state", "counted_account")
    op.drop_column("lane_state", "files_read_again_at")
    op.add_column("shipment", sa.Column("warehouse", sa.Text(), server_default="", nullable=False))
    op.drop_constraint(op.f("shipment_lane_key_key"), "shipment", type_="unique")
    op.create_unique_constraint(
        op.f("shipment_lane_warehouse_key_key"), "shipment", ["lane", "warehouse", "key"]
    )
    op.add_column("stock_level", sa.Column("warehouse", sa.Text(), server_default="", nullable=False))
    op.drop_constraint(op.f("stock_level_pkey"), "stock_level", type_="primary")
    op.create_primary_key(op.f("stock_level_pkey"), "stock_level", ["lane", "warehouse", "sku"])
    op.add_column("stock_reading", sa.Column("warehouse", sa.Text(), server_default="", nullable=False))
    op.drop_constraint(op.f("stock_reading_pkey"), "stock_reading", type_="primary")
    op.create_primary_key(op.f("stock_reading_pkey"), "stock_reading", ["lane", "warehouse"])
    op.create_table_comment(
        "stock_reading",
        "The last complete reading of each warehouse of a lane.",
        existing_comment="The last complete reading of a lane's warehouse.",
        schema=None,
    )
    op.add_column("unreadable_row", sa.Column("warehouse", sa.Text(), server_default="", nullable=False))
    op.drop_constraint(op.f("unreadable_row_lane_kind_key_key"), "unreadable_row", type_="unique")
    op.create_unique_constraint(
        op.f("unreadable_row_lane_warehouse_kind_key_key"),
        "unreadable_row",
        ["lane", "warehouse", "kind", "key"],
    )
