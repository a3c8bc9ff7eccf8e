"""Doubt and circuit."""

# ruff: noqa: E501 -- written by tests/contract/db/draft_migration.py, then read by a person

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Take the step. There is no way back: an older form of the ledger is its backup."""
    op.create_table(
        "circuit",
        sa.Column("remote", sa.Text(), nullable=False, comment="The store or warehouse that is down."),
        sa.Column(
            "opened_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("failures", sa.Integer(), server_default="1", nullable=False),
        sa.Column("what", sa.Text(), nullable=False, comment="The last failure."),
        sa.Column(
            "probe_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="Before this instant nobody calls; then one tries.",
        ),
        sa.Column(
            "told_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When people were told; null means not yet.",
        ),
        sa.PrimaryKeyConstraint("remote", name=op.f("circuit_pkey")),
    )
    op.create_table(
        "installation",
        sa.Column("one", sa.Boolean(), server_default="true", nullable=False),
        sa.Column(
            "id",
            sa.Text(),
            nullable=False,
            comment="This ledger's own, or the name that the deployment gave.",
        ),
        sa.Column(
            "place", sa.Text(), nullable=False, comment="Where these tables are: other ones after a restore."
        ),
        sa.Column(
            "settled_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="Since when they are here.",
        ),
        sa.CheckConstraint("one", name=op.f("installation_one_check")),
        sa.PrimaryKeyConstraint("one", name=op.f("installation_pkey")),
    )
    op.add_column(
        "fulfillment_order",
        sa.Column(
            "asked_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the warehouse was last asked for it, and did not have it.",
        ),
    )
    op.add_column(
        "lane_state",
        sa.Column(
            "doubted_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="What was placed before may be at the warehouse unknown to the ledger: asked for before it is sent.",
        ),
    )
    op.add_column(
        "lane_state",
        sa.Column(
            "doubt_since",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="What happened outside since then may be unknown; null: anything may.",
        ),
    )
    op.add_column(
        "lane_state",
        sa.Column(
            "surveyed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When store and warehouse were searched for what is unknown.",
        ),
    )
    op.add_column(
        "lane_state",
        sa.Column(
            "trusted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the first full sweep since the doubt was settled.",
        ),
    )
