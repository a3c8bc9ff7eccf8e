"""Documents for warehouses that take files, and the counters of their numbers."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from cartage.db.schema.base import NOW, TIME, metadata, one_of

DOCUMENT_KINDS = ("orders", "reply", "cancel")
DOCUMENT_RESPONSES = ("accepted", "rejected", "partly")

outbound_document = Table(
    "outbound_document",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column(
        "account", Text, nullable=False, comment="Connector and connection: within it numbers are unique."
    ),
    Column("number", BigInteger, nullable=False),
    Column("lane", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column(
        "content",
        LargeBinary,
        comment="What every attempt writes; null once retention deleted it. Its hash stays.",
    ),
    Column("sha256", Text, nullable=False),
    Column(
        "created_at", TIME, nullable=False, comment="The instant of the first attempt, as in its content."
    ),
    Column(
        "made_with",
        Text,
        nullable=False,
        comment="The lane's account with its settings: with other settings the orders are written again.",
    ),
    Column(
        "attempt",
        Integer,
        nullable=False,
        server_default="1",
        comment="Counts the stagings. Each has its own temporary name, so that an old one can never be published.",
    ),
    Column("claimed_until", TIME, comment="A run is publishing this reply until then; null if none is."),
    Column(
        "dispatched_at",
        TIME,
        comment="Set by the statement that re-checks the claims, just before it is published.",
    ),
    Column("published_at", TIME),
    Column(
        "withdrawn_at",
        TIME,
        comment="When the attempt of `dispatched_at` was found not to be published: it never can be any more.",
    ),
    Column(
        "response",
        Text,
        comment="What the warehouse said about it by its number; partly: about single orders.",
    ),
    Column("responded_at", TIME),
    Column("response_reason", Text, nullable=False, server_default=""),
    Column(
        "cancels",
        BigInteger,
        ForeignKey("fulfillment_order.id"),
        unique=True,
        comment="The fulfillment order that it asks the warehouse to cancel: one document for each.",
    ),
    UniqueConstraint("account", "number"),
    # Documents whose content is still kept, the oldest first: for retention.
    Index(
        "outbound_document_content_idx", "lane", "created_at", postgresql_where=text("content IS NOT NULL")
    ),
    # Whether the warehouse responds to documents at all.
    Index(
        "outbound_document_responded_idx",
        "lane",
        "account",
        postgresql_where=text("responded_at IS NOT NULL"),
    ),
    # Replies that are still to be published.
    Index(
        "outbound_document_reply_idx",
        "account",
        "id",
        postgresql_where=text("kind = 'reply' AND published_at IS NULL"),
    ),
    CheckConstraint(one_of("kind", DOCUMENT_KINDS), name="kind"),
    CheckConstraint(one_of("response", DOCUMENT_RESPONSES), name="response"),
    CheckConstraint("(kind = 'cancel') = (cancels IS NOT NULL)", name="cancels"),
    CheckConstraint("(response IS NULL) = (responded_at IS NULL)", name="responded"),
    CheckConstraint("published_at IS NULL OR withdrawn_at IS NULL", name="published_or_withdrawn"),
    CheckConstraint(
        "dispatched_at IS NOT NULL OR (published_at IS NULL AND withdrawn_at IS NULL)", name="dispatched"
    ),
)

document_counter = Table(
    "document_counter",
    metadata,
    Column("account", Text, primary_key=True),
    Column("number", BigInteger, nullable=False, comment="The last number that was allotted."),
    Column(
        "raised_at",
        TIME,
        nullable=False,
        server_default=NOW,
        comment="When it last went past all numbers that another copy of the ledger may have used.",
    ),
)
