"""Sales orders, fulfillment orders and their lines."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from cartage.db.schema.base import NOW, TIME, metadata, one_of, warehouse_column
from cartage.model.orders import RoutingChoice
from cartage.model.states import AT_WAREHOUSE, State

# An index refuses values of more than some 2,700 bytes, and with it the whole page of orders. Statements that use an
# index on a text of the store compare its beginning, with these expressions.
EMAIL = "lower(left(document ->> 'email', 254))"
INVOICE = "lower(left(invoice, 100))"
INVOICE_DIGITS = "substring(left(invoice, 100), '[0-9]+$')"
PLACED = "coalesce(ordered_at, created_at)"
LINE_SKU = "lower(left(sku, 100))"
METHOD = "lower(left(ship_method, 100))"
COUNTRY = "left(ship_to ->> 'country', 60)"
# The parts of a name or an e-mail address: see base.py.
SEARCH_GRAMS = "search_grams(search_text(document))"
# A fulfillment order that another one may be a duplicate of.
MAY_BE_DUPLICATED = (
    "superseded_at IS NULL AND state NOT IN ('cancelled', 'skipped', 'rejected') AND likeness <> ''"
)

sales_order = Table(
    "sales_order",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("store_id", SmallInteger, ForeignKey("store.id"), nullable=False),
    Column("order_id", BigInteger, nullable=False),
    Column(
        "lane", Text, nullable=False, comment="The lane that imported it; another lane's copy is a conflict."
    ),
    Column("invoice", Text, nullable=False),
    Column("status_id", Integer, nullable=False, comment="The store's status when last read."),
    Column("ordered_at", TIME),
    Column("read_at", TIME, nullable=False, comment="When the request that returned this copy was sent."),
    Column(
        "status_read_at",
        TIME,
        comment="When the request that returned the status alone was sent; null if never. The later of the two counts.",
    ),
    Column("content_hash", Text, nullable=False),
    Column(
        "intake_hash",
        Text,
        nullable=False,
        server_default="",
        comment="Hash of the lane's rules with which the copy was imported.",
    ),
    Column(
        "seen_hash",
        Text,
        comment="Hash of the store's current copy if it differs from the one that was sent; else null.",
    ),
    Column("left_at", TIME, comment="When it was left to the old system; never imported."),
    Column("amount", Numeric, nullable=False),
    Column("document", JSONB, nullable=False, comment="The translated order, without card data."),
    Column("purged_at", TIME, comment="When retention deleted its personal data; null while it has them."),
    Column("posted_status", Integer, comment="The status that was last posted to the store."),
    Column("posted_at", TIME),
    Column(
        "verified_at", TIME, comment="When a read-back showed that the store had left the earlier status."
    ),
    Column("person_status", Integer, comment="A status that a person set; none is written while it stands."),
    Column("lease_owner", Text),
    Column("lease_until", TIME),
    Column("created_at", TIME, nullable=False, server_default=NOW),
    UniqueConstraint("store_id", "order_id"),
    CheckConstraint("(lease_owner IS NULL) = (lease_until IS NULL)", name="lease"),
    CheckConstraint("(posted_status IS NULL) = (posted_at IS NULL)", name="posted"),
    Index(None, "lane", "posted_status", "id"),
    # How many orders the ledger has in the import status: for the lookout.
    Index(
        "sales_order_unposted_idx", "store_id", "status_id", postgresql_where=text("posted_status IS NULL")
    ),
    Index("sales_order_purge_idx", "lane", "created_at", postgresql_where=text("purged_at IS NULL")),
    Index("sales_order_lease_idx", "lease_owner", postgresql_where=text("lease_owner IS NOT NULL")),
    # People search by the beginning of the order number, or by the complete e-mail address.
    Index("sales_order_invoice_idx", "lane", text(f"{INVOICE} text_pattern_ops")),
    Index(
        "sales_order_email_idx",
        "lane",
        text(f"({EMAIL})"),
        postgresql_where=text("document ->> 'email' <> ''"),
    ),
    Index(
        "sales_order_unverified_idx",
        "lane",
        "id",
        postgresql_where=text("posted_at > coalesce(verified_at, '-infinity')"),
    ),
    # Orders with personal data, oldest first: for retention.
    Index("sales_order_personal_idx", "lane", "created_at", postgresql_where=text("document <> '{}'")),
    # People read the number without the prefix that the store puts before it.
    Index("sales_order_digits_idx", "lane", text(f"({INVOICE_DIGITS})")),
    Index(
        "sales_order_search_idx",
        text(SEARCH_GRAMS),
        postgresql_using="gin",
        # A short list of what is not in the index yet, in kB: each search reads all of it.
        postgresql_with={"gin_pending_list_limit": 512},
    ),
    # The order list, by the time placed and by amount.
    Index("sales_order_placed_idx", "lane", text(f"({PLACED})"), "id"),
    Index(None, "lane", "amount", "id"),
    # Orders placed in the last days.
    Index(None, "lane", "ordered_at"),
    # A customer's other orders: to find the first one.
    Index("sales_order_customer_idx", "store_id", text(f"({EMAIL})"), "ordered_at", "order_id"),
)

fulfillment_order = Table(
    "fulfillment_order",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("sales_order_id", BigInteger, ForeignKey("sales_order.id"), nullable=False, index=True),
    Column("store_id", SmallInteger, ForeignKey("store.id"), nullable=False),
    Column("order_id", BigInteger, nullable=False),
    Column("shipment_id", BigInteger, nullable=False, comment="The store's ShipmentID; 0 is valid."),
    Column(
        "part",
        SmallInteger,
        nullable=False,
        server_default="0",
        comment="Which share of the ship-to group it is, where several warehouses fill it.",
    ),
    Column("generation", SmallInteger, nullable=False, server_default="0"),
    Column("lane", Text, nullable=False),
    warehouse_column(),
    Column("reference", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("state_since", TIME, nullable=False, server_default=NOW),
    Column("reason", Text, nullable=False, server_default=""),
    Column("cause_ids", ARRAY(BigInteger), nullable=False, server_default="{}"),
    Column("held_until", TIME),
    Column("cancel_wanted_at", TIME),
    Column("lease_owner", Text),
    Column("lease_until", TIME),
    Column("ship_method", Text, nullable=False, comment="The store's text."),
    Column("ship_to", JSONB, nullable=False),
    Column(
        "corrected_by",
        Text,
        comment="Who corrected its address or ship method here; null: both are the store's.",
    ),
    Column("correction_due_at", TIME, comment="When a correction was made that the store is still to get."),
    Column(
        "written_corrections",
        JSONB,
        nullable=False,
        server_default="[]",
        comment="Addresses and ship methods that were written to the store, or were about to be, the oldest first.",
    ),
    Column(
        "likeness",
        Text,
        nullable=False,
        server_default="",
        comment="Digest of customer, address and lines, equal for possible duplicates; empty: not compared.",
    ),
    Column("request", JSONB, comment="The request that validation prepared."),
    Column(
        "rules_hash",
        Text,
        nullable=False,
        server_default="",
        comment="Hash of the mappings and rules with which the request was prepared.",
    ),
    Column("adopted_as", Text, comment="The old system's reference, if that system sent the order."),
    Column("remote_id", Text),
    Column("remote_etag", Text, nullable=False, server_default=""),
    Column(
        "posted_tracking",
        Text,
        nullable=False,
        server_default="",
        comment="The tracking text in the store.",
    ),
    Column(
        "posted_methods",
        ARRAY(Text),
        nullable=False,
        server_default="{}",
        comment="Ship methods that Cartage wrote to the store, or found there as its own.",
    ),
    Column(
        "confirmed_at",
        TIME,
        comment="When the warehouse first said that it has it, if it said so other than by a response.",
    ),
    Column(
        "confirmed_as",
        Text,
        nullable=False,
        server_default="",
        comment="The warehouse's own number of it, as it said then.",
    ),
    Column("absent_at", TIME, comment="When the warehouse was last asked for it and did not have it."),
    Column(
        "routing_choice",
        Text,
        nullable=False,
        server_default="",
        comment="What a person chose if no warehouse has all of it; empty: it waits.",
    ),
    Column(
        "superseded_at",
        TIME,
        comment="When a later generation replaced it, or other parts took over its lines.",
    ),
    Column("created_at", TIME, nullable=False, server_default=NOW),
    UniqueConstraint(
        "store_id", "order_id", "shipment_id", "part", "generation", name="fulfillment_order_generation_key"
    ),
    Index(
        "fulfillment_order_live_key",
        "store_id",
        "order_id",
        "shipment_id",
        "part",
        unique=True,
        postgresql_where=text("superseded_at IS NULL"),
    ),
    Index(None, "lane", "state", "id"),
    # Orders that an order may be a duplicate of. One that will not ship is no duplicate.
    Index(
        "fulfillment_order_likeness_idx",
        "store_id",
        "likeness",
        "order_id",
        postgresql_where=text(MAY_BE_DUPLICATED),
    ),
    Index(
        "fulfillment_order_correction_idx",
        "lane",
        "id",
        postgresql_where=text("correction_due_at IS NOT NULL"),
    ),
    # Orders that the warehouse accepted lately may match a shipment that has no order yet.
    Index(
        "fulfillment_order_acknowledged_idx",
        "lane",
        "state_since",
        postgresql_where=text("state = 'acknowledged'"),
    ),
    # Orders that the warehouse accepted or changed since its stock was read.
    Index(
        "fulfillment_order_moved_idx",
        "store_id",
        "state_since",
        postgresql_where=text(one_of("state", AT_WAREHOUSE)),
    ),
    # The number of orders in a state and the age of the oldest, without reading the rows.
    Index(
        "fulfillment_order_standing_idx",
        "lane",
        "state",
        "state_since",
        postgresql_where=text("superseded_at IS NULL"),
    ),
    Index(None, "lane", "created_at", "id"),
    # People filter by these. Few different values: PostgreSQL keeps such indexes small.
    Index("fulfillment_order_country_idx", "lane", text(f"({COUNTRY})")),
    Index("fulfillment_order_method_idx", text(METHOD), "lane"),
    # Each warehouse has numbers of its own.
    Index(None, "lane", "remote_id", "warehouse", postgresql_where=text("remote_id IS NOT NULL")),
    # Warehouses ignore letter case in references.
    Index(
        "fulfillment_order_adopted_key",
        "lane",
        text("lower(adopted_as)"),
        "warehouse",
        unique=True,
        postgresql_where=text("adopted_as IS NOT NULL AND superseded_at IS NULL"),
    ),
    Index(
        "fulfillment_order_cause_ids_idx",
        "cause_ids",
        postgresql_using="gin",
        postgresql_where=text("state = 'blocked'"),
    ),
    CheckConstraint(one_of("state", State), name="state"),
    CheckConstraint("part >= 0", name="part"),
    CheckConstraint(one_of("routing_choice", RoutingChoice), name="routing_choice"),
    CheckConstraint("reference ~ '^[A-Z0-9_]{5,22}$'", name="reference"),
    CheckConstraint("state <> 'blocked' OR cardinality(cause_ids) > 0", name="blocked_has_cause"),
    CheckConstraint("state <> 'held' OR (held_until IS NOT NULL AND reason <> '')", name="held_has_until"),
    CheckConstraint(
        "state NOT IN ('skipped', 'rejected', 'conflict') OR reason <> ''", name="stop_has_reason"
    ),
    CheckConstraint("(lease_owner IS NULL) = (lease_until IS NULL)", name="lease"),
    CheckConstraint("state <> 'sending' OR lease_owner IS NOT NULL", name="sending_has_lease"),
    CheckConstraint("state NOT IN ('ready', 'sending') OR request IS NOT NULL", name="ready_has_request"),
    CheckConstraint(
        f"NOT ({one_of('state', AT_WAREHOUSE)}) OR remote_id IS NOT NULL", name="present_has_remote_id"
    ),
)

fulfillment_line = Table(
    "fulfillment_line",
    metadata,
    Column(
        "fulfillment_order_id",
        BigInteger,
        ForeignKey("fulfillment_order.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("position", Integer, primary_key=True),
    Column("line_id", BigInteger, nullable=False, comment="The store's ItemIndexID."),
    Column("sku", Text, nullable=False),
    Column("quantity", Numeric, nullable=False),
    Column("description", Text, nullable=False),
    Column(
        "options",
        JSONB,
        nullable=False,
        server_default="[]",
        comment="What the buyer chose or wrote for it: titles and values.",
    ),
    CheckConstraint("quantity > 0", name="quantity"),
    Index("fulfillment_line_sku_idx", text(f"{LINE_SKU} text_pattern_ops"), "fulfillment_order_id"),
)
