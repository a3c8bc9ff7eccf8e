"""Stock: the warehouse's figures, what was written to the store, and paused pushes."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Interval,
    Numeric,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from cartage.db.schema.base import NOW, TIME, metadata, one_of, warehouse_column
from cartage.model.stock import MovementKind, Reason

STOCK_OUTCOMES = ("written", "refused", "not_sent", "unknown")
PUSH_DECISIONS = ("approve", "refuse")

stock_reading = Table(
    "stock_reading",
    metadata,
    Column("lane", Text, primary_key=True),
    warehouse_column(primary_key=True),
    Column("number", BigInteger, nullable=False, comment="Number of the lane's reading."),
    Column(
        "began_at",
        TIME,
        nullable=False,
        comment="Before the first request was sent; the figures know all orders acknowledged by then.",
    ),
    Column(
        "as_of", TIME, comment="Time of the figures by the warehouse's clock; null if it does not report it."
    ),
    Column(
        "delay",
        Interval,
        nullable=False,
        server_default="01:00:00",
        comment="For how long before began_at the figures may still leave out what the warehouse had acknowledged.",
    ),
    Column(
        "on_hand_only",
        Boolean,
        nullable=False,
        server_default="false",
        comment="The figures are of what is on hand alone: what open orders will take is still in them.",
    ),
    Column("went_back", Boolean, nullable=False, comment="These figures are older than the previous ones."),
    Column("skus", Integer, nullable=False, comment="Number of SKUs in the response."),
    Column("finished_at", TIME, nullable=False, server_default=NOW),
    Column(
        "document_id",
        BigInteger,
        ForeignKey("inbound_document.id"),
        comment="The file with the figures, at a warehouse that sends files.",
    ),
    comment="The last complete reading of each warehouse of a lane.",
)

stock_level = Table(
    "stock_level",
    metadata,
    Column("lane", Text, primary_key=True),
    warehouse_column(primary_key=True),
    Column("sku", Text, primary_key=True, comment="In the warehouse's spelling."),
    Column("on_hand", Numeric, nullable=False),
    Column("available", Numeric, nullable=False),
    Column("allocated", Numeric, nullable=False),
    Column("on_hold", Numeric, nullable=False),
    Column("ordered_not_allocated", Numeric, nullable=False),
    Column(
        "number",
        BigInteger,
        nullable=False,
        comment="The last reading with this SKU; if older than the last complete reading, nothing is left.",
    ),
    Column("changed_at", TIME, nullable=False, server_default=NOW),
)

stock_push = Table(
    "stock_push",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("lane", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("everything", Boolean, nullable=False, comment="Every stock is written, changed or not."),
    Column("compared", Integer, nullable=False),
    Column("began_at", TIME, nullable=False, server_default=NOW),
    Column("lease_until", TIME, nullable=False, comment="No other run pushes before then."),
    Column("finished_at", TIME),
    Column("abandoned", Boolean, nullable=False, server_default=text("false")),
    Index("stock_push_open_key", "lane", unique=True, postgresql_where=text("finished_at IS NULL")),
    Index(None, "lane", "began_at"),
    Index(None, "run_id"),
)

stock_change = Table(
    "stock_change",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("push_id", BigInteger, ForeignKey("stock_push.id", ondelete="CASCADE"), nullable=False),
    Column("catalog_id", BigInteger, nullable=False),
    Column("code", Text, nullable=False, comment="The combination of options; empty for the product itself."),
    Column("sku", Text, nullable=False),
    Column("before", Numeric, comment="What the store showed; null if no longer known."),
    Column("value", BigInteger, nullable=False),
    Column("intent_at", TIME, nullable=False, server_default=NOW),
    Column("outcome", Text),
    Column("message", Text, nullable=False, server_default=""),
    Column("finished_at", TIME),
    Index(None, "push_id", "id"),
    CheckConstraint(one_of("outcome", STOCK_OUTCOMES), name="outcome"),
    CheckConstraint("(outcome IS NULL) = (finished_at IS NULL)", name="finished"),
    CheckConstraint("value >= 0", name="value"),
)

paused_push = Table(
    "paused_push",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("lane", Text, nullable=False),
    Column("reasons", ARRAY(Text), nullable=False),
    Column("compared", Integer, nullable=False),
    Column("zeroed", Integer, nullable=False),
    Column("swung", Integer, nullable=False),
    Column(
        "suspects",
        JSONB,
        nullable=False,
        comment="Each suspicious entry: catalog_id, option (its SKU, folded), sku, before, after.",
    ),
    Column("run_id", Text, nullable=False),
    Column("opened_at", TIME, nullable=False, server_default=NOW),
    Column(
        "revised_at",
        TIME,
        nullable=False,
        server_default=NOW,
        comment="When its reasons or suspects last changed.",
    ),
    Column(
        "revision",
        Integer,
        nullable=False,
        server_default="1",
        comment="Counts the changes of its reasons or suspects; a decision is about one revision.",
    ),
    Column("decision", Text),
    Column("decided_by", Text),
    Column("decided_at", TIME),
    Column("closed_at", TIME),
    Column("close_reason", Text, nullable=False, server_default=""),
    Index("paused_push_open_key", "lane", unique=True, postgresql_where=text("closed_at IS NULL")),
    CheckConstraint("cardinality(reasons) > 0", name="reasons"),
    CheckConstraint(
        f"reasons <@ ARRAY[{', '.join(repr(reason.value) for reason in Reason)}]::text[]",
        name="known_reasons",
    ),
    CheckConstraint(one_of("decision", PUSH_DECISIONS), name="decision"),
    CheckConstraint(
        "(decision IS NULL) = (decided_by IS NULL) AND (decision IS NULL) = (decided_at IS NULL)",
        name="decided",
    ),
)

stock_listed = Table(
    "stock_listed",
    metadata,
    Column("lane", Text, primary_key=True),
    Column("order_id", BigInteger, primary_key=True, autoincrement=False),
    Column("shipment_id", BigInteger, primary_key=True, autoincrement=False),
    Column("sku", Text, primary_key=True, comment="In the store's spelling."),
    Column("quantity", Numeric, nullable=False),
    Column("listed_at", TIME, nullable=False, server_default=NOW),
    comment="The open orders that a lane's store last listed, for lanes sharing stock.",
)

stock_movement = Table(
    "stock_movement",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("lane", Text, nullable=False),
    Column("document_id", BigInteger, ForeignKey("inbound_document.id"), nullable=False, index=True),
    Column("sku", Text, nullable=False, comment="In the warehouse's spelling."),
    Column("quantity", Numeric, nullable=False, comment="More than 0 came in."),
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=False, comment="The warehouse's code or text."),
    Column("reference", Text, nullable=False),
    Column("at", TIME, comment="By the warehouse's clock."),
    Column("noted_at", TIME, nullable=False, server_default=NOW),
    Index(None, "lane", "id"),
    CheckConstraint(one_of("kind", MovementKind), name="kind"),
    comment="Receipts and adjustments that a warehouse reports beside its levels; they change no figure.",
)
