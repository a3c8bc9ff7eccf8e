"""Files of warehouses that were taken in, and what in them had no effect."""

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

DOCUMENT_PARTS = ("orders", "stock")
INBOUND_STATES = ("taken", "quarantined", "released", "dropped")
FINDING_KINDS = ("quarantined", "no_effect")

inbound_document = Table(
    "inbound_document",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("account", Text, nullable=False, comment="Connector and connection, as for outbound documents."),
    Column("lane", Text, nullable=False),
    Column("sha256", Text, nullable=False, comment="The identity: whatever its name, it is taken in once."),
    Column("part", Text, nullable=False, comment="Each stage takes in its part of a file."),
    Column("path", Text, nullable=False, comment="Where it was when it was last taken in."),
    Column(
        "version",
        Integer,
        nullable=False,
        comment="Counts the contents that had this path; more than 1: the warehouse wrote over a file.",
    ),
    Column("size", BigInteger, nullable=False),
    Column("modified_at", TIME, comment="By the clock of the warehouse's side."),
    Column("taken_at", TIME, nullable=False, server_default=NOW),
    Column("run_id", Text, nullable=False),
    Column("acknowledged_at", TIME, comment="When it was archived, deleted or found gone."),
    Column("state", Text, nullable=False),
    Column(
        "content", LargeBinary, comment="Kept while a person may look at it: only of what is quarantined."
    ),
    Column("decided_by", Text),
    Column("decided_at", TIME),
    Column("read_again_at", TIME, comment="When a released file was read in spite of its faults."),
    Column(
        "reply_id", BigInteger, ForeignKey("outbound_document.id"), comment="The document that answers it."
    ),
    UniqueConstraint("account", "lane", "sha256", "part"),
    # The contents that a path had.
    Index(None, "account", "lane", "path"),
    # Files that wait for a person, and those that a person has released and no run has read yet.
    Index("inbound_document_quarantined_idx", "lane", "id", postgresql_where=text("state = 'quarantined'")),
    Index(
        "inbound_document_released_idx",
        "lane",
        "id",
        postgresql_where=text("state = 'released' AND read_again_at IS NULL"),
    ),
    # What people decided about files, newest first.
    Index(
        "inbound_document_decided_idx", "lane", "decided_at", postgresql_where=text("decided_at IS NOT NULL")
    ),
    # Files that are taken in and were not put away.
    Index("inbound_document_present_idx", "lane", "id", postgresql_where=text("acknowledged_at IS NULL")),
    Index("inbound_document_lane_idx", "lane", "id"),
    # For retention.
    Index("inbound_document_content_idx", "lane", "taken_at", postgresql_where=text("content IS NOT NULL")),
    CheckConstraint(one_of("part", DOCUMENT_PARTS), name="part"),
    CheckConstraint(one_of("state", INBOUND_STATES), name="state"),
    CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decided"),
    CheckConstraint("(state IN ('released', 'dropped')) = (decided_at IS NOT NULL)", name="decision"),
    CheckConstraint("read_again_at IS NULL OR state = 'released'", name="read_again"),
)

inbound_finding = Table(
    "inbound_finding",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("document_id", BigInteger, ForeignKey("inbound_document.id"), nullable=False, index=True),
    Column(
        "kind",
        Text,
        nullable=False,
        comment="Quarantined: a person decides; no_effect: kept for people to see.",
    ),
    Column("place", Text, nullable=False, comment="Where in the file; empty: all of it."),
    Column("reason", Text, nullable=False),
    Column("fix", Text, nullable=False),
    CheckConstraint(one_of("kind", FINDING_KINDS), name="kind"),
    comment="What in a file had no effect, and why.",
)
