"""What reports are made of: facts of each order, and their totals by day. All of it is derived, and can be rebuilt."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from cartage.db.schema.base import NOW, TIME, metadata, warehouse_column


def _counted_column() -> Column[str]:
    """Return the column that says of which of a lane's several warehouses something is."""
    return Column(
        "warehouse",
        Text,
        primary_key=True,
        server_default="",
        comment="One of the lane's several warehouses; empty: the whole lane.",
    )


report_progress = Table(
    "report_progress",
    metadata,
    Column("singleton", Boolean, primary_key=True, server_default="true"),
    Column("event_id", BigInteger, nullable=False, comment="Events up to this one are counted."),
    Column("read_to", TIME, nullable=False, comment="Shipments and packages changed before are counted."),
    Column("refreshed_at", TIME, nullable=False, server_default=NOW, comment="The figures are as of then."),
    CheckConstraint("singleton", name="singleton"),
)

report_lane = Table(
    "report_lane",
    metadata,
    Column("lane", Text, primary_key=True),
    Column("rules", Text, nullable=False, comment="Digest of the settings with which its days were counted."),
    Column("time_zone", Text, nullable=False, comment="The store's time zone, in which its days begin."),
)

report_carrier = Table(
    "report_carrier",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("name", Text, nullable=False, unique=True, comment="As the warehouse writes it; shortened."),
)

report_order = Table(
    "report_order",
    metadata,
    Column(
        "fulfillment_order_id",
        BigInteger,
        ForeignKey("fulfillment_order.id", ondelete="CASCADE"),
        primary_key=True,
        comment="Of an order that several warehouses ship: its first part.",
    ),
    Column(
        "of_warehouse",
        Boolean,
        primary_key=True,
        server_default="true",
        comment="It counts for its warehouse. The row of an order that several ship as a whole does not.",
    ),
    Column(
        "of_lane",
        Boolean,
        nullable=False,
        server_default="true",
        comment="It counts for its lane. The row of one of several parts does not.",
    ),
    Column("lane", Text, nullable=False),
    warehouse_column(),
    Column("carrier_id", Integer, nullable=False, comment="Carrier of its first package; 0: none."),
    # Days by the store's clock; the due day by the warehouse's.
    Column("placed_on", Date),
    Column("sent_on", Date),
    Column("shipped_on", Date),
    Column("posted_on", Date),
    Column("cancelled_on", Date),
    Column(
        "due_on",
        Date,
        comment="By when it was promised to ship; null: no promise is set, or it will not ship.",
    ),
    Column("kept", Boolean, comment="Whether it shipped by its due day; null: it has not shipped."),
    Column("placed_to_sent", Integer, comment="Seconds."),
    Column("sent_to_shipped", Integer, comment="Seconds."),
    Column("shipped_to_posted", Integer, comment="Seconds."),
    Column("partly", Boolean, nullable=False, comment="A part of it shipped before the rest."),
    Column("packages", Integer, nullable=False, comment="Packages that the warehouse did not void."),
    CheckConstraint("of_lane OR of_warehouse", name="counts"),
    CheckConstraint("of_warehouse OR warehouse = ''", name="whole"),
    # Each has few distinct values, so PostgreSQL keeps these indexes small.
    *(
        Index(None, "lane", day)
        for day in ("placed_on", "sent_on", "shipped_on", "posted_on", "cancelled_on", "due_on")
    ),
)

report_block = Table(
    "report_block",
    metadata,
    Column(
        "fulfillment_order_id",
        BigInteger,
        ForeignKey("fulfillment_order.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("cause_id", BigInteger, primary_key=True, comment="The cause may have been deleted since."),
    Column("began_at", TIME, primary_key=True),
    Column("ended_at", TIME, comment="Null while it blocks the order."),
    Column("lane", Text, nullable=False),
    Index(None, "lane", "began_at"),
)

report_dirty = Table(
    "report_dirty",
    metadata,
    Column("lane", Text, primary_key=True),
    Column("day", Date, primary_key=True, comment="A day whose totals are to be counted again."),
    _counted_column(),
)

report_month = Table(
    "report_month",
    metadata,
    Column("lane", Text, primary_key=True),
    Column("month", Date, primary_key=True, comment="Its first day."),
    _counted_column(),
    Column(
        "counts",
        LargeBinary,
        nullable=False,
        comment="For each day, the counts of report_day in their order, in four bytes each.",
    ),
    Column("times", LargeBinary, nullable=False, comment="The histograms of its days, added up."),
    comment="The days of report_day, a month in a row: long reports read a thirtieth of the rows.",
)

report_day = Table(
    "report_day",
    metadata,
    Column("lane", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    _counted_column(),
    Column("placed", Integer, nullable=False),
    Column("sent", Integer, nullable=False),
    Column("shipped", Integer, nullable=False),
    Column("posted", Integer, nullable=False),
    Column("cancelled_before", Integer, nullable=False, comment="Cancelled before the warehouse had it."),
    Column("cancelled_after", Integer, nullable=False, comment="Cancelled at the warehouse."),
    Column("due", Integer, nullable=False, comment="Orders promised to ship by this day."),
    Column("kept", Integer, nullable=False, comment="Those of them that shipped by then."),
    Column("partly", Integer, nullable=False, comment="Of those shipped: a part shipped before the rest."),
    Column("split", Integer, nullable=False, comment="Of those shipped: in more than one package."),
    Column(
        "times",
        LargeBinary,
        nullable=False,
        comment="Histogram: entries of eight bytes with span and weekday, carrier, bucket, and number of orders.",
    ),
)

report_delivery = Table(
    "report_delivery",
    metadata,
    Column("recipient", Text, primary_key=True, comment="Kind, connection and addresses of the channel."),
    Column("until", Date, primary_key=True, comment="The last day of the weekly report."),
    Column("sent_at", TIME, nullable=False, server_default=NOW),
)
