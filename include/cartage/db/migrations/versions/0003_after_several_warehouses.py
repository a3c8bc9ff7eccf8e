"""What came after several warehouses.

Corrections for the store, choices of routing, mapping rules of one warehouse, what stock figures say, the months of
reports, reports of each of several warehouses, and whether each of them responds to files.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

_COUNTED = (
    "placed", "sent", "shipped", "posted", "cancelled_before", "cancelled_after", "due", "kept", "partly", "split",
)  # fmt: skip
_COUNTED_WAREHOUSE = "One of the lane's several warehouses; empty: the whole lane."


def upgrade() -> None:
    """Migrate. There is no downgrade: restore a backup instead."""
    op.add_column(
        "fulfillment_order",
        sa.Column(
            "correction_due_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When a correction was made that the store is still to get.",
        ),
    )
    op.add_column(
        "fulfillment_order",
        sa.Column(
            "written_corrections",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
            comment="Addresses and ship methods that were written to the store, or were about to be, the oldest first.",
        ),
    )
    op.create_index(
        "fulfillment_order_correction_idx",
        "fulfillment_order",
        ["lane", "id"],
        unique=False,
        postgresql_where=sa.text("correction_due_at IS NOT NULL"),
    )
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
    _say_what_figures_include()
    op.create_index(
        "event_routed_idx", "event", ["lane", "at"], unique=False, postgresql_where=sa.text("kind = 'routed'")
    )
    op.create_table(
        "report_month",
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False, comment="Its first day."),
        sa.Column(
            "counts",
            sa.LargeBinary(),
            nullable=False,
            comment="For each day, the counts of report_day in their order, in four bytes each.",
        ),
        sa.Column("times", sa.LargeBinary(), nullable=False, comment="The histograms of its days, added up."),
        sa.Column("warehouse", sa.Text(), server_default="", nullable=False, comment=_COUNTED_WAREHOUSE),
        sa.PrimaryKeyConstraint("lane", "month", "warehouse", name=op.f("report_month_pkey")),
        comment="The days of report_day, a month in a row: long reports read a thirtieth of the rows.",
    )
    counts = " || ".join(f"int4send(coalesce(d.{name}, 0))" for name in _COUNTED)
    op.execute(
        f"""
        INSERT INTO report_month (lane, month, counts, times)
        SELECT w.lane, w.month, string_agg({counts}, '' ORDER BY g.day), coalesce(string_agg(d.times, ''), '')
        FROM (SELECT DISTINCT lane, CAST(date_trunc('month', day) AS date) AS month FROM report_day) w
        CROSS JOIN LATERAL generate_series(
            CAST(w.month AS timestamp), w.month + interval '1 month' - interval '1 day', interval '1 day') AS g(day)
        LEFT JOIN report_day d ON d.lane = w.lane AND d.day = CAST(g.day AS date)
        GROUP BY w.lane, w.month
        """  # noqa: S608 - constants of this module
    )
    _count_each_warehouse()
    op.drop_index("outbound_document_responded_idx", table_name="outbound_document")
    op.create_index(
        "outbound_document_responded_idx",
        "outbound_document",
        ["lane", "account"],
        unique=False,
        postgresql_where=sa.text("responded_at IS NOT NULL"),
    )


def _say_what_figures_include() -> None:
    op.add_column(
        "stock_reading",
        sa.Column(
            "delay",
            sa.Interval(),
            server_default="01:00:00",
            nullable=False,
            comment="For how long before began_at the figures may still leave out what the warehouse had acknowledged.",
        ),
    )
    op.add_column(
        "stock_reading",
        sa.Column(
            "on_hand_only",
            sa.Boolean(),
            server_default="false",
            nullable=False,
            comment="The figures are of what is on hand alone: what open orders will take is still in them.",
        ),
    )
    op.alter_column(
        "stock_reading",
        "began_at",
        existing_type=sa.DateTime(timezone=True),
        existing_nullable=False,
        existing_comment="Before the first request was sent; the figures include all orders acknowledged by then.",
        comment="Before the first request was sent; the figures know all orders acknowledged by then.",
    )


def _count_each_warehouse() -> None:
    """Give reports the warehouses of a lane.

    What was counted is right for the lanes as a whole. Housekeeping counts a lane with several warehouses again, as
    its settings differ from those that were noted; `rebuild-reports` does so at once.
    """
    for table in ("report_day", "report_dirty"):
        op.add_column(
            table,
            sa.Column("warehouse", sa.Text(), server_default="", nullable=False, comment=_COUNTED_WAREHOUSE),
        )
        op.drop_constraint(op.f(f"{table}_pkey"), table, type_="primary")
        op.create_primary_key(op.f(f"{table}_pkey"), table, ["lane", "day", "warehouse"])
    op.add_column(
        "report_order",
        sa.Column(
            "of_warehouse",
            sa.Boolean(),
            server_default="true",
            nullable=False,
            comment="It counts for its warehouse. The row of an order that several ship as a whole does not.",
        ),
    )
    op.add_column(
        "report_order",
        sa.Column(
            "of_lane",
            sa.Boolean(),
            server_default="true",
            nullable=False,
            comment="It counts for its lane. The row of one of several parts does not.",
        ),
    )
    op.add_column("report_order", sa.Column("warehouse", sa.Text(), server_default="", nullable=False))
    op.alter_column(
        "report_order",
        "fulfillment_order_id",
        existing_type=sa.BigInteger(),
        existing_nullable=False,
        comment="Of an order that several warehouses ship: its first part.",
    )
    op.drop_constraint(op.f("report_order_pkey"), "report_order", type_="primary")
    op.create_primary_key(op.f("report_order_pkey"), "report_order", ["fulfillment_order_id", "of_warehouse"])
    op.create_check_constraint(op.f("report_order_counts_check"), "report_order", "of_lane OR of_warehouse")
    op.create_check_constraint(
        op.f("report_order_whole_check"), "report_order", "of_warehouse OR warehouse = ''"
    )
