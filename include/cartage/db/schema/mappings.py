"""Mapping rules with their history, and holds. Rows of either are added and ended, never edited or removed."""

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
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from cartage.db.schema.base import NOW, TIME, metadata, one_of

RULE_KINDS = ("ship_method", "sku")
HOLD_SOURCES = ("person", "rule", "duplicate")

mapping_rule = Table(
    "mapping_rule",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("lane", Text, nullable=False),
    Column(
        "warehouse",
        Text,
        nullable=False,
        server_default="",
        comment="Which of the lane's several warehouses the rule is for; empty: all.",
    ),
    Column("kind", Text, nullable=False),
    Column("store", Text, nullable=False, comment="The store's ship method, pattern or SKU."),
    Column("match", Text, comment="How a ship method is compared."),
    Column("position", Integer, nullable=False, server_default="0", comment="Order of the patterns."),
    Column(
        "target", JSONB, nullable=False, comment="The warehouse's ship method, or its items with quantities."
    ),
    Column("valid_from", TIME, comment="Null: no beginning."),
    Column("valid_until", TIME, comment="Null: no end."),
    Column("author", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("made_at", TIME, nullable=False, server_default=NOW),
    Column("ended_at", TIME, comment="When another version replaced it, or it was removed."),
    Column("ended_by", Text),
    Index("mapping_rule_standing_idx", "lane", "id", postgresql_where=text("ended_at IS NULL")),
    Index(None, "lane", "kind", "store", "id"),
    # Changes, newest first.
    Index(None, "lane", "made_at"),
    Index("mapping_rule_ended_idx", "lane", "ended_at", postgresql_where=text("ended_at IS NOT NULL")),
    CheckConstraint(one_of("kind", RULE_KINDS), name="kind"),
    CheckConstraint("store <> '' AND author <> ''", name="named"),
    CheckConstraint("(kind = 'ship_method') = (match IS NOT NULL)", name="match"),
    CheckConstraint(one_of("match", ("exact", "normalised", "pattern")), name="match_word"),
    CheckConstraint("valid_from < valid_until", name="valid"),
    CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended"),
    CheckConstraint(
        "jsonb_typeof(target) = CASE kind WHEN 'sku' THEN 'array' ELSE 'object' END", name="target"
    ),
)

hold = Table(
    "hold",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("lane", Text, nullable=False),
    Column("fulfillment_order_id", BigInteger, ForeignKey("fulfillment_order.id"), nullable=False),
    Column("source", Text, nullable=False, comment="A person, a rule of the lane, or a possible duplicate."),
    Column("rule", Text, nullable=False, server_default="", comment="The rule's name."),
    Column("reason", Text, nullable=False),
    Column("owner", Text, nullable=False, comment="Who should look at it."),
    Column("until", TIME, nullable=False, comment="When it ends automatically."),
    Column("placed_by", Text, nullable=False),
    Column("placed_at", TIME, nullable=False, server_default=NOW),
    Column("released_at", TIME),
    Column("released_by", Text),
    # A released order is not held again for the same reason, except by a person.
    Index(
        "hold_once_key",
        "fulfillment_order_id",
        "source",
        "rule",
        unique=True,
        postgresql_where=text("source <> 'person'"),
    ),
    Index(None, "fulfillment_order_id", "id"),
    Index("hold_open_idx", "lane", "id", postgresql_where=text("released_at IS NULL")),
    CheckConstraint(one_of("source", HOLD_SOURCES), name="source"),
    CheckConstraint("reason <> ''", name="reason"),
    CheckConstraint("(source = 'rule') = (rule <> '')", name="rule_has_name"),
    CheckConstraint("(released_at IS NULL) = (released_by IS NULL)", name="released"),
)
