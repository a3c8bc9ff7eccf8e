"""Stores, the state of each lane between runs, coverage, the warehouse's catalogue, and the shared call bucket."""

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

from cartage.db.schema.base import NOW, TIME, metadata, warehouse_column

store = Table(
    "store",
    metadata,
    Column("id", SmallInteger, Identity(), primary_key=True),
    Column(
        "code",
        Text,
        nullable=False,
        unique=True,
        comment="Part of every reference; assigned once, never changed.",
    ),
    Column("secure_url", Text, nullable=False, unique=True, comment="Normalised; identifies the store."),
    Column("created_at", TIME, nullable=False, server_default=NOW),
    CheckConstraint("code ~ '^[A-Z][A-Z0-9]{2}$'", name="code"),
)

store_status = Table(
    "store_status",
    metadata,
    Column("store_id", SmallInteger, ForeignKey("store.id"), primary_key=True),
    Column("status_id", Integer, primary_key=True, autoincrement=False),
    Column("definition", Text, nullable=False, comment="3dcart's name."),
    Column("label", Text, nullable=False, comment="The merchant's name; can change at any time."),
    Column("visible", Boolean, nullable=False),
    Column("read_at", TIME, nullable=False, server_default=NOW),
)

store_trait = Table(
    "store_trait",
    metadata,
    Column("store_id", SmallInteger, ForeignKey("store.id"), primary_key=True),
    Column("trait", Text, primary_key=True),
    Column("holds", Boolean, nullable=False),
    Column("order_id", BigInteger, nullable=False, comment="The store's order on which it was observed."),
    Column("learned_at", TIME, nullable=False, server_default=NOW),
)

lane_state = Table(
    "lane_state",
    metadata,
    Column("lane", Text, primary_key=True),
    Column("store_id", SmallInteger, ForeignKey("store.id"), nullable=False),
    Column(
        "swept_at",
        TIME,
        comment="When all orders in the import status were last read, by the database's clock.",
    ),
    Column(
        "listed_besides",
        Integer,
        nullable=False,
        server_default="0",
        comment="How many more rows the last sweep listed than the ledger has orders in the import status.",
    ),
    Column("sweep_claimed_at", TIME, comment="When a run started the sweep; null if none is running."),
    Column("watched_to", TIME, comment="Changes in the store are read up to here, by the database's clock."),
    Column("watch_claimed_at", TIME, comment="When a run started to read changes; null if none does."),
    Column("cutover_at", TIME, comment="When the owner decided which orders stay with the old system."),
    Column(
        "quarantined_at",
        TIME,
        nullable=False,
        server_default=NOW,
        comment="Orders placed before may be at the warehouse without the ledger's knowledge: verify before send.",
    ),
    Column(
        "quarantined_since",
        TIME,
        comment="Since when events outside may be missing in the ledger; null: since ever.",
    ),
    Column("surveyed_at", TIME, comment="When store and warehouse were searched for what is missing."),
    Column(
        "quarantine_ended_at",
        TIME,
        comment="When all orders of the first full sweep since quarantined_at were verified.",
    ),
)

warehouse_state = Table(
    "warehouse_state",
    metadata,
    Column("lane", Text, ForeignKey("lane_state.lane", ondelete="CASCADE"), primary_key=True),
    warehouse_column(primary_key=True),
    Column("shipments_cursor", Text, nullable=False, server_default=""),
    Column("shipments_polled_at", TIME),
    Column(
        "stock_cursor",
        Text,
        nullable=False,
        server_default="",
        comment="What the last poll of stock files saw of those that were not complete.",
    ),
    Column("counted_account", Text, comment="The bucket of the warehouse's account, without the operation."),
    Column(
        "files_read_again_at",
        TIME,
        comment="When the files were read again that an earlier ledger had taken in and put away.",
    ),
    comment="How far each warehouse of a lane was read.",
)

lookout = Table(
    "lookout",
    metadata,
    Column("lane", Text, primary_key=True),
    Column("part", Text, primary_key=True, comment="What is looked for: orders or shipments."),
    Column("next_at", TIME, nullable=False, comment="When the next look is due."),
    Column(
        "manned_at", TIME, nullable=False, server_default=NOW, comment="When somebody last had it in mind."
    ),
    Column("looked_at", TIME, comment="When store or warehouse last responded to a look."),
    Column(
        "seen", Text, nullable=False, server_default="", comment="What that look found; empty: nothing new."
    ),
    Column("announced", Text, nullable=False, server_default="", comment="What a run was last asked for."),
    Column("announced_at", TIME, comment="When a run was last asked for."),
    CheckConstraint("part IN ('orders', 'shipments')", name="part"),
)

installation = Table(
    "installation",
    metadata,
    Column("singleton", Boolean, primary_key=True, server_default="true"),
    Column("id", Text, nullable=False, comment="Generated, or the name that the deployment configured."),
    Column(
        "place",
        Text,
        nullable=False,
        comment="Identifies the database and its tables; differs after a restore.",
    ),
    Column("settled_at", TIME, nullable=False, server_default=NOW, comment="Since when the ledger is there."),
    CheckConstraint("singleton", name="singleton"),
)

circuit = Table(
    "circuit",
    metadata,
    Column("remote", Text, primary_key=True, comment="The store or warehouse that is down."),
    Column("opened_at", TIME, nullable=False, server_default=NOW),
    Column("failures", Integer, nullable=False, server_default="1"),
    Column("what", Text, nullable=False, comment="The last failure."),
    Column("probe_at", TIME, nullable=False, comment="No calls before this time; then one caller tries."),
    Column("alerted_at", TIME, comment="When the alert was sent; null: not yet."),
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
        comment="Ranges whose import failed, and that are not covered since.",
    ),
)

reading = Table(
    "reading",
    metadata,
    Column("lane", Text, primary_key=True),
    Column("query", Text, primary_key=True, comment="The list that is being read: its kind and bounds."),
    Column("last_id", BigInteger, nullable=False, comment="The last OrderID that was committed."),
    Column("offset", BigInteger, nullable=False, comment="Position of that order in the list."),
    Column("total", BigInteger, comment="Length of the list, if it was counted."),
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
    Column("folded", Text, nullable=False, comment="The SKU, trimmed and case-folded."),
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
    Column(
        "name",
        Text,
        primary_key=True,
        comment="Whose calls are counted: a store, or an account at a warehouse, with the operation if it has a "
        "limit of its own.",
    ),
    Column("full_at", TIME, nullable=False, comment="GCRA: when the bucket will be empty."),
    Column(
        "pace",
        Double,
        nullable=False,
        server_default="1",
        comment="Current share of the configured pace; lower after a 429.",
    ),
    Column("rate", Double, comment="Calls a second that the remote itself named; null: as the lane says."),
    Column("slowed_at", TIME, comment="The last 429 that reduced the pace."),
    Column("blocked_until", TIME, comment="No calls until then, as the last 429 demanded."),
    Column(
        "live_at",
        TIME,
        comment="The last call of a live run; background runs slow down while there are such calls.",
    ),
    Column("background_at", TIME, comment="GCRA for the background's share of the pace."),
    CheckConstraint("pace > 0 AND pace <= 1", name="pace"),
    CheckConstraint("rate > 0", name="rate"),
)
