"""Questions in Airflow's Required Actions: one for each time that a cause opens, or that a push of stock is stopped."""

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

OUTCOMES = ("mapped", "skipped", "held", "approved", "refused", "left", "fixed_elsewhere", "unanswered")

required_action = Table(
    "required_action",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("lane", Text, nullable=False),
    Column("cause_id", BigInteger, ForeignKey("cause.id")),
    Column(
        "stop_id", BigInteger, ForeignKey("paused_push.id"), comment="Or a push of stock that was stopped."
    ),
    Column("opening", Integer, nullable=False, comment="Which opening of the cause, or asking of the stop."),
    Column("asked_at", TIME, nullable=False, server_default=NOW),
    Column("started_at", TIME, comment="When Airflow took the run that asks; null means not yet."),
    Column("offers", JSONB, comment="The mappings that may be chosen; null until it is asked."),
    Column("decision", Text, comment="The option that a person chose."),
    Column("decided_by", Text),
    Column("settled_at", TIME),
    Column("outcome", Text, comment="What came of it."),
    Column("orders", Integer, nullable=False, server_default="0", comment="Orders skipped or held by it."),
    UniqueConstraint("cause_id", "opening"),
    UniqueConstraint("stop_id", "opening"),
    Index("required_action_open_idx", "lane", "id", postgresql_where=text("settled_at IS NULL")),
    CheckConstraint("num_nonnulls(cause_id, stop_id) = 1", name="matter"),
    CheckConstraint(one_of("outcome", OUTCOMES), name="outcome"),
    CheckConstraint("(settled_at IS NULL) = (outcome IS NULL)", name="settled"),
    CheckConstraint("(decision IS NULL) = (decided_by IS NULL)", name="decided"),
)
