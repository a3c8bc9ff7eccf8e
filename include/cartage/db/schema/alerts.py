"""Alerts: what is wrong and since when, which channels were notified, and when each task last ran."""

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
    Column(
        "key",
        Text,
        nullable=False,
        comment="Distinguishes alerts of one kind; the same while the alert is open.",
    ),
    Column(
        "stage",
        Text,
        nullable=False,
        comment="The task that it is about; the next success of that task may close it.",
    ),
    Column("title", Text, nullable=False),
    Column("meaning", Text, nullable=False),
    Column("fix", Text, nullable=False),
    Column("links", JSONB, nullable=False, server_default="{}", comment="Name -> address."),
    Column("facts", JSONB, nullable=False, server_default="{}", comment="Name -> short value."),
    Column("orders", Integer, nullable=False, server_default="0", comment="Number of orders affected now."),
    Column(
        "mark",
        BigInteger,
        nullable=False,
        server_default="0",
        comment="Increases when there is news to send.",
    ),
    Column(
        "patience",
        Interval,
        nullable=False,
        server_default="0",
        comment="Not sent while the alert is younger than this.",
    ),
    Column("opened_at", TIME, nullable=False, server_default=NOW),
    Column("seen_at", TIME, nullable=False, server_default=NOW, comment="When the condition was last found."),
    Column("cleared_at", TIME, comment="When the condition was first found gone; null if it is back."),
    Column("closed_at", TIME, comment="When the condition had been gone for long enough."),
    CheckConstraint("closed_at IS NULL OR cleared_at IS NOT NULL", name="closed"),
    Index("alert_open_key", "lane", "kind", "key", unique=True, postgresql_where=text("closed_at IS NULL")),
    # Closed alerts: newest first for people, oldest first for retention.
    Index("alert_closed_idx", "lane", "closed_at", "id", postgresql_where=text("closed_at IS NOT NULL")),
    Index(None, "lane", "opened_at"),
)

alert_delivery = Table(
    "alert_delivery",
    metadata,
    Column("alert_id", BigInteger, ForeignKey("alert.id", ondelete="CASCADE"), primary_key=True),
    Column("channel", Text, primary_key=True, comment="Kind and connection of the channel."),
    Column("claimed_until", TIME, comment="A process is sending until then; null if none is."),
    Column("alerted_at", TIME, comment="When the alert was last sent."),
    Column("times", Integer, nullable=False, server_default="0", comment="How often the alert was sent."),
    Column("mark", BigInteger, comment="The alert's mark when it was last sent."),
    Column("resolved_at", TIME, comment="When the message that the alert is over was sent."),
    Column("error", Text, nullable=False, server_default="", comment="Why the last attempt failed."),
    Index("alert_delivery_unended_idx", "alert_id", postgresql_where=text("resolved_at IS NULL")),
)

task_run = Table(
    "task_run",
    metadata,
    Column("lane", Text, primary_key=True),
    Column("task", Text, primary_key=True, comment="A stage, or a section of the preflight."),
    Column("first_at", TIME, nullable=False, server_default=NOW, comment="When it first began."),
    Column("started_at", TIME, comment="When a live run last began it; backfills do not count."),
    Column("succeeded_at", TIME, comment="When it last succeeded, in any run."),
)
