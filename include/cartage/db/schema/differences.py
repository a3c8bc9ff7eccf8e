"""Differences between store, ledger and warehouse, and the comparisons that found them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from cartage.db.schema.base import NOW, TIME, metadata, one_of
from cartage.model.differences.kinds import DifferenceKind

reconciliation = Table(
    "reconciliation",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("lane", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("since", TIME, nullable=False, comment="Orders that were placed since then were compared."),
    Column("began_at", TIME, nullable=False, server_default=NOW),
    Column("finished_at", TIME, comment="Null: not yet, or the run died."),
    Column(
        "counts",
        JSONB,
        nullable=False,
        server_default="{}",
        comment="What was read and compared, and what was still on its way.",
    ),
    Column(
        "not_compared", JSONB, nullable=False, server_default="[]", comment="What was not compared, and why."
    ),
    Index(None, "lane", "id"),
)

difference = Table(
    "difference",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("lane", Text, nullable=False),
    Column(
        "side",
        Text,
        nullable=False,
        comment="The store, or the name of the warehouse, that differs from the ledger.",
    ),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False, comment="What it is about: a reference, an OrderID, or an SKU."),
    Column("order_id", BigInteger, comment="The store's OrderID, if it is about an order."),
    Column("fulfillment_order_id", BigInteger, ForeignKey("fulfillment_order.id")),
    Column("remote_id", Text, nullable=False, server_default="", comment="The warehouse's number."),
    Column("ours", Text, nullable=False, comment="What the ledger has; never personal data."),
    Column("theirs", Text, nullable=False, comment="What the other side has; never personal data."),
    Column("fix", Text, comment="What Cartage can do about it without a risk."),
    Column("owner", Text, nullable=False, server_default=""),
    Column("first_seen_at", TIME, nullable=False, server_default=NOW),
    Column("last_seen_at", TIME, nullable=False, server_default=NOW),
    Column("ended_at", TIME, comment="When a comparison no longer found it."),
    Column("fix_started_at", TIME, comment="When a person last had it fixed."),
    Column("fix_started_by", Text),
    Column("ignored_at", TIME, comment="Since when it is ignored; null again once it is another difference."),
    Column("ignored_by", Text),
    Column("ignore_reason", Text),
    Column("reconciliation_id", BigInteger, nullable=False, comment="The comparison that last found it."),
    Index(
        "difference_open_key",
        "lane",
        "side",
        "kind",
        "key",
        unique=True,
        postgresql_where=text("ended_at IS NULL"),
    ),
    # The trend counts what was open on each day; retention deletes what ended long ago.
    Index("difference_ended_idx", "lane", "ended_at", postgresql_where=text("ended_at IS NOT NULL")),
    Index("difference_order_idx", "fulfillment_order_id", postgresql_where=text("ended_at IS NULL")),
    CheckConstraint(one_of("kind", DifferenceKind), name="kind"),
    CheckConstraint(
        "(ignored_at IS NULL) = (ignored_by IS NULL) AND (ignored_at IS NULL) = (ignore_reason IS NULL)",
        name="ignored",
    ),
    CheckConstraint("ignore_reason <> ''", name="ignored_for_a_reason"),
    CheckConstraint("(fix_started_at IS NULL) = (fix_started_by IS NULL)", name="fix_started"),
)
