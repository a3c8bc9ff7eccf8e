"""Alerts, runs of tasks, and what retention looks for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Take the step. There is no way back: an older form of the ledger is its backup."""
    op.create_table(
        "alert",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "key",
            sa.Text(),
            nullable=False,
            comment="Tells alerts of one kind apart; the same while it lasts.",
        ),
        sa.Column(
            "stage",
            sa.Text(),
            nullable=False,
            comment="The task that it is about; its next success may end it.",
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.Column("mend", sa.Text(), nullable=False),
        sa.Column(
            "links",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
            comment="Name -> address.",
        ),
        sa.Column(
            "facts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
            comment="Name -> short value.",
        ),
        sa.Column(
            "orders", sa.Integer(), server_default="0", nullable=False, comment="How many it concerns now."
        ),
        sa.Column(
            "mark",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="Higher: there is news to tell.",
        ),
        sa.Column(
            "patience",
            sa.Interval(),
            server_default="0",
            nullable=False,
            comment="Untold while it is younger.",
        ),
        sa.Column(
            "opened_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "seen_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="When it was last found so.",
        ),
        sa.Column(
            "cleared_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When it was first found well; null again once it is back.",
        ),
        sa.Column(
            "closed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When it had been well for long enough.",
        ),
        sa.CheckConstraint("closed_at IS NULL OR cleared_at IS NOT NULL", name=op.f("alert_closed_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("alert_pkey")),
    )
    op.create_index(
        "alert_open_key",
        "alert",
        ["lane", "kind", "key"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "task_run",
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False, comment="A stage, or a section of the preflight."),
        sa.Column(
            "first_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="When it was first heard of.",
        ),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When a live run last began it; backfills do not count.",
        ),
        sa.Column(
            "succeeded_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When any run last ended it well.",
        ),
        sa.PrimaryKeyConstraint("lane", "task", name=op.f("task_run_pkey")),
    )
    op.create_table(
        "alert_delivery",
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False, comment="Its kind and its connection."),
        sa.Column(
            "claimed_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="A process sends until then; null when none does.",
        ),
        sa.Column(
            "told_at", sa.DateTime(timezone=True), nullable=True, comment="When the channel last took it."
        ),
        sa.Column(
            "times",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="How often the channel took it.",
        ),
        sa.Column("mark", sa.BigInteger(), nullable=True, comment="The alert's mark when it was last told."),
        sa.Column(
            "recovered_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the channel was told that it is over.",
        ),
        sa.Column(
            "error", sa.Text(), server_default="", nullable=False, comment="Why the last attempt failed."
        ),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alert.id"], name=op.f("alert_delivery_alert_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("alert_id", "channel", name=op.f("alert_delivery_pkey")),
    )
    op.create_index(
        "alert_delivery_unended_idx",
        "alert_delivery",
        ["alert_id"],
        unique=False,
        postgresql_where=sa.text("recovered_at IS NULL"),
    )
    op.drop_column("cause", "alerted_at")
    op.create_index(
        "event_payload_idx",
        "event",
        ["at"],
        unique=False,
        postgresql_where=sa.text("kind = 'shadow_payload' AND detail ? 'payload'"),
    )
    op.drop_column("exception", "alerted_at")
    op.create_index(
        "sales_order_personal_idx",
        "sales_order",
        ["lane", "created_at"],
        unique=False,
        postgresql_where=sa.text("document <> '{}'"),
    )
    op.create_index(
        "transfer_payload_idx",
        "transfer",
        ["finished_at"],
        unique=False,
        postgresql_where=sa.text("request <> '{}'"),
    )
