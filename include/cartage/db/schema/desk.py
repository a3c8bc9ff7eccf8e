"""Jobs that a person starts at the desk and a DAG run does, and the ship methods that a warehouse offers."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, Index, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from cartage.db.schema.base import NOW, TIME, metadata

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
    Column("started_at", TIME, comment="When a run last started it."),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("total", Integer, comment="Total amount of work, if known."),
    Column("finished_at", TIME),
    Column("outcome", JSONB, comment="The result; its structure depends on the kind."),
    Column("failure", Text, nullable=False, server_default="", comment="Why the job failed."),
    Index(None, "lane", "id"),
    CheckConstraint("(outcome IS NULL AND failure = '') = (finished_at IS NULL)", name="outcome"),
)

ship_method_offer = Table(
    "ship_method_offer",
    metadata,
    Column("account", Text, primary_key=True, comment="The warehouse account, as in the catalogue."),
    Column("methods", JSONB, nullable=False, comment="Its carriers and their services."),
    Column("read_at", TIME, nullable=False, server_default=NOW),
)
