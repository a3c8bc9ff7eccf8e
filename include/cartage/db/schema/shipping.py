"""Transfers to the warehouse, its shipments and packages, and post-backs to the store."""

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
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from cartage.db.schema.base import NOW, TIME, metadata, one_of, warehouse_column

TRANSFER_OUTCOMES = (
    "created",
    "already_exists",
    "accepted",
    "refused",
    "not_sent",
    "conflict",
    "unknown",
    "found",
    "absent",
)
POST_BACK_KINDS = ("processing", "tracking", "status", "shipment", "comment")
# Posted for one ship group; the other kinds are posted for the whole order.
GROUP_KINDS = ("tracking", "shipment", "comment")
POSTED_IN = ("field", "shipment", "comment")
POST_BACK_OUTCOMES = ("written", "refused", "not_sent", "unknown", "person")

transfer = Table(
    "transfer",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("fulfillment_order_id", BigInteger, ForeignKey("fulfillment_order.id"), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("intent_at", TIME, nullable=False, server_default=NOW),
    Column(
        "sent_at",
        TIME,
        comment="Set by the statement that re-checks the lease, just before the request is sent.",
    ),
    Column("settle_after", TIME, comment="Before this time, absence at the warehouse proves nothing."),
    Column("request", JSONB, nullable=False),
    Column("outcome", Text),
    Column("finished_at", TIME),
    Column("remote_id", Text),
    Column("error", Text, nullable=False, server_default=""),
    Column(
        "failed_in",
        Text,
        nullable=False,
        server_default="",
        comment="Where the connector failed on this attempt, if it did: the subject of the cause.",
    ),
    Column("response_status", Integer, comment="The HTTP status of the warehouse's response, if any."),
    Column("response", Text, comment="The response, shortened and redacted; null: none came."),
    Column(
        "found", JSONB, comment="The orders that a later search for the outcome of this attempt returned."
    ),
    Column("run_id", Text, nullable=False),
    Column(
        "document_id",
        BigInteger,
        ForeignKey("outbound_document.id"),
        comment="The document that holds the order, at a warehouse that takes files.",
    ),
    Column("position", Integer, comment="The order's place in the document, from 1."),
    Column("document_response", Text, comment="What the warehouse said about it by the document's number."),
    UniqueConstraint("fulfillment_order_id", "attempt"),
    Index("transfer_open_key", "fulfillment_order_id", unique=True, postgresql_where=text("outcome IS NULL")),
    Index("transfer_payload_idx", "finished_at", postgresql_where=text("request <> '{}'")),
    Index(
        "transfer_document_idx", "document_id", "position", postgresql_where=text("document_id IS NOT NULL")
    ),
    CheckConstraint(one_of("outcome", TRANSFER_OUTCOMES), name="outcome"),
    CheckConstraint("(outcome IS NULL) = (finished_at IS NULL)", name="finished"),
    CheckConstraint("(sent_at IS NULL) = (settle_after IS NULL)", name="sent"),
    CheckConstraint("(document_id IS NULL) = (position IS NULL) AND position >= 1", name="position"),
    CheckConstraint(one_of("document_response", ("accepted", "rejected")), name="document_response"),
    CheckConstraint("document_response IS NULL OR document_id IS NOT NULL", name="responded"),
)

shipment = Table(
    "shipment",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("lane", Text, nullable=False),
    warehouse_column(),
    Column("key", Text, nullable=False, comment="Stable identity at the warehouse."),
    Column("fulfillment_order_id", BigInteger, ForeignKey("fulfillment_order.id"), index=True),
    Column("remote_id", Text, nullable=False),
    Column("reference", Text, nullable=False, index=True),
    Column("shipped_at", TIME),
    Column("voided", Boolean, nullable=False),
    Column("final", Boolean, nullable=False),
    Column("lines", JSONB, nullable=False, server_default="[]", comment="Its contents, by line."),
    Column(
        "names",
        ARRAY(Text),
        nullable=False,
        server_default="{}",
        comment="References and ids of orders that it may belong to.",
    ),
    Column(
        "digest",
        Text,
        nullable=False,
        server_default="",
        comment="Hash of everything that the warehouse reported about it.",
    ),
    Column("first_seen_at", TIME, nullable=False, server_default=NOW),
    Column("checked_at", TIME, comment="When its last change was compared with its order; null: not yet."),
    UniqueConstraint("lane", "warehouse", "key"),
    # Shipments that changed lately.
    Index(None, "checked_at"),
    Index(
        "shipment_unchecked_idx",
        "lane",
        "fulfillment_order_id",
        postgresql_where=text("checked_at IS NULL AND fulfillment_order_id IS NOT NULL"),
    ),
    # A shipment that matches no order waits for it without limit.
    Index("shipment_unmatched_idx", "lane", "id", postgresql_where=text("fulfillment_order_id IS NULL")),
    Index(
        "shipment_unmatched_names_idx",
        "names",
        postgresql_using="gin",
        postgresql_where=text("fulfillment_order_id IS NULL"),
    ),
    Index(
        "shipment_unmatched_remote_idx",
        "lane",
        "remote_id",
        postgresql_where=text("fulfillment_order_id IS NULL"),
    ),
)

# People type tracking numbers with blanks and dashes.
TRACKING = "upper(regexp_replace(left(tracking, 100), '[^A-Za-z0-9]', '', 'g'))"
CARRIER = "lower(left(carrier, 100))"

package = Table(
    "package",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("shipment_id", BigInteger, ForeignKey("shipment.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("tracking", Text, nullable=False),
    Column("carrier", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("contents", JSONB, nullable=False),
    Column("former", ARRAY(Text), nullable=False, server_default="{}", comment="Earlier tracking numbers."),
    Column("carrier_at", TIME, comment="When the carrier took it over, if the warehouse reports it."),
    Column("voided_at", TIME, comment="When the warehouse no longer reported it."),
    Column("intended_at", TIME, comment="Since when the store may have it; null if it certainly does not."),
    Column(
        "posted_at", TIME, comment="When this number was posted to the store; null again once it was removed."
    ),
    Column("posted_in", Text, comment="Where in the store it was posted."),
    Column("store_shipment_id", BigInteger, comment="The store's shipment that was created for it."),
    Column("unfit_at", TIME, comment="When the store's field was found to have no room for it."),
    UniqueConstraint("shipment_id", "key"),
    # Packages posted lately.
    Index(None, "posted_at"),
    CheckConstraint(one_of("posted_in", POSTED_IN), name="posted_in"),
    Index("package_carrier_idx", text(CARRIER)),
    Index("package_tracking_idx", text(f"({TRACKING})"), postgresql_where=text("tracking <> ''")),
    Index(
        "package_unposted_idx",
        "shipment_id",
        postgresql_where=text("posted_at IS NULL AND unfit_at IS NULL AND voided_at IS NULL"),
    ),
    Index(
        "package_withdrawn_idx",
        "shipment_id",
        postgresql_where=text("intended_at IS NOT NULL AND voided_at IS NOT NULL"),
    ),
)

post_back = Table(
    "post_back",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("sales_order_id", BigInteger, ForeignKey("sales_order.id"), nullable=False, index=True),
    Column("fulfillment_order_id", BigInteger, ForeignKey("fulfillment_order.id")),
    Column("kind", Text, nullable=False),
    Column("status_id", Integer),
    Column("tracking", Text, nullable=False, server_default=""),
    Column("intent_at", TIME, nullable=False, server_default=NOW),
    Column("outcome", Text),
    Column("finished_at", TIME),
    Column("error", Text, nullable=False, server_default=""),
    Column("run_id", Text, nullable=False),
    Index(
        "post_back_open_key",
        "sales_order_id",
        "kind",
        text("coalesce(fulfillment_order_id, 0)"),
        unique=True,
        postgresql_where=text("outcome IS NULL"),
    ),
    CheckConstraint(one_of("kind", POST_BACK_KINDS), name="kind"),
    CheckConstraint(one_of("outcome", POST_BACK_OUTCOMES), name="outcome"),
    CheckConstraint("(outcome IS NULL) = (finished_at IS NULL)", name="finished"),
    CheckConstraint(
        f"({one_of('kind', GROUP_KINDS)}) = (fulfillment_order_id IS NOT NULL)", name="tracking_has_order"
    ),
)
