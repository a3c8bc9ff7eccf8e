"""Following the store."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Take the step. There is no way back: an older form of the ledger is its backup."""
    op.create_table(
        "reading",
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column(
            "query", sa.Text(), nullable=False, comment="Which list is being read: its kind and its bounds."
        ),
        sa.Column("last_id", sa.BigInteger(), nullable=False, comment="The last OrderID that was committed."),
        sa.Column("offset", sa.BigInteger(), nullable=False, comment="Where that row stood in the list."),
        sa.Column(
            "total", sa.BigInteger(), nullable=True, comment="How long the list was, where it was counted."
        ),
        sa.Column(
            "begun_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "moved_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("lane", "query", name=op.f("reading_pkey")),
    )
    op.create_table(
        "store_status",
        sa.Column("store_id", sa.SmallInteger(), nullable=False),
        sa.Column("status_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("definition", sa.Text(), nullable=False, comment="The system's name."),
        sa.Column("label", sa.Text(), nullable=False, comment="The merchant's name; may change at any time."),
        sa.Column("visible", sa.Boolean(), nullable=False),
        sa.Column(
            "read_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("store_status_store_id_fkey")),
        sa.PrimaryKeyConstraint("store_id", "status_id", name=op.f("store_status_pkey")),
    )
    op.create_table(
        "exception",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("sales_order_id", sa.BigInteger(), nullable=False),
        sa.Column("fulfillment_order_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("choices", sa.ARRAY(sa.Text()), nullable=False, comment="What a person may answer."),
        sa.Column(
            "remote_id", sa.Text(), server_default="", nullable=False, comment="The warehouse's number."
        ),
        sa.Column(
            "before",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="What was sent, or what was so before.",
        ),
        sa.Column(
            "after",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="What the other side says now.",
        ),
        sa.Column(
            "opened_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column(
            "alerted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When it was told; null means not yet.",
        ),
        sa.Column("answer", sa.Text(), nullable=True, comment="The choice that a person made."),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_reason", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "ended_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When what it was about was over; until then it is not asked again.",
        ),
        sa.Column("listed_in", sa.Text(), nullable=True, comment="The run whose log listed it first."),
        sa.CheckConstraint(
            "(answer IS NULL) = (answered_by IS NULL) AND (answer IS NULL) = (answered_at IS NULL)",
            name=op.f("exception_answered_check"),
        ),
        sa.CheckConstraint("answer IS NULL OR answer = ANY(choices)", name=op.f("exception_answer_check")),
        sa.CheckConstraint("cardinality(choices) > 0", name=op.f("exception_choices_check")),
        sa.CheckConstraint("ended_at IS NULL OR closed_at IS NOT NULL", name=op.f("exception_ended_check")),
        sa.ForeignKeyConstraint(
            ["fulfillment_order_id"],
            ["fulfillment_order.id"],
            name=op.f("exception_fulfillment_order_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["sales_order_id"], ["sales_order.id"], name=op.f("exception_sales_order_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("exception_pkey")),
    )
    op.create_index(
        op.f("exception_fulfillment_order_id_id_idx"),
        "exception",
        ["fulfillment_order_id", "id"],
        unique=False,
    )
    op.create_index(
        "exception_open_idx",
        "exception",
        ["lane", "id"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        "exception_present_key",
        "exception",
        ["sales_order_id", sa.literal_column("coalesce(fulfillment_order_id, 0)"), "kind"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.add_column(
        "coverage",
        sa.Column(
            "failed",
            postgresql.TSTZMULTIRANGE(),
            server_default="{}",
            nullable=False,
            comment="Tried in vain, and not covered since.",
        ),
    )
    op.add_column(
        "fulfillment_order",
        sa.Column(
            "adopted_as",
            sa.Text(),
            nullable=True,
            comment="The old system's reference, where it was at the warehouse before us.",
        ),
    )
    op.create_index(
        "fulfillment_order_adopted_key",
        "fulfillment_order",
        ["lane", sa.literal_column("lower(adopted_as)")],
        unique=True,
        postgresql_where=sa.text("adopted_as IS NOT NULL AND superseded_at IS NULL"),
    )
    op.create_index(
        "fulfillment_order_adopted_remote_idx",
        "fulfillment_order",
        ["lane", "remote_id"],
        unique=False,
        postgresql_where=sa.text("adopted_as IS NOT NULL AND superseded_at IS NULL"),
    )
    op.add_column(
        "lane_state",
        sa.Column(
            "watched_to",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Changes in the store were read up to here, by the database's clock.",
        ),
    )
    op.add_column(
        "lane_state",
        sa.Column(
            "watch_claimed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When a run took that reading on; null when none is under way.",
        ),
    )
    op.add_column(
        "lane_state",
        sa.Column(
            "cutover_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the owner said which orders the old system keeps.",
        ),
    )
    op.add_column(
        "sales_order",
        sa.Column(
            "intake_hash",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="Stands for the lane's rules by which the copy was taken in.",
        ),
    )
    op.add_column(
        "sales_order",
        sa.Column(
            "seen_hash",
            sa.Text(),
            nullable=True,
            comment="Hash of the store's present copy where it is not the one that was sent; null if it is.",
        ),
    )
    op.add_column(
        "sales_order",
        sa.Column(
            "left_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When it was left to the old system, for good; never imported.",
        ),
    )
