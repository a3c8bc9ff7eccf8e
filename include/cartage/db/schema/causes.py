"""Causes that block orders, exceptions, the timeline, and what store and warehouse list and nobody can read."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
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

from cartage.db.schema.base import NOW, TIME, metadata, warehouse_column

# Events whose actor is none of these were made by a person. Statements that use the index repeat the condition.
NOT_PEOPLE = (
    "blocked_orders", "carry_out", "cli", "import_orders", "mark_processing", "poll_stock", "poll_tracking",
    "preflight", "run_job", "settle_outcomes", "the lane's settings", "transfer_to_warehouse", "update_order_status",
    "update_stock", "validate_mappings",
)  # fmt: skip
BY_PEOPLE = "actor NOT IN ('" + "', '".join(actor.replace("'", "''") for actor in NOT_PEOPLE) + "')"

cause = Table(
    "cause",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("lane", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("fix", Text, nullable=False),
    Column("opened_at", TIME, nullable=False, server_default=NOW),
    Column("openings", Integer, nullable=False, server_default="1", comment="How often it has opened."),
    Column("closed_at", TIME),
    Column("suggestions", JSONB, nullable=False, server_default="[]", comment="Possible fixes, best first."),
    Column("suggested_at", TIME, comment="When the suggestions were last computed."),
    UniqueConstraint("lane", "fingerprint"),
    Index("cause_open_idx", "lane", "kind", postgresql_where=text("closed_at IS NULL")),
    Index("cause_closed_idx", "lane", "closed_at", postgresql_where=text("closed_at IS NOT NULL")),
)

exception = Table(
    "exception",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("lane", Text, nullable=False),
    Column("sales_order_id", BigInteger, ForeignKey("sales_order.id"), nullable=False),
    Column("fulfillment_order_id", BigInteger, ForeignKey("fulfillment_order.id")),
    Column("kind", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("choices", ARRAY(Text), nullable=False, comment="What a person can decide."),
    Column("remote_id", Text, nullable=False, server_default="", comment="The warehouse's number."),
    Column("before", JSONB, comment="What was sent, or the state before."),
    Column("after", JSONB, comment="What the store or warehouse reports now."),
    Column("opened_at", TIME, nullable=False, server_default=NOW),
    Column("run_id", Text, nullable=False),
    Column("decision", Text, comment="The choice that a person made."),
    Column("decided_by", Text),
    Column("decided_at", TIME),
    Column("closed_at", TIME),
    Column("close_reason", Text, nullable=False, server_default=""),
    Column(
        "ended_at",
        TIME,
        comment="When its subject was over; until then no new exception of the kind opens for the order.",
    ),
    Column("listed_in", Text, comment="The run whose log listed it first."),
    CheckConstraint("cardinality(choices) > 0", name="choices"),
    CheckConstraint("decision IS NULL OR decision = ANY(choices)", name="decision"),
    CheckConstraint(
        "(decision IS NULL) = (decided_by IS NULL) AND (decision IS NULL) = (decided_at IS NULL)",
        name="decided",
    ),
    CheckConstraint("ended_at IS NULL OR closed_at IS NOT NULL", name="ended"),
    # One exception of each kind per order at a time. A decided one is not opened again while its subject lasts.
    Index(
        "exception_present_key",
        "sales_order_id",
        text("coalesce(fulfillment_order_id, 0)"),
        "kind",
        unique=True,
        postgresql_where=text("ended_at IS NULL"),
    ),
    Index("exception_open_idx", "lane", "id", postgresql_where=text("closed_at IS NULL")),
    # Exceptions of the last weeks.
    Index(None, "lane", "opened_at"),
    Index(None, "fulfillment_order_id", "id"),
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
    Column("actor", Text, nullable=False, comment="The stage or the person."),
    Column("run_id", Text, nullable=False),
    Column("why", Text, nullable=False, server_default=""),
    Column("detail", JSONB),
    Column("cause_ids", ARRAY(BigInteger), comment="The causes, where the order was blocked."),
    Index(None, "fulfillment_order_id", "id"),
    Index(None, "sales_order_id", "id"),
    Index(None, "run_id", "id"),
    # Events of paused pushes belong to a lane, not to an order.
    Index(
        "event_stock_idx",
        "lane",
        "id",
        postgresql_where=text("kind IN ('push_paused', 'push_decided', 'push_pause_over')"),
    ),
    Index("event_payload_idx", "at", postgresql_where=text("kind = 'shadow_payload' AND detail ? 'payload'")),
    # Orders sent and shipped, by hour.
    Index(
        "event_throughput_idx",
        "lane",
        "to_state",
        "at",
        postgresql_where=text("to_state IN ('acknowledged', 'shipped')"),
    ),
    # What happened, newest first: of everybody, and of people alone.
    Index(None, "lane", "at", "id"),
    # What each routing rule took.
    Index("event_routed_idx", "lane", "at", postgresql_where=text("kind = 'routed'")),
    Index("event_people_idx", "lane", "at", "id", postgresql_where=text(BY_PEOPLE)),
)

unreadable_order = Table(
    "unreadable_order",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("lane", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("what", Text, nullable=False, comment="Description of the entry, without its content."),
    Column("cause_id", BigInteger, ForeignKey("cause.id"), nullable=False, index=True),
    Column("run_id", Text, nullable=False, comment="The run that first read it."),
    Column("first_seen_at", TIME, nullable=False, server_default=NOW),
    Column("last_seen_at", TIME, nullable=False, server_default=NOW),
    UniqueConstraint("lane", "content_hash"),
)

unreadable_row = Table(
    "unreadable_row",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("lane", Text, nullable=False),
    warehouse_column(),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False, comment="The order's number at the warehouse, else a hash."),
    Column("name", Text, nullable=False, comment="What is known of its identity."),
    Column("what", Text, nullable=False, comment="The fields that cannot be read, without their content."),
    Column("remote_id", Text, nullable=False, comment="By which an order is read again; else empty."),
    Column("cause_id", BigInteger, ForeignKey("cause.id"), nullable=False, index=True),
    Column("run_id", Text, nullable=False, comment="The run that first read it."),
    Column("first_seen_at", TIME, nullable=False, server_default=NOW),
    Column("last_seen_at", TIME, nullable=False, server_default=NOW),
    Column("tried_at", TIME, comment="When an order was last asked for by its number."),
    UniqueConstraint("lane", "warehouse", "kind", "key"),
)
