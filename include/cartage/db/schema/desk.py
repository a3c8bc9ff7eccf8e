"""What people note about what needs attention, their jobs and saved views, and the ship methods of warehouses."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
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
from sqlalchemy.dialects.postgresql import JSONB

from cartage.db.schema.base import NOW, TIME, metadata

attention = Table(
    "attention",
    metadata,
    Column("lane", Text, primary_key=True),
    Column("kind", Text, primary_key=True, comment="What the entry is: a cause, an exception, ..."),
    Column("key", Text, primary_key=True, comment="Which one of its kind in the lane."),
    Column("owner", Text, nullable=False, server_default="", comment="Who takes care of it."),
    Column("note", Text, nullable=False, server_default=""),
    Column("snoozed_until", TIME, comment="Until then the queue does not list it; null: it does."),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", TIME, nullable=False, server_default=NOW),
    # What is old, for retention.
    Index(None, "lane", "changed_at"),
    CheckConstraint("owner <> '' OR note <> '' OR snoozed_until IS NOT NULL", name="says_something"),
)

desk_upload = Table(
    "desk_upload",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("lane", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("uploaded_at", TIME, nullable=False, server_default=NOW, comment="When it was last uploaded."),
    # However often a file is tried, backtested and saved, it is kept once.
    UniqueConstraint("lane", "sha256"),
)

desk_job = Table(
    "desk_job",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("lane", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("requested_at", TIME, nullable=False, server_default=NOW),
    Column(
        "input", JSONB, nullable=False, comment="What the job works on; its structure depends on the kind."
    ),
    Column("upload_id", BigInteger, ForeignKey("desk_upload.id"), comment="The file that it works on."),
    Column("started_at", TIME, comment="When a run last started it."),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("total", Integer, comment="Total amount of work, if known."),
    Column("finished_at", TIME),
    Column("outcome", JSONB, comment="The result; its structure depends on the kind."),
    Column("failure", Text, nullable=False, server_default="", comment="Why the job failed."),
    Index(None, "lane", "id"),
    Index(None, "lane", "requested_at"),
    Index("desk_job_upload_idx", "upload_id", postgresql_where=text("upload_id IS NOT NULL")),
    CheckConstraint("(outcome IS NULL AND failure = '') = (finished_at IS NULL)", name="outcome"),
)

saved_view = Table(
    "saved_view",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("owner", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("shared", Boolean, nullable=False, comment="Whether everybody sees it, or only its owner."),
    Column("query", JSONB, nullable=False, comment="Filters and sorting, as the page's address has them."),
    Column("saved_at", TIME, nullable=False, server_default=NOW),
    UniqueConstraint("owner", "name"),
    Index("saved_view_shared_idx", "name", postgresql_where=text("shared")),
    CheckConstraint("name <> ''", name="name"),
)

ship_method_offer = Table(
    "ship_method_offer",
    metadata,
    Column("account", Text, primary_key=True, comment="The warehouse account, as in the catalogue."),
    Column("methods", JSONB, nullable=False, comment="Its carriers and their services."),
    Column("read_at", TIME, nullable=False, server_default=NOW),
)
