"""The first tables."""

# ruff: noqa: E501 -- written by tests/contract/db/draft_migration.py, then read by a person

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Take the step. There is no way back: an older form of the ledger is its backup."""
    op.create_table(
        "call_bucket",
        sa.Column("name", sa.Text(), nullable=False, comment="The store whose calls are counted."),
        sa.Column(
            "full_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="GCRA: when the bucket will have leaked empty.",
        ),
        sa.Column(
            "pace",
            sa.Double(),
            server_default="1",
            nullable=False,
            comment="Share of the agreed pace; less after a 429.",
        ),
        sa.Column(
            "slowed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="The last 429 that made the pace shrink.",
        ),
        sa.Column(
            "blocked_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Until then nobody calls: what the last 429 demanded.",
        ),
        sa.Column(
            "live_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="The last call of a live run; background runs pace themselves beside those.",
        ),
        sa.Column(
            "background_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="GCRA of the background's share of the pace.",
        ),
        sa.CheckConstraint("pace > 0 AND pace <= 1", name=op.f("call_bucket_pace_check")),
        sa.PrimaryKeyConstraint("name", name=op.f("call_bucket_pkey")),
    )
    op.create_table(
        "catalogue",
        sa.Column(
            "account",
            sa.Text(),
            nullable=False,
            comment="The warehouse account, shared by the lanes that use it.",
        ),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False, comment="The SKU trimmed and without letter case."),
        sa.Column("remote_id", sa.Text(), server_default="", nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column(
            "refreshed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("account", "sku", name=op.f("catalogue_pkey")),
    )
    op.create_index(op.f("catalogue_account_folded_idx"), "catalogue", ["account", "folded"], unique=False)
    op.create_table(
        "catalogue_refresh",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("refreshed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("catalogue_refresh_pkey")),
    )
    op.create_table(
        "cause",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("mend", sa.Text(), nullable=False),
        sa.Column(
            "opened_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("openings", sa.Integer(), server_default="1", nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "alerted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When this opening was told; null means not yet.",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("cause_pkey")),
        sa.UniqueConstraint("lane", "fingerprint", name=op.f("cause_lane_fingerprint_key")),
    )
    op.create_index(
        "cause_open_idx",
        "cause",
        ["lane", "kind"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "coverage",
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("ranges", postgresql.TSTZMULTIRANGE(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("lane", name=op.f("coverage_pkey")),
    )
    op.create_table(
        "store",
        sa.Column("id", sa.SmallInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "code",
            sa.Text(),
            nullable=False,
            comment="Part of every reference; allotted once, never changed.",
        ),
        sa.Column("secure_url", sa.Text(), nullable=False, comment="Normalised; the store's identity."),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("code ~ '^[A-Z][A-Z0-9]{2}$'", name=op.f("store_code_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("store_pkey")),
        sa.UniqueConstraint("code", name=op.f("store_code_key")),
        sa.UniqueConstraint("secure_url", name=op.f("store_secure_url_key")),
    )
    op.create_table(
        "lane_state",
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("store_id", sa.SmallInteger(), nullable=False),
        sa.Column(
            "swept_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the whole import status was last read, by the database's clock.",
        ),
        sa.Column(
            "sweep_claimed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When a run took the sweep on; null when none is under way.",
        ),
        sa.Column("shipments_cursor", sa.Text(), server_default="", nullable=False),
        sa.Column("shipments_polled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("lane_state_store_id_fkey")),
        sa.PrimaryKeyConstraint("lane", name=op.f("lane_state_pkey")),
    )
    op.create_table(
        "sales_order",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("store_id", sa.SmallInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "lane",
            sa.Text(),
            nullable=False,
            comment="The lane that imported it; another lane's copy is a conflict.",
        ),
        sa.Column("invoice", sa.Text(), nullable=False),
        sa.Column("status_id", sa.Integer(), nullable=False, comment="The store's status when last read."),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "read_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="When the request left that brought this copy.",
        ),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(), nullable=False),
        sa.Column(
            "document",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="The translated order: no card data.",
        ),
        sa.Column(
            "told_status", sa.Integer(), nullable=True, comment="The status that we last told the store."
        ),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "verified_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the store was seen to have left the earlier status.",
        ),
        sa.Column(
            "person_status",
            sa.Integer(),
            nullable=True,
            comment="A status that a person set; we write none while it stands.",
        ),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(lease_owner IS NULL) = (lease_until IS NULL)", name=op.f("sales_order_lease_check")
        ),
        sa.CheckConstraint("(told_status IS NULL) = (told_at IS NULL)", name=op.f("sales_order_told_check")),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("sales_order_store_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("sales_order_pkey")),
        sa.UniqueConstraint("store_id", "order_id", name=op.f("sales_order_store_id_order_id_key")),
    )
    op.create_index(
        op.f("sales_order_lane_told_status_id_idx"),
        "sales_order",
        ["lane", "told_status", "id"],
        unique=False,
    )
    op.create_index(
        "sales_order_lease_idx",
        "sales_order",
        ["lease_owner"],
        unique=False,
        postgresql_where=sa.text("lease_owner IS NOT NULL"),
    )
    op.create_index(
        "sales_order_unverified_idx",
        "sales_order",
        ["lane", "id"],
        unique=False,
        postgresql_where=sa.text("told_at > coalesce(verified_at, '-infinity')"),
    )
    op.create_table(
        "unreadable_order",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False, comment="What the entry is, without its content."),
        sa.Column("cause_id", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False, comment="The run that first saw it."),
        sa.Column(
            "first_seen_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "last_seen_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["cause_id"], ["cause.id"], name=op.f("unreadable_order_cause_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("unreadable_order_pkey")),
        sa.UniqueConstraint("lane", "content_hash", name=op.f("unreadable_order_lane_content_hash_key")),
    )
    op.create_table(
        "fulfillment_order",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("sales_order_id", sa.BigInteger(), nullable=False),
        sa.Column("store_id", sa.SmallInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "shipment_id", sa.BigInteger(), nullable=False, comment="The store's ShipmentID; 0 is valid."
        ),
        sa.Column("generation", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "state_since",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("cause_ids", sa.ARRAY(sa.BigInteger()), server_default="{}", nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_wanted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ship_method", sa.Text(), nullable=False, comment="The store's text."),
        sa.Column("ship_to", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "request",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="What validation found fit to be sent.",
        ),
        sa.Column("remote_id", sa.Text(), nullable=True),
        sa.Column("remote_etag", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "told_tracking",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="The tracking text that the store has.",
        ),
        sa.Column(
            "superseded_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="A later generation has taken over.",
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "NOT (state IN ('acknowledged', 'partially_shipped', 'shipped')) OR remote_id IS NOT NULL",
            name=op.f("fulfillment_order_present_has_remote_id_check"),
        ),
        sa.CheckConstraint("reference ~ '^[A-Z0-9_]{5,22}$'", name=op.f("fulfillment_order_reference_check")),
        sa.CheckConstraint(
            "state <> 'blocked' OR cardinality(cause_ids) > 0",
            name=op.f("fulfillment_order_blocked_has_cause_check"),
        ),
        sa.CheckConstraint(
            "state <> 'held' OR (held_until IS NOT NULL AND reason <> '')",
            name=op.f("fulfillment_order_held_has_until_check"),
        ),
        sa.CheckConstraint(
            "state <> 'sending' OR lease_owner IS NOT NULL",
            name=op.f("fulfillment_order_sending_has_lease_check"),
        ),
        sa.CheckConstraint(
            "state IN ('acknowledged', 'blocked', 'cancelled', 'conflict', 'held', 'imported', 'partially_shipped', 'ready', 'rejected', 'sending', 'shipped', 'skipped', 'unknown')",
            name=op.f("fulfillment_order_state_check"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('ready', 'sending') OR request IS NOT NULL",
            name=op.f("fulfillment_order_ready_has_request_check"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('skipped', 'rejected', 'conflict') OR reason <> ''",
            name=op.f("fulfillment_order_stop_has_reason_check"),
        ),
        sa.CheckConstraint(
            "(lease_owner IS NULL) = (lease_until IS NULL)", name=op.f("fulfillment_order_lease_check")
        ),
        sa.ForeignKeyConstraint(
            ["sales_order_id"], ["sales_order.id"], name=op.f("fulfillment_order_sales_order_id_fkey")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fulfillment_order_store_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("fulfillment_order_pkey")),
        sa.UniqueConstraint("reference", name=op.f("fulfillment_order_reference_key")),
        sa.UniqueConstraint(
            "store_id",
            "order_id",
            "shipment_id",
            "generation",
            name=op.f("fulfillment_order_store_id_order_id_shipment_id_generation_key"),
        ),
    )
    op.create_index(
        "fulfillment_order_cause_ids_idx",
        "fulfillment_order",
        ["cause_ids"],
        unique=False,
        postgresql_using="gin",
        postgresql_where=sa.text("state = 'blocked'"),
    )
    op.create_index(
        op.f("fulfillment_order_lane_state_id_idx"),
        "fulfillment_order",
        ["lane", "state", "id"],
        unique=False,
    )
    op.create_index(
        "fulfillment_order_live_key",
        "fulfillment_order",
        ["store_id", "order_id", "shipment_id"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(
        op.f("fulfillment_order_sales_order_id_idx"), "fulfillment_order", ["sales_order_id"], unique=False
    )
    op.create_table(
        "event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("sales_order_id", sa.BigInteger(), nullable=True),
        sa.Column("fulfillment_order_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False, comment="The stage, or the person."),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["fulfillment_order_id"], ["fulfillment_order.id"], name=op.f("event_fulfillment_order_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["sales_order_id"], ["sales_order.id"], name=op.f("event_sales_order_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("event_pkey")),
    )
    op.create_index(
        op.f("event_fulfillment_order_id_id_idx"), "event", ["fulfillment_order_id", "id"], unique=False
    )
    op.create_index(op.f("event_run_id_id_idx"), "event", ["run_id", "id"], unique=False)
    op.create_index(op.f("event_sales_order_id_id_idx"), "event", ["sales_order_id", "id"], unique=False)
    op.create_table(
        "fulfillment_line",
        sa.Column("fulfillment_order_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False, comment="The store's ItemIndexID."),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("fulfillment_line_quantity_check")),
        sa.ForeignKeyConstraint(
            ["fulfillment_order_id"],
            ["fulfillment_order.id"],
            name=op.f("fulfillment_line_fulfillment_order_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("fulfillment_order_id", "position", name=op.f("fulfillment_line_pkey")),
    )
    op.create_table(
        "post_back",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("sales_order_id", sa.BigInteger(), nullable=False),
        sa.Column("fulfillment_order_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status_id", sa.Integer(), nullable=True),
        sa.Column("tracking", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "intent_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'tracking') = (fulfillment_order_id IS NOT NULL)",
            name=op.f("post_back_tracking_has_order_check"),
        ),
        sa.CheckConstraint("kind IN ('processing', 'status', 'tracking')", name=op.f("post_back_kind_check")),
        sa.CheckConstraint(
            "outcome IN ('not_sent', 'person', 'refused', 'unknown', 'written')",
            name=op.f("post_back_outcome_check"),
        ),
        sa.CheckConstraint(
            "(outcome IS NULL) = (finished_at IS NULL)", name=op.f("post_back_finished_check")
        ),
        sa.ForeignKeyConstraint(
            ["fulfillment_order_id"],
            ["fulfillment_order.id"],
            name=op.f("post_back_fulfillment_order_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["sales_order_id"], ["sales_order.id"], name=op.f("post_back_sales_order_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("post_back_pkey")),
    )
    op.create_index(
        "post_back_open_key",
        "post_back",
        ["sales_order_id", "kind", sa.literal_column("coalesce(fulfillment_order_id, 0)")],
        unique=True,
        postgresql_where=sa.text("outcome IS NULL"),
    )
    op.create_index(op.f("post_back_sales_order_id_idx"), "post_back", ["sales_order_id"], unique=False)
    op.create_table(
        "shipment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="Stable at the warehouse."),
        sa.Column("fulfillment_order_id", sa.BigInteger(), nullable=True),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided", sa.Boolean(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column(
            "first_seen_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["fulfillment_order_id"],
            ["fulfillment_order.id"],
            name=op.f("shipment_fulfillment_order_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("shipment_pkey")),
        sa.UniqueConstraint("lane", "key", name=op.f("shipment_lane_key_key")),
    )
    op.create_index(
        op.f("shipment_fulfillment_order_id_idx"), "shipment", ["fulfillment_order_id"], unique=False
    )
    op.create_index(op.f("shipment_reference_idx"), "shipment", ["reference"], unique=False)
    op.create_table(
        "transfer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("fulfillment_order_id", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column(
            "intent_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "sent_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Set in the statement that re-checks the lease, just before the bytes leave.",
        ),
        sa.Column(
            "settle_after",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Before this instant, absence at the warehouse proves nothing.",
        ),
        sa.Column("request", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remote_id", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('absent', 'accepted', 'already_exists', 'conflict', 'created', 'found', 'not_sent', 'refused', 'unknown')",
            name=op.f("transfer_outcome_check"),
        ),
        sa.CheckConstraint("(outcome IS NULL) = (finished_at IS NULL)", name=op.f("transfer_finished_check")),
        sa.CheckConstraint("(sent_at IS NULL) = (settle_after IS NULL)", name=op.f("transfer_sent_check")),
        sa.ForeignKeyConstraint(
            ["fulfillment_order_id"],
            ["fulfillment_order.id"],
            name=op.f("transfer_fulfillment_order_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("transfer_pkey")),
        sa.UniqueConstraint(
            "fulfillment_order_id", "attempt", name=op.f("transfer_fulfillment_order_id_attempt_key")
        ),
    )
    op.create_index(
        "transfer_open_key",
        "transfer",
        ["fulfillment_order_id"],
        unique=True,
        postgresql_where=sa.text("outcome IS NULL"),
    )
    op.create_table(
        "package",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("shipment_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("tracking", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("contents", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "posted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the store was told this number.",
        ),
        sa.Column(
            "unfit_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the store's field was found to have no room for it.",
        ),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("package_shipment_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("package_pkey")),
        sa.UniqueConstraint("shipment_id", "key", name=op.f("package_shipment_id_key_key")),
    )
    op.create_index(op.f("package_tracking_idx"), "package", ["tracking"], unique=False)
    op.create_index(
        "package_unposted_idx",
        "package",
        ["shipment_id"],
        unique=False,
        postgresql_where=sa.text("posted_at IS NULL AND unfit_at IS NULL"),
    )
