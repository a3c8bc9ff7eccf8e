"""Stores, what a lane remembers between runs, coverage, the warehouse's catalogue, and the shared call bucket."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import TSTZMULTIRANGE

from cartage.db.schema.base import NOW, TIME, metadata

store = Table(
    "store",
    metadata,
    Column("id", SmallInteger, Identity(), primary_key=True),
    Column(
        "code",
        Text,
        nullable=False,
        unique=True,
        comment="Part of every reference; allotted once, never changed.",
    ),
    Column("secure_url", Text, nullable=False, unique=True, comment="Normalised; the store's identity."),
    Column("created_at", TIME, nullable=False, server_default=NOW),
    CheckConstraint("code ~ '^[A-Z][A-Z0-9]{2}$'", name="code"),
)

store_status = Table(
    "store_status",
    metadata,
    Column("store_id", SmallInteger, ForeignKey("store.id"), primary_key=True),
    Column("status_id", Integer, primary_key=True, autoincrement=False),
    Column("definition", Text, nullable=False, comment="The system's name."),
    Column("label", Text, nullable=False, comment="The merchant's name; may change at any time."),
    Column("visible", Boolean, nullable=False),
    Column("read_at", TIME, nullable=False, server_default=NOW),
)

store_trait = Table(
    "store_trait",
    metadata,
    Column("store_id", SmallInteger, ForeignKey("store.id"), primary_key=True),
    Column("trait", Text, primary_key=True),
    Column("holds", Boolean, nullable=False),
    Column("order_id", BigInteger, nullable=False, comment="The store's order on which it was seen."),
    Column("learned_at", TIME, nullable=False, server_default=NOW),
)

lane_state = Table(
    "lane_state",
    metadata,
    Column("lane", Text, primary_key=True),
    Column("store_id", SmallInteger, ForeignKey("store.id"), nullable=False),
    Column("swept_at", TIME, comment="When the whole import status was last read, by the database's clock."),
    Column("sweep_claimed_at", TIME, comment="When a run took the sweep on; null when none is under way."),
    Column("watched_to", TIME, comment="Changes in the store were read up to here, by the database's clock."),
    Column("watch_claimed_at", TIME, comment="When a run took that reading on; null when none is under way."),
    Column("cutover_at", TIME, comment="When the owner said which orders the old system keeps."),
    Column("shipments_cursor", Text, nullable=False, server_default=""),
    Column("shipments_polled_at", TIME),
    Column(
        "quarantined_at",
        TIME,
        nullable=False,
        server_default=NOW,
        comment="What was placed before may be at the warehouse unknown to the ledger: asked for before it is sent.",
    ),
    Column(
        "quarantined_since",
        TIME,
        comment="What happened outside since then may be unknown; null: anything may.",
    ),
    Column("surveyed_at", TIME, comment="When store and warehouse were searched for what is unknown."),
    Column("quarantine_ended_at", TIME, comment="When the first full sweep since the doubt was settled."),
)

installation = Table(
    "installation",
    metadata,
    Column("one", Boolean, primary_key=True, server_default="true"),
    Column("id", Text, nullable=False, comment="This ledger's own, or the name that the deployment gave."),
    Column("place", Text, nullable=False, comment="Where these tables are: other ones after a restore."),
    Column("settled_at", TIME, nullable=False, server_default=NOW, comment="Since when they are here."),
    CheckConstraint("one", name="one"),
)

circuit = Table(
    "circuit",
    metadata,
    Column("remote", Text, primary_key=True, comment="The store or warehouse that is down."),
    Column("opened_at", TIME, nullable=False, server_default=NOW),
    Column("failures", Integer, nullable=False, server_default="1"),
    Column("what", Text, nullable=False, comment="The last failure."),
    Column("probe_at", TIME, nullable=False, comment="Before this instant nobody calls; then one tries."),
    Column("alerted_at", TIME, comment="When people were told; null means not yet."),
)

coverage = Table(
    "coverage",
    metadata,
    Column("lane", Text, primary_key=True),
    Column("ranges", TSTZMULTIRANGE, nullable=False, server_default="{}"),
    Column(
        "failed",
        TSTZMULTIRANGE,
        nullable=False,
        server_default="{}",
        comment="Tried in vain, and not covered since.",
    ),
)

reading = Table(
    "reading",
    metadata,
    Column("lane", Text, primary_key=True),
    Column("query", Text, primary_key=True, comment="Which list is being read: its kind and its bounds."),
    Column("last_id", BigInteger, nullable=False, comment="The last OrderID that was committed."),
    Column("offset", BigInteger, nullable=False, comment="Where that row stood in the list."),
    Column("total", BigInteger, comment="How long the list was, where it was counted."),
    Column("begun_at", TIME, nullable=False, server_default=NOW),
    Column("moved_at", TIME, nullable=False, server_default=NOW),
)

catalogue = Table(
    "catalogue",
    metadata,
    Column(
        "account", Text, primary_key=True, comment="The warehouse account, shared by the lanes that use it."
    ),
    Column("sku", Text, primary_key=True),
    Column("folded", Text, nullable=False, comment="The SKU trimmed and without letter case."),
    Column("remote_id", Text, nullable=False, server_default=""),
    Column("description", Text, nullable=False, server_default=""),
    Column("active", Boolean, nullable=False),
    Column("refreshed_at", TIME, nullable=False, server_default=NOW),
    Index(None, "account", "folded"),
)

catalogue_refresh = Table(
    "catalogue_refresh",
    metadata,
    Column("account", Text, primary_key=True),
    Column("refreshed_at", TIME, nullable=False),
)

call_bucket = Table(
    "call_bucket",
    metadata,
    Column("name", Text, primary_key=True, comment="The store whose calls are counted."),
    Column("full_at", TIME, nullable=False, comment="GCRA: when the bucket will have leaked empty."),
    Column(
        "pace",
        Double,
        nullable=False,
        server_default="1",
        comment="Share of the agreed pace; less after a 429.",
    ),
    Column("slowed_at", TIME, comment="The last 429 that made the pace shrink."),
    Column("blocked_until", TIME, comment="Until then nobody calls: what the last 429 demanded."),
    Column(
        "live_at", TIME, comment="The last call of a live run; background runs pace themselves beside those."
    ),
    Column("background_at", TIME, comment="GCRA of the background's share of the pace."),
    CheckConstraint("pace > 0 AND pace <= 1", name="pace"),
)
