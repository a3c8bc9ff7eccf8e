"""Required actions in Airflow: one for each opening of a cause, and for each paused push."""

from __future__ import annotations

from sqlalchemy import (
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

from cartage.db.schema.base import NOW, TIME, metadata, one_of

OUTCOMES = ("mapped", "skipped", "held", "approved", "refused", "left", "fixed_elsewhere", "undecided")

required_action = Table(
    "required_action",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("lane", Text, nullable=False),
    Column("cause_id", BigInteger, ForeignKey("cause.id")),
    Column("paused_push_id", BigInteger, ForeignKey("paused_push.id")),
    Column(
        "opening",
        Integer,
        nullable=False,
        comment="The number of the cause's opening, or the revision of the paused push.",
    ),
    Column("created_at", TIME, nullable=False, server_default=NOW),
    Column("started_at", TIME, comment="When Airflow accepted its run; null: not yet."),
    Column("seen_at", TIME, comment="When Airflow was last seen to have that run."),
    Column("offers", JSONB, comment="The mappings to choose from; null until the form is shown."),
    Column("decision", Text, comment="The option that a person chose."),
    Column("decided_by", Text),
    Column("settled_at", TIME),
    Column("outcome", Text, comment="The result."),
    Column(
        "orders",
        Integer,
        nullable=False,
        server_default="0",
        comment="Orders that the decision skipped or held.",
    ),
    UniqueConstraint("cause_id", "opening"),
    UniqueConstraint("paused_push_id", "opening"),
    Index("required_action_open_idx", "lane", "id", postgresql_where=text("settled_at IS NULL")),
    CheckConstraint("num_nonnulls(cause_id, paused_push_id) = 1", name="subject"),
    CheckConstraint(one_of("outcome", OUTCOMES), name="outcome"),
    CheckConstraint("(settled_at IS NULL) = (outcome IS NULL)", name="settled"),
    CheckConstraint("(decision IS NULL) = (decided_by IS NULL)", name="decided"),
)
