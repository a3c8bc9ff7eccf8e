"""The ledger."""

# ruff: noqa: E501, PLR0915 -- written by tests/contract/db/draft_migration.py, then read by a person

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Take the step. There is no way back: an older form of the ledger is its backup."""
    op.create_table(
        "alert",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "key",
            sa.Text(),
            nullable=False,
            comment="Tells alerts of one kind apart; the same while it lasts.",
        ),
        sa.Column(
            "stage",
            sa.Text(),
            nullable=False,
            comment="The task that it is about; its next success may end it.",
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.Column("fix", sa.Text(), nullable=False),
        sa.Column(
            "links",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
            comment="Name -> address.",
        ),
        sa.Column(
            "facts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
            comment="Name -> short value.",
        ),
        sa.Column(
            "orders", sa.Integer(), server_default="0", nullable=False, comment="How many it concerns now."
        ),
        sa.Column(
            "mark",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="Higher: there is news to tell.",
        ),
        sa.Column(
            "patience",
            sa.Interval(),
            server_default="0",
            nullable=False,
            comment="Untold while it is younger.",
        ),
        sa.Column(
            "opened_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "seen_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="When it was last found so.",
        ),
        sa.Column(
            "cleared_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When it was first found well; null again once it is back.",
        ),
        sa.Column(
            "closed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When it had been well for long enough.",
        ),
        sa.CheckConstraint("closed_at IS NULL OR cleared_at IS NOT NULL", name=op.f("alert_closed_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("alert_pkey")),
    )
    op.create_index(
        "alert_closed_idx",
        "alert",
        ["lane", "closed_at", "id"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NOT NULL"),
    )
    op.create_index(
        "alert_open_key",
        "alert",
        ["lane", "kind", "key"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
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
        sa.Column("fix", sa.Text(), nullable=False),
        sa.Column(
            "opened_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("openings", sa.Integer(), server_default="1", nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "suggestions",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
            comment="What may mend it, best first.",
        ),
        sa.Column(
            "suggested_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When that was last thought about.",
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
        "circuit",
        sa.Column("remote", sa.Text(), nullable=False, comment="The store or warehouse that is down."),
        sa.Column(
            "opened_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("failures", sa.Integer(), server_default="1", nullable=False),
        sa.Column("what", sa.Text(), nullable=False, comment="The last failure."),
        sa.Column(
            "probe_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="Before this instant nobody calls; then one tries.",
        ),
        sa.Column(
            "alerted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When people were told; null means not yet.",
        ),
        sa.PrimaryKeyConstraint("remote", name=op.f("circuit_pkey")),
    )
    op.create_table(
        "coverage",
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("ranges", postgresql.TSTZMULTIRANGE(), server_default="{}", nullable=False),
        sa.Column(
            "failed",
            postgresql.TSTZMULTIRANGE(),
            server_default="{}",
            nullable=False,
            comment="Tried in vain, and not covered since.",
        ),
        sa.PrimaryKeyConstraint("lane", name=op.f("coverage_pkey")),
    )
    op.create_table(
        "desk_job",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column(
            "requested_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "input",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="What the job works on; the form depends on the kind.",
        ),
        sa.Column(
            "started_at", sa.DateTime(timezone=True), nullable=True, comment="When a run last started it."
        ),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total", sa.Integer(), nullable=True, comment="How much there is to do, where known."),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "outcome",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="The result; the form depends on the kind.",
        ),
        sa.Column("failure", sa.Text(), server_default="", nullable=False, comment="Why the job failed."),
        sa.CheckConstraint(
            "(outcome IS NULL AND failure = '') = (finished_at IS NULL)", name=op.f("desk_job_outcome_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("desk_job_pkey")),
    )
    op.create_index(op.f("desk_job_lane_id_idx"), "desk_job", ["lane", "id"], unique=False)
    op.create_table(
        "installation",
        sa.Column("one", sa.Boolean(), server_default="true", nullable=False),
        sa.Column(
            "id",
            sa.Text(),
            nullable=False,
            comment="This ledger's own, or the name that the deployment gave.",
        ),
        sa.Column(
            "place", sa.Text(), nullable=False, comment="Where these tables are: other ones after a restore."
        ),
        sa.Column(
            "settled_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="Since when they are here.",
        ),
        sa.CheckConstraint("one", name=op.f("installation_one_check")),
        sa.PrimaryKeyConstraint("one", name=op.f("installation_pkey")),
    )
    op.create_table(
        "mapping_rule",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("store", sa.Text(), nullable=False, comment="The store's text, pattern or SKU."),
        sa.Column("match", sa.Text(), nullable=True, comment="How the text of a ship method is compared."),
        sa.Column(
            "position", sa.Integer(), server_default="0", nullable=False, comment="The order of patterns."
        ),
        sa.Column(
            "target",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="The warehouse's method, or its items with quantities.",
        ),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=True, comment="Null: from ever."),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True, comment="Null: for ever."),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "made_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column(
            "ended_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When another version took over, or it was dropped.",
        ),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'ship_method') = (match IS NOT NULL)", name=op.f("mapping_rule_match_check")
        ),
        sa.CheckConstraint(
            "jsonb_typeof(target) = CASE kind WHEN 'sku' THEN 'array' ELSE 'object' END",
            name=op.f("mapping_rule_target_check"),
        ),
        sa.CheckConstraint("kind IN ('ship_method', 'sku')", name=op.f("mapping_rule_kind_check")),
        sa.CheckConstraint(
            "match IN ('exact', 'normalised', 'pattern')", name=op.f("mapping_rule_match_word_check")
        ),
        sa.CheckConstraint("store <> '' AND author <> ''", name=op.f("mapping_rule_named_check")),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name=op.f("mapping_rule_ended_check")),
        sa.CheckConstraint("valid_from < valid_until", name=op.f("mapping_rule_valid_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("mapping_rule_pkey")),
    )
    op.create_index(
        op.f("mapping_rule_lane_kind_store_id_idx"),
        "mapping_rule",
        ["lane", "kind", "store", "id"],
        unique=False,
    )
    op.create_index(
        "mapping_rule_standing_idx",
        "mapping_rule",
        ["lane", "id"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "paused_push",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("reasons", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("compared", sa.Integer(), nullable=False),
        sa.Column("zeroed", sa.Integer(), nullable=False),
        sa.Column("swung", sa.Integer(), nullable=False),
        sa.Column(
            "suspects",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Each suspicious entry: catalog_id, option (its SKU, folded), sku, before, after.",
        ),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column(
            "opened_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "revised_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="When its reasons or suspects last changed.",
        ),
        sa.Column(
            "revision",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="Counts the changes of its reasons or suspects; a decision is about one revision.",
        ),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("decision IN ('approve', 'refuse')", name=op.f("paused_push_decision_check")),
        sa.CheckConstraint(
            "reasons <@ ARRAY['empty', 'stale', 'zeroed', 'swung']::text[]",
            name=op.f("paused_push_known_reasons_check"),
        ),
        sa.CheckConstraint(
            "(decision IS NULL) = (decided_by IS NULL) AND (decision IS NULL) = (decided_at IS NULL)",
            name=op.f("paused_push_decided_check"),
        ),
        sa.CheckConstraint("cardinality(reasons) > 0", name=op.f("paused_push_reasons_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("paused_push_pkey")),
    )
    op.create_index(
        "paused_push_open_key",
        "paused_push",
        ["lane"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "reading",
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column(
            "query", sa.Text(), nullable=False, comment="Which list is being read: its kind and its bounds."
        ),
        sa.Column("last_id", sa.BigInteger(), nullable=False, comment="The last OrderID that was committed."),
        sa.Column("offset", sa.BigInteger(), nullable=False, comment="Where that row stood in the list."),
        sa.Column(
            "total", sa.BigInteger(), nullable=True, comment="How long the list was, where it was counted."
        ),
        sa.Column(
            "begun_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "moved_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("lane", "query", name=op.f("reading_pkey")),
    )
    op.create_table(
        "ship_method_offer",
        sa.Column(
            "account", sa.Text(), nullable=False, comment="The warehouse account, as in the catalogue."
        ),
        sa.Column(
            "methods",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Its carriers and services.",
        ),
        sa.Column(
            "read_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("account", name=op.f("ship_method_offer_pkey")),
    )
    op.create_table(
        "stock_level",
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False, comment="As the warehouse spells it."),
        sa.Column("on_hand", sa.Numeric(), nullable=False),
        sa.Column("available", sa.Numeric(), nullable=False),
        sa.Column("allocated", sa.Numeric(), nullable=False),
        sa.Column("on_hold", sa.Numeric(), nullable=False),
        sa.Column("ordered_not_allocated", sa.Numeric(), nullable=False),
        sa.Column(
            "number",
            sa.BigInteger(),
            nullable=False,
            comment="The last reading that named it. Older than the last complete reading means that none is left.",
        ),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("lane", "sku", name=op.f("stock_level_pkey")),
    )
    op.create_table(
        "stock_listed",
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("shipment_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sku", sa.Text(), nullable=False, comment="As the store has it."),
        sa.Column("quantity", sa.Numeric(), nullable=False),
        sa.Column(
            "listed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("lane", "order_id", "shipment_id", "sku", name=op.f("stock_listed_pkey")),
        comment="The open orders that a lane's store last listed, for lanes sharing stock.",
    )
    op.create_table(
        "stock_push",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column(
            "everything", sa.Boolean(), nullable=False, comment="Every stock is written, changed or not."
        ),
        sa.Column("compared", sa.Integer(), nullable=False),
        sa.Column(
            "began_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "lease_until",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="No other run pushes before then.",
        ),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("abandoned", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("stock_push_pkey")),
    )
    op.create_index(op.f("stock_push_lane_began_at_idx"), "stock_push", ["lane", "began_at"], unique=False)
    op.create_index(
        "stock_push_open_key",
        "stock_push",
        ["lane"],
        unique=True,
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_index(op.f("stock_push_run_id_idx"), "stock_push", ["run_id"], unique=False)
    op.create_table(
        "stock_reading",
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False, comment="Counts the lane's readings."),
        sa.Column(
            "began_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="Before the first request left: what the warehouse had acknowledged by then is in the figures.",
        ),
        sa.Column(
            "as_of",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="The time of the figures by the warehouse's clock; null where it does not say.",
        ),
        sa.Column(
            "went_back",
            sa.Boolean(),
            nullable=False,
            comment="These figures are older than the ones before them.",
        ),
        sa.Column("skus", sa.Integer(), nullable=False, comment="How many SKUs the response named."),
        sa.Column(
            "finished_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("lane", name=op.f("stock_reading_pkey")),
        comment="The last complete reading of a lane's warehouse.",
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
        "task_run",
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False, comment="A stage, or a section of the preflight."),
        sa.Column(
            "first_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="When it was first heard of.",
        ),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When a live run last began it; backfills do not count.",
        ),
        sa.Column(
            "succeeded_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When any run last ended it well.",
        ),
        sa.PrimaryKeyConstraint("lane", "task", name=op.f("task_run_pkey")),
    )
    op.create_table(
        "alert_delivery",
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False, comment="Its kind and its connection."),
        sa.Column(
            "claimed_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="A process sends until then; null when none does.",
        ),
        sa.Column(
            "alerted_at", sa.DateTime(timezone=True), nullable=True, comment="When the channel last took it."
        ),
        sa.Column(
            "times",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="How often the channel took it.",
        ),
        sa.Column("mark", sa.BigInteger(), nullable=True, comment="The alert's mark when it was last told."),
        sa.Column(
            "resolved_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the channel was told that it is over.",
        ),
        sa.Column(
            "error", sa.Text(), server_default="", nullable=False, comment="Why the last attempt failed."
        ),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alert.id"], name=op.f("alert_delivery_alert_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("alert_id", "channel", name=op.f("alert_delivery_pkey")),
    )
    op.create_index(
        "alert_delivery_unended_idx",
        "alert_delivery",
        ["alert_id"],
        unique=False,
        postgresql_where=sa.text("resolved_at IS NULL"),
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
        sa.Column(
            "watched_to",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Changes in the store were read up to here, by the database's clock.",
        ),
        sa.Column(
            "watch_claimed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When a run took that reading on; null when none is under way.",
        ),
        sa.Column(
            "cutover_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the owner said which orders the old system keeps.",
        ),
        sa.Column("shipments_cursor", sa.Text(), server_default="", nullable=False),
        sa.Column("shipments_polled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "quarantined_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="What was placed before may be at the warehouse unknown to the ledger: asked for before it is sent.",
        ),
        sa.Column(
            "quarantined_since",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="What happened outside since then may be unknown; null: anything may.",
        ),
        sa.Column(
            "surveyed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When store and warehouse were searched for what is unknown.",
        ),
        sa.Column(
            "quarantine_ended_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the first full sweep since the doubt was settled.",
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("lane_state_store_id_fkey")),
        sa.PrimaryKeyConstraint("lane", name=op.f("lane_state_pkey")),
    )
    op.create_table(
        "required_action",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("cause_id", sa.BigInteger(), nullable=True),
        sa.Column("paused_push_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "opening",
            sa.Integer(),
            nullable=False,
            comment="Which opening of the cause, or which revision of the paused push.",
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When Airflow accepted its run; null means not yet.",
        ),
        sa.Column(
            "offers",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="The mappings to choose from; null until the form is shown.",
        ),
        sa.Column("decision", sa.Text(), nullable=True, comment="The option that a person chose."),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True, comment="The result."),
        sa.Column(
            "orders",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Orders that the decision skipped or held.",
        ),
        sa.CheckConstraint(
            "outcome IN ('approved', 'fixed_elsewhere', 'held', 'left', 'mapped', 'refused', 'skipped', 'undecided')",
            name=op.f("required_action_outcome_check"),
        ),
        sa.CheckConstraint(
            "(decision IS NULL) = (decided_by IS NULL)", name=op.f("required_action_decided_check")
        ),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (outcome IS NULL)", name=op.f("required_action_settled_check")
        ),
        sa.CheckConstraint(
            "num_nonnulls(cause_id, paused_push_id) = 1", name=op.f("required_action_subject_check")
        ),
        sa.ForeignKeyConstraint(["cause_id"], ["cause.id"], name=op.f("required_action_cause_id_fkey")),
        sa.ForeignKeyConstraint(
            ["paused_push_id"], ["paused_push.id"], name=op.f("required_action_paused_push_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("required_action_pkey")),
        sa.UniqueConstraint("cause_id", "opening", name=op.f("required_action_cause_id_opening_key")),
        sa.UniqueConstraint(
            "paused_push_id", "opening", name=op.f("required_action_paused_push_id_opening_key")
        ),
    )
    op.create_index(
        "required_action_open_idx",
        "required_action",
        ["lane", "id"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NULL"),
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
        sa.Column(
            "intake_hash",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="Stands for the lane's rules by which the copy was taken in.",
        ),
        sa.Column(
            "seen_hash",
            sa.Text(),
            nullable=True,
            comment="Hash of the store's present copy where it is not the one that was sent; null if it is.",
        ),
        sa.Column(
            "left_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When it was left to the old system, for good; never imported.",
        ),
        sa.Column("amount", sa.Numeric(), nullable=False),
        sa.Column(
            "document",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="The translated order: no card data.",
        ),
        sa.Column(
            "posted_status", sa.Integer(), nullable=True, comment="The status that we last told the store."
        ),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=True),
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
        sa.CheckConstraint(
            "(posted_status IS NULL) = (posted_at IS NULL)", name=op.f("sales_order_posted_check")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("sales_order_store_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("sales_order_pkey")),
        sa.UniqueConstraint("store_id", "order_id", name=op.f("sales_order_store_id_order_id_key")),
    )
    op.create_index(
        "sales_order_customer_idx",
        "sales_order",
        ["store_id", sa.literal_column("lower(document ->> 'email')"), "ordered_at"],
        unique=False,
    )
    op.create_index(
        "sales_order_email_idx",
        "sales_order",
        ["lane", sa.literal_column("lower(document ->> 'email')")],
        unique=False,
        postgresql_where=sa.text("document ->> 'email' <> ''"),
    )
    op.create_index(
        "sales_order_invoice_idx",
        "sales_order",
        ["lane", sa.literal_column("lower(invoice) text_pattern_ops")],
        unique=False,
    )
    op.create_index(
        op.f("sales_order_lane_ordered_at_idx"), "sales_order", ["lane", "ordered_at"], unique=False
    )
    op.create_index(
        op.f("sales_order_lane_posted_status_id_idx"),
        "sales_order",
        ["lane", "posted_status", "id"],
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
        "sales_order_personal_idx",
        "sales_order",
        ["lane", "created_at"],
        unique=False,
        postgresql_where=sa.text("document <> '{}'"),
    )
    op.create_index(
        "sales_order_unverified_idx",
        "sales_order",
        ["lane", "id"],
        unique=False,
        postgresql_where=sa.text("posted_at > coalesce(verified_at, '-infinity')"),
    )
    op.create_table(
        "stock_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("push_id", sa.BigInteger(), nullable=False),
        sa.Column("catalog_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "code", sa.Text(), nullable=False, comment="The combination of options; empty for the product."
        ),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column(
            "before",
            sa.Numeric(),
            nullable=True,
            comment="What the store showed; null where that was no longer known.",
        ),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column(
            "intent_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('not_sent', 'refused', 'unknown', 'written')",
            name=op.f("stock_change_outcome_check"),
        ),
        sa.CheckConstraint(
            "(outcome IS NULL) = (finished_at IS NULL)", name=op.f("stock_change_finished_check")
        ),
        sa.CheckConstraint("value >= 0", name=op.f("stock_change_value_check")),
        sa.ForeignKeyConstraint(
            ["push_id"], ["stock_push.id"], name=op.f("stock_change_push_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("stock_change_pkey")),
    )
    op.create_index(op.f("stock_change_push_id_id_idx"), "stock_change", ["push_id", "id"], unique=False)
    op.create_table(
        "store_status",
        sa.Column("store_id", sa.SmallInteger(), nullable=False),
        sa.Column("status_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("definition", sa.Text(), nullable=False, comment="The system's name."),
        sa.Column("label", sa.Text(), nullable=False, comment="The merchant's name; may change at any time."),
        sa.Column("visible", sa.Boolean(), nullable=False),
        sa.Column(
            "read_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("store_status_store_id_fkey")),
        sa.PrimaryKeyConstraint("store_id", "status_id", name=op.f("store_status_pkey")),
    )
    op.create_table(
        "store_trait",
        sa.Column("store_id", sa.SmallInteger(), nullable=False),
        sa.Column("trait", sa.Text(), nullable=False),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.Column(
            "order_id", sa.BigInteger(), nullable=False, comment="The store's order on which it was seen."
        ),
        sa.Column(
            "learned_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("store_trait_store_id_fkey")),
        sa.PrimaryKeyConstraint("store_id", "trait", name=op.f("store_trait_pkey")),
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
        sa.Column(
            "rules_hash",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="Stands for the mappings and rules by which the request was made.",
        ),
        sa.Column(
            "adopted_as",
            sa.Text(),
            nullable=True,
            comment="The old system's reference, where it was at the warehouse before us.",
        ),
        sa.Column("remote_id", sa.Text(), nullable=True),
        sa.Column("remote_etag", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "posted_tracking",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="The tracking text that the store has.",
        ),
        sa.Column(
            "absent_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the warehouse was last asked for it and did not have it.",
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
        "fulfillment_order_acknowledged_idx",
        "fulfillment_order",
        ["lane", "state_since"],
        unique=False,
        postgresql_where=sa.text("state = 'acknowledged'"),
    )
    op.create_index(
        "fulfillment_order_adopted_key",
        "fulfillment_order",
        ["lane", sa.literal_column("lower(adopted_as)")],
        unique=True,
        postgresql_where=sa.text("adopted_as IS NOT NULL AND superseded_at IS NULL"),
    )
    op.create_index(
        "fulfillment_order_adopted_remote_idx",
        "fulfillment_order",
        ["lane", "remote_id"],
        unique=False,
        postgresql_where=sa.text("adopted_as IS NOT NULL AND superseded_at IS NULL"),
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
        op.f("fulfillment_order_lane_created_at_id_idx"),
        "fulfillment_order",
        ["lane", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("fulfillment_order_lane_remote_id_idx"),
        "fulfillment_order",
        ["lane", "remote_id"],
        unique=False,
        postgresql_where=sa.text("remote_id IS NOT NULL"),
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
        "fulfillment_order_moved_idx",
        "fulfillment_order",
        ["store_id", "state_since"],
        unique=False,
        postgresql_where=sa.text("state IN ('acknowledged', 'partially_shipped', 'shipped')"),
    )
    op.create_index(
        op.f("fulfillment_order_sales_order_id_idx"), "fulfillment_order", ["sales_order_id"], unique=False
    )
    op.create_index(
        "fulfillment_order_standing_idx",
        "fulfillment_order",
        ["lane", "state", "state_since"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
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
    op.create_index(
        "event_payload_idx",
        "event",
        ["at"],
        unique=False,
        postgresql_where=sa.text("kind = 'shadow_payload' AND detail ? 'payload'"),
    )
    op.create_index(op.f("event_run_id_id_idx"), "event", ["run_id", "id"], unique=False)
    op.create_index(op.f("event_sales_order_id_id_idx"), "event", ["sales_order_id", "id"], unique=False)
    op.create_index(
        "event_stock_idx",
        "event",
        ["lane", "id"],
        unique=False,
        postgresql_where=sa.text("kind IN ('push_paused', 'push_decided', 'push_pause_over')"),
    )
    op.create_index(
        "event_throughput_idx",
        "event",
        ["lane", "to_state", "at"],
        unique=False,
        postgresql_where=sa.text("to_state IN ('acknowledged', 'shipped')"),
    )
    op.create_table(
        "exception",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("sales_order_id", sa.BigInteger(), nullable=False),
        sa.Column("fulfillment_order_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("choices", sa.ARRAY(sa.Text()), nullable=False, comment="What a person may answer."),
        sa.Column(
            "remote_id", sa.Text(), server_default="", nullable=False, comment="The warehouse's number."
        ),
        sa.Column(
            "before",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="What was sent, or what was so before.",
        ),
        sa.Column(
            "after",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="What the other side says now.",
        ),
        sa.Column(
            "opened_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True, comment="The choice that a person made."),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_reason", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "ended_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When what it was about was over; until then it is not asked again.",
        ),
        sa.Column("listed_in", sa.Text(), nullable=True, comment="The run whose log listed it first."),
        sa.CheckConstraint(
            "(decision IS NULL) = (decided_by IS NULL) AND (decision IS NULL) = (decided_at IS NULL)",
            name=op.f("exception_decided_check"),
        ),
        sa.CheckConstraint("cardinality(choices) > 0", name=op.f("exception_choices_check")),
        sa.CheckConstraint(
            "decision IS NULL OR decision = ANY(choices)", name=op.f("exception_decision_check")
        ),
        sa.CheckConstraint("ended_at IS NULL OR closed_at IS NOT NULL", name=op.f("exception_ended_check")),
        sa.ForeignKeyConstraint(
            ["fulfillment_order_id"],
            ["fulfillment_order.id"],
            name=op.f("exception_fulfillment_order_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["sales_order_id"], ["sales_order.id"], name=op.f("exception_sales_order_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("exception_pkey")),
    )
    op.create_index(
        op.f("exception_fulfillment_order_id_id_idx"),
        "exception",
        ["fulfillment_order_id", "id"],
        unique=False,
    )
    op.create_index(
        "exception_open_idx",
        "exception",
        ["lane", "id"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        "exception_present_key",
        "exception",
        ["sales_order_id", sa.literal_column("coalesce(fulfillment_order_id, 0)"), "kind"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
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
        "hold",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("fulfillment_order_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "source",
            sa.Text(),
            nullable=False,
            comment="A person, a rule of the lane, or a likely duplicate.",
        ),
        sa.Column("rule", sa.Text(), server_default="", nullable=False, comment="The rule's name."),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False, comment="Who is to look at it."),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False, comment="When it ends by itself."),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column(
            "placed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.CheckConstraint("(source = 'rule') = (rule <> '')", name=op.f("hold_rule_has_name_check")),
        sa.CheckConstraint("reason <> ''", name=op.f("hold_reason_check")),
        sa.CheckConstraint("source IN ('duplicate', 'person', 'rule')", name=op.f("hold_source_check")),
        sa.CheckConstraint("(released_at IS NULL) = (released_by IS NULL)", name=op.f("hold_released_check")),
        sa.ForeignKeyConstraint(
            ["fulfillment_order_id"], ["fulfillment_order.id"], name=op.f("hold_fulfillment_order_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("hold_pkey")),
    )
    op.create_index(
        op.f("hold_fulfillment_order_id_id_idx"), "hold", ["fulfillment_order_id", "id"], unique=False
    )
    op.create_index(
        "hold_once_key",
        "hold",
        ["fulfillment_order_id", "source", "rule"],
        unique=True,
        postgresql_where=sa.text("source <> 'person'"),
    )
    op.create_index(
        "hold_open_idx", "hold", ["lane", "id"], unique=False, postgresql_where=sa.text("released_at IS NULL")
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
            "(kind IN ('comment', 'shipment', 'tracking')) = (fulfillment_order_id IS NOT NULL)",
            name=op.f("post_back_tracking_has_order_check"),
        ),
        sa.CheckConstraint(
            "kind IN ('comment', 'processing', 'shipment', 'status', 'tracking')",
            name=op.f("post_back_kind_check"),
        ),
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
            "lines",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
            comment="What it held, by line.",
        ),
        sa.Column(
            "names",
            sa.ARRAY(sa.Text()),
            server_default="{}",
            nullable=False,
            comment="What it may belong to.",
        ),
        sa.Column(
            "digest", sa.Text(), server_default="", nullable=False, comment="Of all that was said of it."
        ),
        sa.Column(
            "first_seen_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column(
            "checked_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When its last change was held against its order; null means not yet.",
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
    op.create_index(
        "shipment_unchecked_idx",
        "shipment",
        ["lane", "fulfillment_order_id"],
        unique=False,
        postgresql_where=sa.text("checked_at IS NULL AND fulfillment_order_id IS NOT NULL"),
    )
    op.create_index(
        "shipment_unmatched_idx",
        "shipment",
        ["lane", "id"],
        unique=False,
        postgresql_where=sa.text("fulfillment_order_id IS NULL"),
    )
    op.create_index(
        "shipment_unmatched_names_idx",
        "shipment",
        ["names"],
        unique=False,
        postgresql_using="gin",
        postgresql_where=sa.text("fulfillment_order_id IS NULL"),
    )
    op.create_index(
        "shipment_unmatched_remote_idx",
        "shipment",
        ["lane", "remote_id"],
        unique=False,
        postgresql_where=sa.text("fulfillment_order_id IS NULL"),
    )
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
        sa.Column(
            "response_status",
            sa.Integer(),
            nullable=True,
            comment="The HTTP status of the warehouse's answer, where it has one.",
        ),
        sa.Column(
            "response",
            sa.Text(),
            nullable=True,
            comment="What it answered; cut, no secrets, no card data. Null: nothing came.",
        ),
        sa.Column(
            "found",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="The orders that it showed when asked what became of this attempt.",
        ),
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
    op.create_index(
        "transfer_payload_idx",
        "transfer",
        ["finished_at"],
        unique=False,
        postgresql_where=sa.text("request <> '{}'"),
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
            "former",
            sa.ARRAY(sa.Text()),
            server_default="{}",
            nullable=False,
            comment="Numbers that it had before.",
        ),
        sa.Column(
            "carrier_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the carrier took it over, as far as the warehouse tells.",
        ),
        sa.Column(
            "voided_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the warehouse no longer had it.",
        ),
        sa.Column(
            "intended_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Since when the store may have it; null again once it surely has not.",
        ),
        sa.Column(
            "posted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the store was told this number; null again once it was removed.",
        ),
        sa.Column("posted_in", sa.Text(), nullable=True, comment="Where the store was told it."),
        sa.Column(
            "store_shipment_id",
            sa.BigInteger(),
            nullable=True,
            comment="The store's shipment that was created for it.",
        ),
        sa.Column(
            "unfit_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the store's field was found to have no room for it.",
        ),
        sa.CheckConstraint(
            "posted_in IN ('comment', 'field', 'shipment')", name=op.f("package_posted_in_check")
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
        postgresql_where=sa.text("posted_at IS NULL AND unfit_at IS NULL AND voided_at IS NULL"),
    )
    op.create_index(
        "package_withdrawn_idx",
        "package",
        ["shipment_id"],
        unique=False,
        postgresql_where=sa.text("intended_at IS NOT NULL AND voided_at IS NOT NULL"),
    )
