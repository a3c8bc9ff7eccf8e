"""Causes that block orders, the timeline of events, and entries of the store's lists that are no orders."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from cartage.ledger.tables.base import NOW, TIME, metadata

cause = Table(
    "cause",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("lane", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("mend", Text, nullable=False),
    Column("opened_at", TIME, nullable=False, server_default=NOW),
    Column("openings", Integer, nullable=False, server_default="1"),
    Column("closed_at", TIME),
    Column("alerted_at", TIME, comment="When this opening was told; null means not yet."),
    UniqueConstraint("lane", "fingerprint"),
    Index("cause_open_idx", "lane", "kind", postgresql_where=text("closed_at IS NULL")),
)

event = Table(
    "event",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("at", TIME, nullable=False, server_default=NOW),
    Column("lane", Text, nullable=False),
    Column("sales_order_id", BigInteger, ForeignKey("sales_order.id")),
    Column("fulfillment_order_id", BigInteger, ForeignKey("fulfillment_order.id")),
    Column("kind", Text, nullable=False),
    Column("from_state", Text),
    Column("to_state", Text),
    Column("actor", Text, nullable=False, comment="The stage, or the person."),
    Column("run_id", Text, nullable=False),
    Column("why", Text, nullable=False, server_default=""),
    Column("detail", JSONB),
    Index(None, "fulfillment_order_id", "id"),
    Index(None, "sales_order_id", "id"),
    Index(None, "run_id", "id"),
)

unreadable_order = Table(
    "unreadable_order",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("lane", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("what", Text, nullable=False, comment="What the entry is, without its content."),
    Column("cause_id", BigInteger, ForeignKey("cause.id"), nullable=False),
    Column("run_id", Text, nullable=False, comment="The run that first saw it."),
    Column("first_seen_at", TIME, nullable=False, server_default=NOW),
    Column("last_seen_at", TIME, nullable=False, server_default=NOW),
    UniqueConstraint("lane", "content_hash"),
)
