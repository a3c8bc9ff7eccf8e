"""Alerts: what is wrong and since when, what each channel was told of it, and when each task last ran."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Interval,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from cartage.db.schema.base import NOW, TIME, metadata

alert = Table(
    "alert",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("lane", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False, comment="Tells alerts of one kind apart; the same while it lasts."),
    Column("stage", Text, nullable=False, comment="The task that it is about; its next success may end it."),
    Column("title", Text, nullable=False),
    Column("meaning", Text, nullable=False),
    Column("fix", Text, nullable=False),
    Column("links", JSONB, nullable=False, server_default="{}", comment="Name -> address."),
    Column("facts", JSONB, nullable=False, server_default="{}", comment="Name -> short value."),
    Column("orders", Integer, nullable=False, server_default="0", comment="How many it concerns now."),
    Column("mark", BigInteger, nullable=False, server_default="0", comment="Higher: there is news to tell."),
    Column("patience", Interval, nullable=False, server_default="0", comment="Untold while it is younger."),
    Column("opened_at", TIME, nullable=False, server_default=NOW),
    Column("seen_at", TIME, nullable=False, server_default=NOW, comment="When it was last found so."),
    Column("cleared_at", TIME, comment="When it was first found well; null again once it is back."),
    Column("closed_at", TIME, comment="When it had been well for long enough."),
    CheckConstraint("closed_at IS NULL OR cleared_at IS NOT NULL", name="closed"),
    Index("alert_open_key", "lane", "kind", "key", unique=True, postgresql_where=text("closed_at IS NULL")),
    # What is over, the newest first for people, the oldest first for retention.
    Index("alert_closed_idx", "lane", "closed_at", "id", postgresql_where=text("closed_at IS NOT NULL")),
)

alert_delivery = Table(
    "alert_delivery",
    metadata,
    Column("alert_id", BigInteger, ForeignKey("alert.id", ondelete="CASCADE"), primary_key=True),
    Column("channel", Text, primary_key=True, comment="Its kind and its connection."),
    Column("claimed_until", TIME, comment="A process sends until then; null when none does."),
    Column("alerted_at", TIME, comment="When the channel last took it."),
    Column("times", Integer, nullable=False, server_default="0", comment="How often the channel took it."),
    Column("mark", BigInteger, comment="The alert's mark when it was last told."),
    Column("resolved_at", TIME, comment="When the channel was told that it is over."),
    Column("error", Text, nullable=False, server_default="", comment="Why the last attempt failed."),
    Index("alert_delivery_unended_idx", "alert_id", postgresql_where=text("resolved_at IS NULL")),
)

task_run = Table(
    "task_run",
    metadata,
    Column("lane", Text, primary_key=True),
    Column("task", Text, primary_key=True, comment="A stage, or a section of the preflight."),
    Column("first_at", TIME, nullable=False, server_default=NOW, comment="When it was first heard of."),
    Column("started_at", TIME, comment="When a live run last began it; backfills do not count."),
    Column("succeeded_at", TIME, comment="When any run last ended it well."),
)
